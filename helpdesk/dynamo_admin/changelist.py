"""A changelist that pages by cursor and counts up to a cap.

It reads one row beyond the page and nothing more, so that the last page costs the same as the
first. The heads of columns sort where an access path serves that order, with the filters as they
are; no other head is a link. A filter that no access path serves is explained, and the list is
shown without it.
"""

from typing import Any

from django.contrib import messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import FieldError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from helpdesk.dynamo import cursor
from helpdesk.dynamo.cursor import InvalidCursor
from helpdesk.dynamo.pages import END, PagePosition
from helpdesk.dynamo_admin.refusals import in_words

CURSOR_VAR = "from"
MOST_COUNTED = 1_000


class CursorChangeList(ChangeList):
    """The rows of a page, and the URLs of the pages before and after, and of the last one."""

    counted = True
    """Whether `result_count` is exact, or there are at least that many rows."""

    next_url = previous_url = last_url = ""

    @cached_property
    def cursor_text(self) -> str:
        """Return the cursor from the URL. After a change of filter or order the list
        starts anew."""
        self.filter_params.pop(CURSOR_VAR, None)
        return str(self.params.pop(CURSOR_VAR, ""))

    @property
    def first_url(self) -> str:
        """Return the URL of the first page, or None on the first page itself."""
        return str(self.get_query_string(remove=[CURSOR_VAR])) if self.cursor_text else ""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        self.cursor_text  # noqa: B018 (takes it out of the filters)
        try:
            return super().get_queryset(request, exclude_parameters)
        except (IncorrectLookupParameters, DisallowedModelAdminLookup) as refused:
            self._explain(request, refused)
            raise IncorrectLookupParameters from refused

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Return the order of the head that was clicked, else the one that a filter or search sets.

        DynamoDB's orders need no tie-break.
        """
        if clicked := self._clicked():
            return [clicked]
        if queryset.query.order_by:
            return list(queryset.query.order_by)
        options: Any = self.model_admin
        if self.query.strip() and options.search_order:
            return [options.search_order]
        return list(options.get_ordering(request) or self.lookup_opts.ordering or ())

    def _clicked(self) -> str:
        """Return the order of the head that the address names; empty if it names none.

        Django's addresses name several heads, the newest first: indexes have one order.
        """
        sign, minus, number = str(self.params.get(ORDER_VAR, "")).partition(".")[0].rpartition("-")
        if sign or not number.isascii() or not number.isdecimal() or len(number) > 2:
            return ""
        names = self.list_display[int(number) : int(number) + 1]
        field = self._field_of(names[0]) if names else ""
        if not field:
            return ""
        falling = bool(minus) is not field.startswith("-")
        return f"{'-' if falling else ''}{field.removeprefix('-')}"

    def _field_of(self, column: Any) -> str:
        """Return the field that a column sorts by, as it is declared; empty: it does not sort."""
        return str(self.get_ordering_field(column) or "")

    def get_ordering_field_columns(self) -> Any:
        """Return the column by which the rows are sorted, if it is shown."""
        orders = [str(name) for name in self.queryset.query.order_by[:1]]
        for number, name in enumerate(self.list_display):
            field = self._field_of(name)
            if field and field.removeprefix("-") in (one.removeprefix("-") for one in orders):
                return {number: "asc" if field == orders[0] else "desc"}
        return {}

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> Any:
        """Return an address with these parameters, sorted by one column at most."""
        changed = dict(new_params or {})
        if changed.get(ORDER_VAR):
            changed[ORDER_VAR] = changed[ORDER_VAR].partition(".")[0]
        return super().get_query_string(changed, remove)

    def get_results(self, request: HttpRequest) -> None:
        try:
            self._read(request)
        except (FieldError, InvalidCursor) as refused:
            self._explain(request, refused)
            raise IncorrectLookupParameters from refused
        self.sortable_by = [str(name) for name in self.list_display if self._sorts(name)]
        options: Any = self.model_admin
        options.rows_shown(request, self.result_list)
        self.show_admin_actions = bool(self.result_list)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.full_result_count = self.paginator = None

    def _read(self, request: HttpRequest) -> None:
        plan = self.queryset.plan()
        key = [self.opts.label_lower, self.get_query_string(), str(request.user.pk)]
        place = None
        if self.cursor_text:
            side, _space, at = cursor.decode(self.cursor_text, query=key).partition(" ")
            place = PagePosition(at, back=side == "before")
        page = plan.page(limit=self.list_per_page, place=place)
        model: Any = self.model
        self.result_list = [model.from_row(row) for row in page]
        self.next_url = self._address(page.next, key)
        self.last_url = self._address(END, key) if page.next else ""
        self.previous_url = self._address(page.previous, key)
        alone = not (self.next_url or self.previous_url)
        counted = len(page) if alone else plan.count_cheaply(MOST_COUNTED + 1)
        self.counted = counted is not None and counted <= MOST_COUNTED
        self.result_count = min(len(page) if counted is None else counted, MOST_COUNTED)

    def _sorts(self, name: Any) -> bool:
        """Return whether a path serves the order of a column. Reads nothing."""
        field = self._field_of(name)
        if not field:
            return False
        try:
            self.queryset.order_by(field).plan()
        except FieldError:
            return False
        return True

    def _explain(self, request: HttpRequest, refused: Exception) -> None:
        """Tell the user what was refused, and that the list is shown without it."""
        messages.warning(request, in_words(self.model, refused))

    def _address(self, place: PagePosition | None, key: list[str]) -> str:
        if place is None:
            return ""
        text = f"{'before' if place.back else 'after'} {place.key}"
        made = cursor.encode(query=key, place=text)
        return str(self.get_query_string({CURSOR_VAR: made}))
