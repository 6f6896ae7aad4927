"""Recovery codes: ten of them, each of which takes the place of one authentication code.

A code has 120 random bits, so that its hash needs neither a salt nor a slow function. Codes are
shown once, when they are made; making new ones ends the old ones.
"""

from base64 import b32encode
from hashlib import sha256
from secrets import token_bytes

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from helpdesk.accounts import events
from helpdesk.accounts.models import User
from helpdesk.accounts.session_models import RecoveryCode

HOW_MANY = 10
LENGTH = 24
"""Characters of a code, in groups of four when it is shown."""
EARLIER_LENGTH = 16
"""Of codes that earlier releases made; they are good until they are used or replaced."""


def make_codes(user: User, request: HttpRequest) -> list[str]:
    """Replace the user's recovery codes and return the new ones, which cannot be read again."""
    codes = [b32encode(token_bytes(15)).decode().lower() for _nth in range(HOW_MANY)]
    with transaction.atomic():
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(user=user, digest=_digest(code)) for code in codes
        )
        events.log_event("recovery_codes_made", account=user.pk, request=request)
    return ["-".join(code[at : at + 4] for at in range(0, LENGTH, 4)) for code in codes]


def codes_left(user: User) -> int:
    """Return how many recovery codes of a user are unused. One SQL query."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def is_recovery_code(text: str) -> bool:
    """Whether a text has the form of a recovery code rather than that of an app's code."""
    return len(_bare(text)) in (LENGTH, EARLIER_LENGTH)


def use_code(user: User, text: str) -> bool:
    """Use up a recovery code; return False if it is unknown or was used before."""
    unused = RecoveryCode.objects.filter(user=user, digest=_digest(_bare(text)), used_at=None)
    return unused.update(used_at=timezone.now()) == 1


def _bare(text: str) -> str:
    return "".join(text.split()).replace("-", "").lower()


def _digest(code: str) -> str:
    return sha256(code.encode(errors="replace")).hexdigest()
