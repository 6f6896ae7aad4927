"""Televisions: paired by a code, and shown the wallboard until somebody revokes that."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from helpdesk.accounts import throttle
from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.audit.record import Change, record
from helpdesk.errors import Invalid, NotFound
from helpdesk.short_text import one_line
from reporting.models import Television
from reporting.models.television import CODE_LENGTH

SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Of a code: none that is taken for another across a room."""
CODE_LIVES = timedelta(minutes=10)
LIVES = timedelta(days=400)
"""A television that was not seen for so long is paired anew: its browser keeps no cookie longer."""
LAST_SEEN = timedelta(minutes=1)
"""When it was last seen is written down to this exactness."""
CODES = throttle.Limit("wallboard", 20, timedelta(hours=1))
"""New codes for one address. A television needs one, and keeps asking with it."""
GUESSES = throttle.Limit("wall code", 10, timedelta(minutes=15))
"""Codes that one supervisor enters in vain."""
LONGEST_NAME = 60
SWEPT = 100


@dataclass(frozen=True)
class Code:
    """What a television shows: its code, until when; and the secret of its cookie."""

    secret: str
    code: str
    expires_at: datetime


def paired(secret: str, *, now: datetime) -> Television | None:
    """Return the television with this secret, if it is paired.

    Cost: a SQL query, and another once a minute.
    """
    found = _of(secret).filter(paired_at__isnull=False).first() if secret else None
    if found is None or found.seen_at is None or found.seen_at <= now - LIVES:
        return None
    if found.seen_at <= now - LAST_SEEN:
        Television.objects.filter(pk=found.pk).update(seen_at=now)
    return found


def code_for(secret: str, *, address: str, now: datetime) -> Code:
    """Return the code of the television with this secret, or a new code and a new secret.

    A secret that the desk has not made itself is never taken. Cost: a SQL query while its code is
    good. Raises TooManyTries.
    """
    waiting = _of(secret).filter(paired_at=None).first() if secret else None
    if waiting and waiting.code_expires_at and waiting.code_expires_at > now:
        return Code(secret, waiting.code, waiting.code_expires_at)
    network = throttle.network(address)
    throttle.count([CODES.of(network, address=network)], now=now)
    _forget_unpaired(now)
    made, expires_at = secrets.token_urlsafe(32), now + CODE_LIVES
    while True:
        code = "".join(secrets.choice(SIGNS) for _sign in range(CODE_LENGTH))
        try:
            with transaction.atomic():
                Television.objects.create(
                    digest=_digest(made), code=code, code_expires_at=expires_at
                )
        except IntegrityError:
            continue  # another television has this code
        return Code(made, code, expires_at)


def pair(*, code: str, name: str, by: Actor, now: datetime) -> Television:
    """Pair the television that shows a code, which is good no more then.

    Raises Invalid with what is wrong of `code` and `name`, TooManyTries, NotAllowed.
    """
    require_supervision(by)
    name = one_line(name)
    if not name or len(name) > LONGEST_NAME:
        text = _("Enter a name of 1 to %(most)s characters.") % {"most": LONGEST_NAME}
        raise Invalid({"name": text})
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    limits = [GUESSES.of(by.user_id, user_id=int(by.user_id))]
    throttle.count(limits, now=now)
    with transaction.atomic():
        shown = Television.objects.select_for_update().filter(
            code=plain, code_expires_at__gt=now, paired_at=None
        )
        found = shown.first() if plain else None
        if found is not None:
            found.name, found.code, found.code_expires_at = name, "", None
            found.paired_at = found.seen_at = now
            found.paired_by_id = int(by.user_id)
            found.save()
            _record("paired", found, (None, name))
    if found is None:
        raise Invalid({"code": _("No television shows this code. Codes change after ten minutes.")})
    throttle.take_back(limits)
    return found


def televisions(*, by: Actor) -> QuerySet[Television]:
    """Return the paired televisions by name. Raises NotAllowed."""
    require_supervision(by)
    return Television.objects.filter(paired_at__isnull=False).select_related("paired_by")


def revoke(television_id: int, *, by: Actor) -> None:
    """Revoke a television: it shows no figures from its next refresh on. Raises NotFound,
    NotAllowed."""
    require_supervision(by)
    with transaction.atomic():
        rows = Television.objects.select_for_update()
        found = rows.filter(pk=television_id, paired_at__isnull=False).first()
        if found is None:
            raise NotFound(_("Television not found."))
        _record("revoked", found, (found.name, None))
        found.delete()


def _record(action: str, television: Television, name: tuple[str | None, str | None]) -> None:
    record("wallboard", action, f"wallboard:{television.pk}", changes=[Change("name", name)])


def _forget_unpaired(now: datetime) -> None:
    """Delete some televisions that nobody has paired in time."""
    old = Television.objects.filter(paired_at=None, code_expires_at__lte=now)
    Television.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:SWEPT])).delete()


def _of(secret: str) -> QuerySet[Television]:
    return Television.objects.filter(digest=_digest(secret))


def _digest(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()
