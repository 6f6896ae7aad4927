"""Limits for attempts, such as passwords and requests for a new one.

Counts are in Django's database, which a login needs anyway, so they work without Redis. An attempt
is counted before it is made, under a lock, so that a hundred at once count as a hundred; a
successful one is taken back. Names and email addresses are stored as keyed digests, since people
sometimes type a password in their place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from helpdesk.accounts.models import Tries
from helpdesk.errors import TooManyTries

SWEPT = 100
"""Old counts that a new one clears away."""


@dataclass(frozen=True)
class Limit:
    """Allows `free` attempts within `window`; after that the next one has to wait.

    It waits for the rest of the window or, with a `first` pause, for that pause, which doubles with
    each attempt up to `longest`.
    """

    kind: str
    free: int
    window: timedelta
    first: timedelta | None = None
    longest: timedelta = timedelta(minutes=5)
    key: str = ""
    address: str = ""
    user_id: int | None = None

    def of(self, *what: str, address: str = "", user_id: int | None = None) -> "Limit":
        """Return this limit for one subject. Only a digest of `what` is stored."""
        digest = salted_hmac("helpdesk.throttle", "\0".join((self.kind, *what)), algorithm="sha256")
        return replace(self, key=digest.hexdigest(), address=address, user_id=user_id)

    def pause(self, tries: int) -> timedelta:
        """Return how long the next attempt has to wait after `tries` attempts."""
        if tries < self.free:
            return timedelta()
        if self.first is None:
            return self.window
        return min(self.first * 2 ** min(tries - self.free, 20), self.longest)


ADDRESS = Limit("address", 50, timedelta(minutes=15))
"""An office has one address, and a morning its typing errors."""
PAIR = Limit("pair", 10, timedelta(minutes=15))
"""One name from one address."""
BROWSER = Limit("browser", 10, timedelta(minutes=15))
"""One name from a browser that was signed in under it before."""
NAME = Limit("name", 20, timedelta(days=1), first=timedelta(seconds=1))
"""One name from everywhere: it is never locked, only slow. More than one address can use up."""
RESETS = Limit("resets", 20, timedelta(hours=1))
"""Requests for a new password from one address."""
MAILBOX = Limit("mailbox", 3, timedelta(hours=1))
"""Requests for a new password by mail to one mailbox."""


def count(limits: Sequence[Limit], *, now: datetime | None = None) -> None:
    """Count an attempt under all of these limits, or under none. Raises TooManyTries.

    Cost: five SQL statements and one for each limit.
    """
    at = now or timezone.now()
    with transaction.atomic():
        Tries.objects.bulk_create(
            [
                Tries(
                    key=limit.key,
                    kind=limit.kind,
                    address=limit.address,
                    user_id=limit.user_id,
                    changed_at=at,
                    forgotten_at=at,
                )
                for limit in sorted(limits, key=lambda limit: limit.key)
            ],
            ignore_conflicts=True,
        )
        of_key = {limit.key: limit for limit in limits}
        rows = list(Tries.objects.select_for_update().filter(key__in=of_key).order_by("key"))
        waits = [(row.blocked_until - at, row.kind) for row in rows if row.blocked_until]
        longest, kind = max(waits, default=(timedelta(), ""))
        if longest > timedelta():
            raise TooManyTries(longest.total_seconds(), limit=kind)
        for row in rows:
            limit = of_key[row.key]
            if row.forgotten_at <= at:
                row.tries, row.forgotten_at = 0, at + limit.window
            row.tries += 1
            pause = limit.pause(row.tries)
            row.changed_at, row.blocked_until = at, at + pause if pause else None
            row.forgotten_at = max(row.forgotten_at, at + pause)
            row.save()
    _forget_old(at)


def take_back(limits: Sequence[Limit]) -> None:
    """Take back an attempt that should not count. One SQL statement."""
    rows = Tries.objects.filter(key__in=[limit.key for limit in limits], tries__gt=0)
    rows.update(tries=F("tries") - 1, blocked_until=None)


def forget(limits: Sequence[Limit]) -> None:
    """Reset the attempts under these limits. One SQL statement."""
    Tries.objects.filter(key__in=[limit.key for limit in limits]).delete()


def network(address: str) -> str:
    """Return what counts as one address: for IPv6 the /64, since a household has all of it."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found)


def _forget_old(now: datetime) -> None:
    """Delete some expired counts. Rows that are locked are skipped, so this never waits."""
    with transaction.atomic():
        old = Tries.objects.select_for_update(skip_locked=True).filter(forgotten_at__lte=now)
        keys = [row.pk for row in old[:SWEPT]]
        if keys:
            Tries.objects.filter(pk__in=keys).delete()
