"""Every query of what users have seen, follow and snoozed, and its cost. Everything here is SQL."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from tickets.models.attention import Attention, MutedKind, UnreadSince
from tickets.models.search import FAR, Entry


def of_tickets(user_id: str, numbers: Iterable[int]) -> dict[int, Attention]:
    """Return a user's attention to some tickets, by number. One query."""
    rows = Attention.objects.filter(user_id=int(user_id), ticket__in=list(numbers))
    return {row.ticket: row for row in rows}


@cache
def unread_since() -> datetime | None:
    """Return when the desk was upgraded to a release that knows what is unread; None if it began
    with one. One query a process: a migration alone writes it, before the process starts."""
    row = UnreadSince.objects.first()
    return datetime.fromtimestamp(row.second, UTC) if row else None


def write(user_id: str, number: int, **values: Any) -> None:
    """Write values of a user's attention to a ticket. One query, or two for the first time."""
    mine = Attention.objects.filter(user_id=int(user_id), ticket=number)
    if not mine.update(**values):
        made = Attention(user_id=int(user_id), ticket=number, **values)
        if not Attention.objects.bulk_create([made], ignore_conflicts=True)[0].pk:
            mine.update(**values)  # somebody else's, a moment ago


def see(user_id: str, number: int, message: str) -> None:
    """Write that a user has seen a message, and all before it. One query, or two for the first
    time."""
    mine = Attention.objects.filter(user_id=int(user_id), ticket=number)
    if not mine.filter(seen__lt=message).update(seen=message):
        made = Attention(user_id=int(user_id), ticket=number, seen=message)
        Attention.objects.bulk_create([made], ignore_conflicts=True)


def see_all(user_id: str, shown: Mapping[int, str]) -> None:
    """Write that a user has seen a message of each of these tickets, and all before it. Two
    queries, or none."""
    if not shown:
        return
    made = [Attention(user_id=int(user_id), ticket=one, seen=last) for one, last in shown.items()]
    Attention.objects.bulk_create(made, ignore_conflicts=True)
    older, seen = Q(), Case(*(When(ticket=one, then=Value(last)) for one, last in shown.items()))
    for one, last in shown.items():
        older |= Q(ticket=one, seen__lt=last)
    Attention.objects.filter(older, user_id=int(user_id)).update(seen=seen)


def followers(number: int) -> list[str]:
    """Return the ids of the users who follow a ticket. One query."""
    found = Attention.objects.filter(ticket=number, follows=True)
    return [str(user_id) for user_id in found.values_list("user_id", flat=True)]


def followed(user_id: str) -> QuerySet[Attention, int]:
    """Return the numbers of the tickets that a user follows, as a query."""
    mine = Attention.objects.filter(user_id=int(user_id or 0), follows=True)
    return mine.values_list("ticket", flat=True)


def snoozed(user_id: str, second: int) -> QuerySet[Attention, int]:
    """Return the numbers of the tickets that a user has snoozed, as a query."""
    mine = Attention.objects.filter(user_id=int(user_id or 0), snoozed_until__gt=second)
    return mine.values_list("ticket", flat=True)


def snoozed_of(number: int) -> list[Attention]:
    """Return the attention of those who have snoozed a ticket. One query."""
    return list(Attention.objects.filter(ticket=number, snoozed_until__isnull=False))


def pressing(second: int) -> QuerySet[Attention]:
    """Return what is snoozed for longer though a deadline of the ticket has passed since, or the
    time from which it is at risk. Cost: a look-up for each that is snoozed."""
    passed = Q()
    for column in ("risk_at", "due_at"):
        passed |= Q(**{f"{column}__lte": second, f"{column}__gt": OuterRef("snoozed_at")})
    entries = Entry.objects.filter(passed, number=OuterRef("ticket"))
    return Attention.objects.filter(Exists(entries), snoozed_until__gt=second)


def to_wake(second: int) -> QuerySet[Attention]:
    """Return what is snoozed no more. One query of what is due."""
    return Attention.objects.filter(snoozed_until__lte=second).order_by("snoozed_until", "pk")


def to_remind(second: int) -> QuerySet[Attention]:
    """Return what users are to be reminded of. One query of what is due."""
    return Attention.objects.filter(remind_at__lte=second).order_by("remind_at", "pk")


def clear(row: Attention, names: Sequence[str], values: Mapping[str, Any]) -> bool:
    """Write values, if nobody has changed what is named since it was read; return whether they
    were written. One query."""
    as_read = {name: getattr(row, name) for name in names}
    return bool(Attention.objects.filter(pk=row.pk, **as_read).update(**values))


def forget_seen(before: str) -> int:
    """Delete what only says that a message before this id was seen, of tickets that need no reply;
    return how many."""
    waiting = Entry.objects.filter(number=OuterRef("ticket"), needs_reply__lt=FAR)
    nothing_else = Attention.objects.filter(
        follows=False, snoozed_until__isnull=True, remind_at__isnull=True
    )
    return nothing_else.filter(~Exists(waiting), seen__lt=before).delete()[0]


def muted_kinds(user_id: str) -> set[str]:
    """Return the kinds of notifications that a user does not want. One query."""
    return set(MutedKind.objects.filter(user_id=int(user_id)).values_list("kind", flat=True))


def who_mutes(kind: str, user_ids: Iterable[str]) -> set[str]:
    """Return which of these users do not want notifications of a kind. One query."""
    found = MutedKind.objects.filter(kind=kind, user_id__in=[int(one) for one in user_ids])
    return {str(user_id) for user_id in found.values_list("user_id", flat=True)}


def mute(user_id: str, kinds: Iterable[str]) -> None:
    """Write the kinds of notifications that a user does not want: these and no others."""
    wanted = set(kinds)
    with transaction.atomic():
        MutedKind.objects.filter(user_id=int(user_id)).exclude(kind__in=wanted).delete()
        muted = [MutedKind(user_id=int(user_id), kind=kind) for kind in sorted(wanted)]
        MutedKind.objects.bulk_create(muted, ignore_conflicts=True)
