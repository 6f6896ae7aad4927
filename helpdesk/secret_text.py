"""Encrypted secrets that have to be sent to others: mailbox passwords, refresh tokens.

The key follows from SECRET_KEY, so that neither the database nor a backup of it reveals them.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

log = structlog.get_logger(__name__)


class SecretField(models.TextField):
    """A text that is encrypted in the database; empty text stays empty.

    Text that was encrypted under an unknown key reads as empty, and is logged.
    """

    def get_prep_value(self, value: Any) -> Any:
        return _keys().encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value: str | None, *_args: Any) -> str:
        if not value:
            return ""
        try:
            return _keys().decrypt(value.encode()).decode()
        except InvalidToken:
            log.warning("secret_of_another_key", field=self.name)
            return ""

    def deconstruct(self) -> Any:
        """Deconstruct as a TextField, which it is to the database, so that migrations do not
        differ."""
        name, _path, arguments, named = super().deconstruct()
        return name, "django.db.models.TextField", arguments, named


def _keys() -> MultiFernet:
    """Return the current key, and those of previous secrets."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [
            Fernet(urlsafe_b64encode(sha256(b"secret text" + one.encode()).digest()))
            for one in secrets
        ]
    )
