"""Lists of tickets with their filters, and saved views."""

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers.presenters.custom_controls import custom_controls
from customers.services import custom_filters
from helpdesk.accounts.actors import Actor, actor_of, require_ticket_work
from helpdesk.accounts.models import User
from helpdesk.accounts.people import teams_of
from helpdesk.clock import this_second
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.errors import Invalid, NotFound
from helpdesk.htmx import wants_fragment
from tickets.domain.filters import Filters, Sort
from tickets.domain.ticket import Priority, Status
from tickets.presenters import rows
from tickets.presenters.choices import assignee_choices, word_choices
from tickets.presenters.columns import column_choices, headings
from tickets.presenters.home import home_of
from tickets.presenters.labels import QUEUES
from tickets.services.delivery import attention
from tickets.services.lists import list_settings, saved_views
from tickets.services.lists.filter_definition import Control, Filter
from tickets.services.lists.filters import (
    BY_NAME,
    BY_SEARCH,
    FILTERS,
    NAMES,
    is_filter,
    read_filters,
)
from tickets.services.lists.find import Found, Queue, count_up_to, find, in_queue
from tickets.services.lists.list_settings import Column

SORTS = {
    Sort.TIME_LEFT.value: gettext_lazy("Time left"),
    Sort.MOST_TIME_LEFT.value: gettext_lazy("Most time left"),
    Sort.PRIORITY.value: gettext_lazy("Highest priority"),
    Sort.LEAST_PRIORITY.value: gettext_lazy("Lowest priority"),
    Sort.CREATED.value: gettext_lazy("Newest"),
    Sort.OLDEST.value: gettext_lazy("Oldest"),
    Sort.UPDATED.value: gettext_lazy("Recently updated"),
    Sort.LONGEST_UNCHANGED.value: gettext_lazy("Longest unchanged"),
    Sort.LAST_MESSAGE.value: gettext_lazy("Last message"),
    Sort.LONGEST_SILENT.value: gettext_lazy("Longest without a message"),
    Sort.NEEDS_REPLY.value: gettext_lazy("Longest without a reply"),
    Sort.STATUS.value: gettext_lazy("Status, Open first"),
    Sort.LAST_STATUS.value: gettext_lazy("Status, Closed first"),
    Sort.CATEGORY.value: gettext_lazy("Category"),
    Sort.LAST_CATEGORY.value: gettext_lazy("Category, reversed"),
}

MOST_COUNTED = 1_000
"""The number to which a list's tickets are counted: what counting costs."""


@require_safe
def my_work(request: HttpRequest) -> HttpResponse:
    return _list(request, Queue.MINE)


@require_safe
def ticket_list(request: HttpRequest) -> HttpResponse:
    return _list(request, _queue(request.GET))


@require_POST
def set_display(request: HttpRequest) -> HttpResponse:
    """Set which columns the user sees in lists, and how dense they are."""
    by = actor_of(request.user)
    require_ticket_work(by)
    list_settings.set_display(
        cast(User, request.user),
        columns=request.POST.getlist("column"),
        compact=request.POST.get("density") == "compact",
    )
    return redirect(f"{reverse('ticket_list')}?{query_of(QueryDict(request.POST.get('asked')))}")


def filters_of(given: QueryDict, *, by: Actor) -> Filters:
    """Return the filters of the list that a URL shows. Raises Invalid, NotFound."""
    return in_queue(_read(given, by), _queue(given))


def query_of(given: QueryDict) -> str:
    """Return the part of a URL's query that says which list it shows."""
    kept = {key: given.getlist(key) for key in given if is_filter(key)}
    return urlencode(kept, doseq=True)


def words_of(given: QueryDict) -> list[str]:
    """Return what the list of a URL shows, for people: its name, filters and search."""
    which = _queue(given)
    chips = _chips(given, _asked(given, which))
    said = [f"{one['label']}: {one['value']}" if one["value"] else one["label"] for one in chips]
    searched = [f"“{given['q']}”"] if given.get("q") else []
    return [str(words) for words in (QUEUES[which], *said, *searched)]


def _queue(given: QueryDict) -> Queue:
    default = Queue.ALL if given.get("q") else Queue.ACTIVE
    name = given.get("view") or default.value
    if name not in list(Queue):
        raise NotFound(_("Unknown view: %(name)s.") % {"name": f"“{name[:40]}”"})
    return Queue(name)


def _read(given: QueryDict, by: Actor) -> Filters:
    return read_filters({name: given.getlist(name) for name in given if is_filter(name)}, by=by)


def _list(request: HttpRequest, which: Queue) -> HttpResponse:
    by = actor_of(request.user)
    errors: dict[str, str] = {}
    found = Found([], None, None)
    filters = Filters()
    try:
        filters = _read(request.GET, by)
        cursor = request.GET.get("page") or None
        found = find(in_queue(filters, which), by=by, cursor_text=cursor)
    except Invalid as refused:
        errors = refused.errors
    now = this_second()
    asked = _asked(request.GET, which)
    within = in_queue(filters, which)
    display = list_settings.settings_of(cast(User, request.user))
    order = None if within.text and not within.sort else within.order
    fields = list_settings.field_columns(display)
    unread = attention.unread(found.tickets, by=by, now=now)
    context = {
        "title": _title(request, which, by),
        "view": which.value,
        "asked": urlencode(asked, doseq=True),
        "q": request.GET.get("q", ""),
        "lines": rows.ticket_lines(
            found.tickets,
            unread=unread,
            now=now,
            words=found.words,
            snippets=found.snippets,
            with_teams=Column.TEAM in display.columns,
            fields=fields,
        ),
        "unread": " ".join(
            f"{ticket.ticket_id}:{ticket.sla.last_message}"
            for ticket in found.tickets
            if ticket.ticket_id in unread
        ),
        "columns": display.columns,
        "headings": headings(
            display.columns,
            fields,
            order=order,
            url_of=lambda sort: _address({**asked, "sort": [sort.value]}) or "",
        ),
        "compact": display.compact,
        "with_snippets": bool(found.snippets),
        "next_url": _address(asked, found.next),
        "previous_url": _address(asked, found.previous),
        "first_url": _address(asked) if request.GET.get("page") else None,
        "errors": errors,
        "chips": _chips(request.GET, asked),
        "filtered": bool(set(asked) - {"view", "sort"}),
        "now": now,
    }
    if which is Queue.MINE and not errors and set(asked) == {"view"} and not found.previous:
        context["home"] = home_of(context["lines"])
    if wants_fragment(request):
        fragment = {**context, "oob": True}
        return render(request, "tickets/list.html#rows", fragment, status=_status(errors))
    context |= {
        "may_export": by.supervises,
        "text": filters.text,
        "total": None if errors else _total(found, within, by),
        "most_counted": MOST_COUNTED,
        "all_columns": column_choices(display),
        "controls": _controls(filters, request.GET),
        "my_teams": teams_of(by.user_id),
        "supervises": by.supervises,
        "sorts": SORTS.items(),
        "sort": order.value if order else "",
        "assignees": assignee_choices(),
        "statuses": word_choices(list(Status)),
        "priorities": word_choices(list(Priority)[::-1]),
    }
    return render(request, "tickets/list.html", context, status=_status(errors))


def _total(found: Found, filters: Filters, by: Actor) -> int:
    """Return how many tickets a list has, up to MOST_COUNTED.

    Cost: none for a list of one page, else one SQL query: see `count_up_to`.
    """
    if not found.next and not found.previous:
        return len(found.tickets)
    return count_up_to(filters, MOST_COUNTED, words=found.words, by=by)


def _status(errors: dict[str, str]) -> int:
    return 422 if errors else 200


def _title(request: HttpRequest, which: Queue, by: Actor) -> Any:
    """Return the list's title: a saved view's name, the search, or the queue's own."""
    order = list_settings.settings_of(cast(User, request.user)).views
    query = urlencode(_asked(request.GET, which), doseq=True)
    for view in saved_views.views_in_order(by, order):
        if view.query == query:
            return view.name
    return _("Search") if request.GET.get("q") else QUEUES[which]


def _asked(given: QueryDict, which: Queue) -> dict[str, list[str]]:
    """Return the part of the query that says what the list shows, without the page."""
    asked = {
        name: [value for value in given.getlist(name) if value]
        for name in NAMES
        if any(given.getlist(name))
    }
    if fields := custom_filters.written(dict(given.lists())):
        asked["field"] = fields
    return {"view": [which.value], **asked}


def _address(asked: dict[str, list[str]], page: str | None = "") -> str | None:
    if page is None:
        return None
    query = {**asked, **({"page": [page]} if page else {})}
    return f"{reverse('ticket_list')}?{urlencode(query, doseq=True)}"


def _chips(given: QueryDict, asked: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Return the active filters, each with the URL of the list without it."""
    chips = []
    for name, values in asked.items():
        one = BY_NAME.get(name) or BY_SEARCH.get(name)
        if one is None:
            continue
        for value in values:
            rest = {**asked, name: [other for other in values if other != value]}
            chips.append(
                {
                    "label": one.titled(value),
                    "value": "" if one.control is Control.CHECKBOX else one.shown(value),
                    "url": _address({key: left for key, left in rest.items() if left}),
                }
            )
    return chips


@dataclass(frozen=True)
class _Control:
    """A control of the filter form with its values."""

    template: str
    name: str = ""
    label: str = ""
    options: tuple[tuple[str, str, bool], ...] = ()
    value: str = ""
    hidden: tuple[str, str] | None = None


def _controls(filters: Filters, given: QueryDict) -> list[_Control]:
    """Return the controls of the filter form; all flags are in one group."""
    flags = tuple(
        (one.name, str(one.label), bool(one.value_in(filters)))
        for one in FILTERS
        if one.control is Control.CHECKBOX
    )
    group = _Control(_template(Control.CHECKBOX), options=flags)
    controls: list[_Control] = []
    for one in FILTERS:
        if one.control is Control.CHECKBOX:
            controls += [] if group in controls else [group]
            continue
        if one.control is Control.CUSTOM:
            controls += _custom_controls(given)
            continue
        typed = ", ".join(given.getlist(one.name))
        controls.append(
            _Control(
                template=_template(one.control),
                name=one.box if one.search else one.name,
                label=str(one.label),
                options=_options(one, one.value_in(filters)),
                value=given.get(one.box, "") if one.search else typed,
                hidden=(one.name, given.get(one.name, "")) if one.search and typed else None,
            )
        )
    return controls


def _custom_controls(given: QueryDict) -> list[_Control]:
    """Return the controls of custom fields; numbers and dates have one for each bound."""
    return [
        _Control(
            template=one.template,
            name=one.name,
            label=one.label,
            options=one.options,
            value=one.value,
        )
        for one in custom_controls(RecordKind.TICKET, dict(given.lists()))
    ]


def _template(control: Control) -> str:
    return f"components/filters/{control.value}.html"


def _options(one: Filter, chosen: Any) -> tuple[tuple[str, str, bool], ...]:
    """Return the options of a select: values, labels, and whether each is selected."""
    if one.choices is None:
        return ()
    selected = {chosen} if isinstance(chosen, str) else chosen or ()
    return tuple((value, str(words), value in selected) for value, words in one.choices())
