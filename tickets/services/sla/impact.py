"""The impact of a change of SLA policies or calendars on the open tickets, before it is saved."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from customers.services.read import get_customers
from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.dynamo.pages import PagePosition
from tickets.domain.ticket import Status
from tickets.models import Calendar, Policy
from tickets.services.sla.policies import applying
from tickets.store import queries
from tickets.store.ticket import Ticket

PAGE = 100
MOST = 1_000
"""Open tickets that are looked at, the most urgent first."""
LARGE = 10
"""A change is large if it touches more than one in so many open tickets."""

_OPEN = (Status.OPEN, Status.IN_PROGRESS)


@dataclass(frozen=True)
class Scope:
    """`touched` of `seen` open tickets are affected. `more`: there are others, less urgent."""

    seen: int
    more: bool
    touched: int

    @property
    def is_large(self) -> bool:
        """Whether more than a tenth of the open tickets may be affected.

        If not all of them were read, that is assumed as soon as one of those that were is.
        """
        return self.touched * LARGE > self.seen or (self.more and self.touched > 0)


@dataclass(frozen=True)
class Impact(Scope):
    """`touched` tickets get other deadlines: `moved` of them under another policy, the others under
    a new version of theirs."""

    moved: int


class OpenTickets:
    """The MOST most urgent open tickets, read while they are iterated over.

    Cost: for each hundred a query a status, and a batch read.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.more = False
        """Known at the end: whether there are others."""

    def __iter__(self) -> Iterator[Ticket]:
        place: PagePosition | None = None
        while self.seen < MOST:
            page = queries.queue_page(statuses=_OPEN, place=place, limit=PAGE)
            found = queries.tickets([row.ticket_id for row in page], consistent=False)
            self.seen += len(found)
            yield from found.values()
            place = page.next
            if place is None:
                return
        self.more = place is not None


def of_policy(policy: Policy, *, by: Actor) -> Impact:
    """Return the impact of saving `policy`. Raises NotAllowed. Cost: as OpenTickets."""
    require_supervision(by)
    others = Policy.objects.exclude(pk=policy.pk).select_related("calendar")
    return _impact([*others, policy])


def of_calendar(calendar: Calendar, *, by: Actor) -> Impact:
    """Return the impact of saving `calendar`. Raises NotAllowed. Cost: as OpenTickets."""
    require_supervision(by)
    policies = list(Policy.objects.select_related("calendar"))
    for policy in policies:
        if policy.calendar_id == calendar.pk:
            policy.calendar = calendar
    return _impact(policies)


def under(policy: Policy, *, by: Actor) -> Scope:
    """Return how many open tickets are under `policy` now. Raises NotAllowed.

    Cost: as OpenTickets.
    """
    tickets = OpenTickets()
    touched = len(numbers_under(policy, tickets, by=by))
    return Scope(tickets.seen, tickets.more, touched)


def numbers_under(policy: Policy, tickets: OpenTickets, *, by: Actor) -> list[str]:
    """Return the numbers of those of these tickets that are under `policy`. Raises NotAllowed."""
    require_supervision(by)
    keys = set(policy.versions.values_list("key", flat=True))
    return [ticket.ticket_id for ticket in tickets if ticket.policy_id in keys]


def _impact(policies: Sequence[Policy]) -> Impact:
    """Return the impact on each open ticket, if the policies were these."""
    keys = {id(policy): _key(policy) for policy in policies}
    owner = {
        key: policy.pk
        for policy in policies
        if policy.pk
        for key in policy.versions.values_list("key", flat=True)
    }
    tickets = OpenTickets()
    touched = moved = 0
    for ticket, segment in _with_segments(tickets):
        policy = applying(policies, category=ticket.category, segment=segment)
        if keys[id(policy)] != ticket.policy_id:
            touched += 1
            moved += owner.get(ticket.policy_id) != policy.pk
    return Impact(tickets.seen, tickets.more, touched, moved)


def _key(policy: Policy) -> str | None:
    """Return the key of the version that tickets would have; None if it has yet to be created."""
    newest = policy.versions.order_by("-number").first() if policy.pk else None
    return newest.key if newest and newest.terms == policy.as_written() else None


def _with_segments(tickets: OpenTickets) -> Iterator[tuple[Ticket, str]]:
    for ticket in tickets:
        segment = ticket.segment
        if segment is None:  # an earlier release created it, and upgrade_data has not run
            customer = get_customers([ticket.customer_id]).get(ticket.customer_id)
            segment = customer.segment if customer else ""
        yield ticket, segment
