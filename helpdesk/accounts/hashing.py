"""Argon2 with limits: a hash takes 100 MB of memory and 0.1 s, and strangers can ask for one.

Each process computes a few at a time. A request that gets no slot within PATIENCE is refused.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from helpdesk.errors import Busy

AT_ONCE = 2
"""Half of a web process's threads: the others go on serving."""

PATIENCE = 5
"""Seconds."""

LONGEST_PASSWORD = 1_000
"""Characters of one that is compared: earlier releases took such long ones."""

LONGEST_NEW_PASSWORD = 128
"""Characters of one that is set."""

_slots = threading.BoundedSemaphore(AT_ONCE)
_held = threading.local()


class BoundedArgon2(Argon2PasswordHasher):
    """Django's Argon2 hasher, a few at a time. Raises Busy."""

    def encode(self, password: str, salt: str) -> str:
        with slot():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with slot():
            return super().verify(password, encoded)


class MaximumLengthValidator:
    """Refuse new passwords that are longer than anybody needs."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST_NEW_PASSWORD:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return _("Use at most %(most)s characters.") % {"most": LONGEST_NEW_PASSWORD}


@contextmanager
def slot() -> Iterator[None]:
    """Hold one of this process's slots; nested calls in a thread share one. Raises Busy."""
    if getattr(_held, "one", False):
        yield
        return
    if not _slots.acquire(timeout=PATIENCE):
        raise Busy(_("Too many people are signing in right now. Try again in a moment."))
    _held.one = True
    try:
        yield
    finally:
        _held.one = False
        _slots.release()
