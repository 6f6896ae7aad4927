"""The filters of ticket lists, in one table.

The pages' form, the search box, the API's parameters with their descriptions, the admin's lookups,
the SQL of the search index, and the check of stored tickets all follow from it. A new filter is a
field of `Filters`, and a row here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.domain.choices import can_be_stored
from customers.services import custom_filters as custom
from customers.store.custom_values import hold
from helpdesk.accounts.actors import Actor
from helpdesk.custom_fields.defined import every_field
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.errors import Invalid
from helpdesk.parsing import BadValue
from tickets.domain.filters import ACTIVE, NOBODY, Filters, Sort
from tickets.domain.sla.sla_status import SlaStatus
from tickets.domain.ticket import Category, Channel, Priority, Status
from tickets.models.search import FAR
from tickets.services.lists import filter_choices
from tickets.services.lists import filter_values as values
from tickets.services.lists.filter_conditions import at_risk, late, stands, tagged
from tickets.services.lists.filter_definition import Control, Filter, Now, seconds
from tickets.store import attention
from tickets.store.search_fields import with_fields
from tickets.store.ticket import Ticket

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

LONGEST_TEXT = 200


def _one_of(
    name: str, field: str, label: "_StrPromise", known: type[StrEnum], column: str, **more: Any
) -> Filter:
    return Filter(
        name=name,
        field=field,
        label=label,
        description="Matches any of the values.",
        example=[next(iter(known)).value],
        kind=list[known],  # type: ignore[valid-type]
        control=Control.CHECKBOXES,
        read=lambda written, by: values.words(written, known),
        condition=lambda wanted, now: (
            Q(active=True) if wanted == ACTIVE else Q(**{f"{column}__in": sorted(wanted)})
        ),
        holds=lambda wanted, ticket, now: getattr(ticket, name) in wanted,
        box=name,
        choices=filter_choices.words_of(known),
        admin=(name, "in"),
        **more,
    )


def _flag(
    name: str,
    field: str,
    label: "_StrPromise",
    *,
    description: str,
    condition: Callable[[Now], Q],
    holds: Callable[[Ticket, Now], bool],
    box: str,
    by_queue: bool = False,
    admin: tuple[str, str] | None = None,
) -> Filter:
    return Filter(
        name=name,
        field=field,
        label=label,
        description=description,
        example=True,
        kind=bool | None,
        control=Control.CHECKBOX,
        read=values.truth,
        condition=lambda wanted, now: condition(now) if wanted else ~condition(now),
        holds=lambda wanted, ticket, now: holds(ticket, now) is wanted,
        box=box,
        by_queue=by_queue,
        admin=admin,
    )


def _range(
    name: str,
    column: str,
    attribute: str,
    first: "_StrPromise",
    last: "_StrPromise",
    verb: str,
    *,
    boxes: tuple[str, str],
) -> tuple[Filter, Filter]:
    """Return the filters for both ends of a range of instants. None has tickets without one."""

    def end(*, after: bool) -> Filter:
        side = "lt" if after else "gte"

        def holds(bound: datetime, ticket: Ticket, now: Now) -> bool:
            at = getattr(ticket, attribute)
            return at is not None and (at < bound if after else at >= bound)

        return Filter(
            name=f"{name}{'To' if after else 'From'}",
            field=f"{name}_{'to' if after else 'from'}",
            label=last if after else first,
            description=f"{verb} before this time, or on this date (UTC) or before."
            if after
            else f"{verb} at this time or on this date (UTC), or later.",
            example="2026-11-30" if after else "2026-11-01",
            kind=str,
            control=Control.DATE,
            read=values.instant_after if after else values.first_instant,
            condition=lambda bound, now: Q(**{f"{column}__{side}": seconds(bound)}),
            holds=holds,
            box=boxes[after],
            admin=(attribute, side),
        )

    return end(after=False), end(after=True)


FILTERS: tuple[Filter, ...] = (
    _one_of("status", "statuses", gettext_lazy("Status"), Status, "status", by_queue=True),
    _one_of("priority", "priorities", gettext_lazy("Priority"), Priority, "priority"),
    _one_of("category", "categories", gettext_lazy("Category"), Category, "category"),
    _one_of("channel", "channels", gettext_lazy("Channel"), Channel, "channel"),
    _flag(
        "overdue",
        "overdue",
        gettext_lazy("Overdue"),
        description="Past the deadline of a running SLA clock.",
        condition=late,
        holds=lambda ticket, now: stands(ticket, now, SlaStatus.OVERDUE),
        box="overdue",
        by_queue=True,
    ),
    _flag(
        "atRisk",
        "at_risk",
        gettext_lazy("At risk"),
        description="Close to the deadline of a running SLA clock, and not past any.",
        condition=at_risk,
        holds=lambda ticket, now: stands(ticket, now, SlaStatus.AT_RISK),
        box="at-risk",
    ),
    _flag(
        "waiting",
        "waiting",
        gettext_lazy("Waiting"),
        description="Waiting for the customer.",
        condition=lambda now: Q(waiting=True),
        holds=lambda ticket, now: bool(ticket.waiting),
        box="waiting",
    ),
    _flag(
        "escalated",
        "escalated",
        gettext_lazy("Escalated"),
        description="At escalation level 1 or above.",
        condition=lambda now: Q(level__gt=0),
        holds=lambda ticket, now: ticket.escalation_level > 0,
        box="escalated",
    ),
    _flag(
        "needsReply",
        "needs_reply",
        gettext_lazy("Needs reply"),
        description="The customer waits for a reply: their last message, or the ticket itself, "
        "was not answered.",
        condition=lambda now: Q(needs_reply__lt=FAR),
        holds=lambda ticket, now: ticket.sla.needs_reply_since is not None,
        box="needs-reply",
        admin=("needs_reply", "exact"),
    ),
    _flag(
        "snoozed",
        "snoozed",
        gettext_lazy("Snoozed"),
        description="You have snoozed it for yourself.",
        condition=lambda now: Q(number__in=attention.snoozed(now.me, now.second)),
        holds=lambda ticket, now: int(ticket.ticket_id) in now.snoozed,
        box="snoozed",
        by_queue=True,
    ),
    _flag(
        "followed",
        "followed",
        gettext_lazy("Followed"),
        description="You follow it.",
        condition=lambda now: Q(number__in=attention.followed(now.me)),
        holds=lambda ticket, now: int(ticket.ticket_id) in now.followed,
        box="followed",
    ),
    Filter(
        name="assignedTo",
        field="assigned_to",
        label=gettext_lazy("Assigned to"),
        description="A user's ID or username, `me` or `none`.",
        example="me",
        kind=str,
        control=Control.SELECT,
        read=values.person,
        condition=lambda person, now: Q(assignee="" if person == NOBODY else person),
        holds=lambda person, ticket, now: (ticket.assigned_to or NOBODY) == person,
        box="assignee",
        choices=filter_choices.people,
        shown=filter_choices.person,
        by_queue=True,
    ),
    Filter(
        name="team",
        field="team",
        label=gettext_lazy("Team"),
        description="A team's ID, the name of one of your teams, or `mine` for all of them.",
        example="mine",
        kind=str,
        control=Control.SELECT,
        read=values.team,
        condition=lambda team, now: Q(team__in=now.teams),
        holds=lambda team, ticket, now: ticket.team_id in now.teams,
        box="team",
        choices=filter_choices.teams,
        shown=filter_choices.team,
        by_queue=True,
        admin=("team_id", "exact"),
    ),
    Filter(
        name="customerId",
        field="customer_id",
        label=gettext_lazy("Customer"),
        description="A customer's ID.",
        example="01JD9ZQ4C1V9W3K2M8T6X5R7PN",
        kind=str,
        control=Control.TEXT,
        read=values.identifier,
        condition=lambda customer_id, now: Q(customer=customer_id),
        holds=lambda customer_id, ticket, now: ticket.customer_id == customer_id,
        box="customer",
        search=values.customer,
        shown=filter_choices.customer,
        admin=("customer_id", "exact"),
    ),
    Filter(
        name="vehicleId",
        field="vehicle_id",
        label=gettext_lazy("Vehicle"),
        description="A vehicle's ID.",
        example="01JD9ZQ4C2E5H8K1N4Q7T0W3Z6",
        kind=str,
        control=Control.TEXT,
        read=values.identifier,
        condition=lambda vehicle_id, now: Q(vehicle=vehicle_id),
        holds=lambda vehicle_id, ticket, now: ticket.vehicle_id == vehicle_id,
        box="vehicle",
        search=values.vehicle,
        shown=filter_choices.vehicle,
        admin=("vehicle_id", "exact"),
    ),
    Filter(
        name="tag",
        field="tags",
        label=gettext_lazy("Tag"),
        description="Has every one of these tags.",
        example=["customs"],
        kind=list[str],
        control=Control.TEXT,
        read=values.tags,
        condition=tagged,
        holds=lambda tags, ticket, now: tags <= set(ticket.tags),
        box="tag",
        admin=("tags", "contains"),
    ),
    Filter(
        name="field",
        field="fields",
        label=gettext_lazy("Custom field"),
        description="`key:value` of a custom field; of numbers and dates also `key:5..10`, without "
        "one of the bounds too. Several values of one key match any of them.",
        example=["port:Antwerp"],
        kind=list[str],
        control=Control.CUSTOM,
        read=lambda written, by: custom.conditions(RecordKind.TICKET, written),
        condition=lambda conditions, now: with_fields(conditions),
        holds=lambda conditions, ticket, now: hold(conditions, ticket.custom_fields),
        box="field",
        shown=lambda written: custom.in_words(RecordKind.TICKET, written)[1],
        title=lambda written: custom.in_words(RecordKind.TICKET, written)[0],
        admin=("custom_fields", "contains"),
    ),
    *_range(
        "created",
        "created",
        "created_at",
        gettext_lazy("Created from"),
        gettext_lazy("Created to"),
        "Created",
        boxes=("after", "before"),
    ),
    *_range(
        "updated",
        "updated",
        "updated_at",
        gettext_lazy("Updated from"),
        gettext_lazy("Updated to"),
        "Last updated",
        boxes=("updated-after", "updated-before"),
    ),
    *_range(
        "due",
        "due_at",
        "sla_deadline",
        gettext_lazy("Due from"),
        gettext_lazy("Due to"),
        "Next SLA deadline",
        boxes=("due-after", "due-before"),
    ),
)

BY_NAME: Mapping[str, Filter] = {one.name: one for one in FILTERS}
_BY_KEY = {one.box: one for one in FILTERS if one.kind != bool | None}
_BY_STATE = {one.box: one for one in FILTERS if one.kind == bool | None}
BY_SEARCH: Mapping[str, Filter] = {one.box: one for one in FILTERS if one.search}

NAMES = (*BY_NAME, *BY_SEARCH, "q", "sort")
"""What a query string can say, beside `field.<key>`; anything else is no filter."""

TAKEN_KEYS = frozenset({*(one.box for one in FILTERS), *BY_NAME, "is", "q", "sort", "view"})
"""What no custom field can be called."""

# Words of the search box: `key:value` or `key:"two words"`.
_WORD = re.compile(
    r'(?<!\S)([a-z]+(?:-[a-z]+)?|[a-z][a-z0-9_]*):(?:"([^"]*)"|(\S+))', re.IGNORECASE
)


def is_filter(name: str) -> bool:
    """Return whether a name in a query string says which list it is about."""
    return name in ("view", *NAMES) or name.startswith(custom.NAMED)


def read_filters(given: Mapping[str, Sequence[str]], *, by: Actor) -> Filters:
    """Return the filters that `given` names, including filter words in `q`.

    A range ends with the end of its last day, in the reader's zone. Raises Invalid with every
    invalid value, and what would be valid. Cost: only SQL for names of users and teams, and a
    search for a customer or a vehicle that is named by words.
    """
    given = {**given, "field": custom.written(given)}
    box, text = split_box(" ".join(given.get("q", ()))[:LONGEST_TEXT])
    errors: dict[str, str] = {}
    found: dict[str, Any] = {}
    for one in FILTERS:
        try:
            if (written := _written(one, given, box)) is not None:
                read = one.read
                if one.name in box and read is values.instant_after:
                    read = values.first_instant  # "before" a day is before its beginning
                found[one.field] = read(written, by)
        except BadValue as bad:
            errors[one.name] = str(bad)
    sort = (given.get("sort") or [""])[-1]
    if sort and sort not in list(Sort):
        errors["sort"] = values.not_one_of(sort, Sort)
    if errors:
        raise Invalid(errors)
    return Filters(**found, text=text, sort=Sort(sort) if sort else None)


def split_box(text: str) -> tuple[dict[str, list[str]], str]:
    """Return the filters in a search box, in the form of a query string, and the remaining text.

    `is:` has the flags, and unassigned; keys of custom fields are keys here, too. A word with an
    unknown key stays in the text: people paste URLs and times.
    """
    found: dict[str, list[str]] = {}

    def take(match: re.Match[str]) -> str:
        key, value = match[1].lower(), match[2] if match[2] is not None else match[3]
        if key in _BY_KEY:
            one = _BY_KEY[key]
            found.setdefault(one.box if one.search else one.name, []).append(value)
        elif key == "is" and value.lower() in _BY_STATE:
            found[_BY_STATE[value.lower()].name] = ["true"]
        elif key == "is" and value.lower() == "unassigned":
            found["assignedTo"] = [NOBODY]
        elif key in every_field(RecordKind.TICKET):
            found.setdefault("field", []).append(f"{key}:{value}")
        else:
            return match[0]
        return ""

    rest = _WORD.sub(take, text)
    return found, " ".join(rest.split())


def condition(filters: Filters, now: Now) -> Q:
    """Return the filters as an index condition; `now.teams` is what MY_TEAMS stands for."""
    every = Q()
    for one in FILTERS:
        if (wanted := one.value_in(filters)) is not None:
            every &= one.condition(wanted, now)
    return every


def meets(ticket: Ticket, filters: Filters, now: Now) -> bool:
    """Return whether a stored ticket meets the filters; their text is ignored."""
    asked = ((one, one.value_in(filters)) for one in FILTERS)
    return not ticket.archived_at and all(
        one.holds(wanted, ticket, now) for one, wanted in asked if wanted is not None
    )


def _written(
    one: Filter, given: Mapping[str, Sequence[str]], box: Mapping[str, Sequence[str]]
) -> list[str] | None:
    """Return what was written for a filter, if anything. Raises BadValue."""
    written = _texts(given, box, one.name)
    if one.search:
        written += [one.search(text) for text in _texts(given, box, one.box)]
    return written or None


def _texts(
    given: Mapping[str, Sequence[str]], box: Mapping[str, Sequence[str]], name: str
) -> list[str]:
    found = [text.strip() for text in (*given.get(name, ()), *box.get(name, ())) if text.strip()]
    if not all(can_be_stored(text) for text in found):
        raise BadValue(_("Contains a character that can’t be stored, so there are no matches."))
    return found
