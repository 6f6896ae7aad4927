"""The state of the email channel: each mailbox, and waiting messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.accounts.tokens import mail_token_ends
from helpdesk.clock import this_second
from helpdesk.mail import queue
from tickets.domain.mail.outcome import Outcome
from tickets.models import Mailbox
from tickets.store import mail as store
from tickets.store.mail import STORED

MOST_COUNTED = 100
"""This many means this many or more."""
FETCH_LATE = timedelta(minutes=5)
"""A mailbox that was not fetched for so long is not watched, or cannot be."""
TOKEN_ENDS_SOON = timedelta(days=14)
RECENTLY = timedelta(hours=1)
MOST_LOOKED_AT = 25
"""Of each list so many of the newest emails are looked at for their delay."""
_DELAYED = (STORED, Outcome.TICKET, Outcome.REPLY, Outcome.SUSPENDED)
"""The lists of emails that somebody waits for."""


@dataclass(frozen=True)
class MailboxHealth:
    """The state of a mailbox.

    `since_fetch` is None if it was never fetched, `token_left` if it has no token; a negative
    `token_left` has expired.
    """

    name: str
    is_fetched: bool
    since_fetch: timedelta | None
    failures: int
    problem: str
    problem_detail: str
    left_out: int
    token_left: timedelta | None

    @property
    def fetch_is_late(self) -> bool:
        """Whether no fetch has ended well within FETCH_LATE, or ever."""
        return self.is_fetched and (self.since_fetch is None or self.since_fetch > FETCH_LATE)

    @property
    def token_ends_soon(self) -> bool:
        """Whether the token expires within TOKEN_ENDS_SOON, or has expired."""
        return self.token_left is not None and self.token_left < TOKEN_ENDS_SOON


@dataclass(frozen=True)
class MailCounts:
    """Counts of emails that wait to be processed, for a person, for an upgrade, or were not
    delivered.

    MOST_COUNTED means that many or more.
    """

    stored: int
    suspended: int
    parked: int
    undelivered: int


def mailbox_health(*, by: Actor, now: datetime | None = None) -> Sequence[MailboxHealth]:
    """Return the state of each active mailbox. Raises NotAllowed.

    Cost: two SQL queries, and a GetItem for each mailbox that is fetched.
    """
    require_supervision(by)
    at = now or this_second()
    ends = mail_token_ends(now=at)
    return [
        _health(mailbox, ends.get(mailbox.name), at)
        for mailbox in Mailbox.objects.filter(active=True)
    ]


def mail_counts(*, by: Actor) -> MailCounts:
    """Return how many e-mails wait. Raises NotAllowed.

    Cost: for each of four lists a Query a shard, and three reads of at most MOST_COUNTED items.
    """
    require_supervision(by)
    return MailCounts(
        stored=_count(STORED),
        suspended=_count(Outcome.SUSPENDED),
        parked=_count(Outcome.PARKED),
        undelivered=len(queue.undelivered(limit=MOST_COUNTED)),
    )


def mail_ages(*, by: Actor, now: datetime | None = None) -> Mapping[str, timedelta]:
    """Return the age of the oldest email of each list, zero for an empty one; `due`: since when the
    longest waiting outgoing mail is due. Raises NotAllowed.

    Cost: for each of three lists a Query a shard and a read of one item, a Query a shard of the
    queue, and a read of at most MOST_COUNTED undelivered mails.
    """
    require_supervision(by)
    at = now or this_second()
    since = {
        name: next((one.recorded_at for one in store.emails_page(state, limit=1, forward=True)), at)
        for name, state in (
            ("stored", STORED),
            ("suspended", Outcome.SUSPENDED),
            ("parked", Outcome.PARKED),
        )
    }
    since["undelivered"] = next((one.at for one in queue.undelivered(limit=MOST_COUNTED)), at)
    since["due"] = queue.longest_due_since(at) or at
    return {name: max(at - one, timedelta(0)) for name, one in since.items()}


def greatest_delay(*, by: Actor, now: datetime | None = None) -> timedelta:
    """Return the longest time between reaching the mailbox and being recorded, among the newest
    emails of the last hour; zero if there are none. Raises NotAllowed.

    Cost: for each of four lists a Query a shard and a read of at most MOST_LOOKED_AT items.
    """
    require_supervision(by)
    since = (now or this_second()) - RECENTLY
    delays = (
        mail.recorded_at - mail.received_at
        for name in _DELAYED
        for mail in store.emails_page(name, limit=MOST_LOOKED_AT)
        if mail.recorded_at >= since
    )
    return max(delays, default=timedelta(0))


def _health(mailbox: Mailbox, token_ends: datetime | None, at: datetime) -> MailboxHealth:
    state = store.mailbox_state(mailbox.name) if mailbox.imap_host else None
    fetched_at = state.fetched_at if state else None
    return MailboxHealth(
        name=mailbox.name,
        is_fetched=bool(mailbox.imap_host),
        since_fetch=max(at - fetched_at, timedelta(0)) if fetched_at else None,
        failures=state.failures if state else 0,
        problem=str(state.problem or "") if state else "",
        problem_detail=str(state.problem_detail or "") if state else "",
        left_out=len(state.left_out or ()) if state else 0,
        token_left=token_ends - at if token_ends else None,
    )


def _count(state: str) -> int:
    return len(list(store.emails_page(state, limit=MOST_COUNTED)))
