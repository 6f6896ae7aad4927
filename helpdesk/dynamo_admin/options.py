"""The ModelAdmin of a model without a table.

A form posts the version that it was rendered with, and beside each field its value at that time, so
that a field which the user changed can be told from one that they only saw. If somebody else saved
first, the page comes back with the user's changes, all other fields as they are now, and the new
version.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from helpdesk.dynamo_admin.changelist import CursorChangeList
from helpdesk.errors import Invalid, ServiceError, StaleVersion


class PlannedForm(forms.ModelForm):
    """A form that knows the values its user saw, and shows what a service refused."""

    refused: Exception | None = None
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", getattr(self.instance, "version", None))
        for name, field in self.fields.items():
            field.show_hidden_initial = name != "version" and not self.instance._state.adding

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if isinstance(self.refused, Invalid):
            for field, message in self.refused.errors.items():
                snake = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", field)
                names = (name for name in (field, snake) if name in self.fields)
                self.add_error(next(names, None), message)
        elif self.refused:
            self.add_error(None, str(self.refused))
        return cleaned

    def validate_unique(self) -> None:
        """Do nothing: services check uniqueness, with a condition in the transaction."""

    @property
    def changed(self) -> dict[str, Any]:
        """Return the fields that the user changed, with their values."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}


class PlannedAdmin(admin.ModelAdmin):
    """Lists rows by access paths and writes them through services.

    Subclasses define `write`, and name in `refusals` the errors that it may raise.
    """

    form: Any = PlannedForm
    change_list_template = "dynamo_admin/change_list.html"
    change_form_template = "dynamo_admin/change_form.html"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    sortable_by = ()
    search_by = ""
    """The WordsField of the search box; empty: no search box."""

    search_order = ""
    """The order of search results; empty: that of the list."""

    refusals: tuple[type[Exception], ...] = (ServiceError,)

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Model:
        """Write what `form` changed with a service, and return the row as it is then.

        Each admin with a form that saves overrides this; a read-only one is never asked to.
        """
        raise ImproperlyConfigured(
            f"{type(self).__name__} lets people write, and does not say how."
        )

    def in_words(self, refused: Exception) -> Exception:
        """Return a refusal as text in the reader's language."""
        return refused

    def rows_shown(self, request: HttpRequest, rows: list[Any]) -> None:
        """Add to the rows of a page what their columns show beside their own attributes."""

    def changed_meanwhile(self, request: HttpRequest, obj: Any, version: int) -> Sequence[str]:
        """Return what others changed since `version`, one line each."""
        return ()

    # Django's own, as far as it has to differ

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CursorChangeList]:
        return CursorChangeList

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return (self.search_by,) if self.search_by else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = search_term.strip()
        if not (words and self.search_by):
            return queryset, False
        return queryset.filter(**{f"{self.search_by}__search": words}), False

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:  # type: ignore[override]
        """Find the selected rows by their keys, whatever filter the list has."""
        if request.POST.get("select_across", "0") in ("", "0"):
            queryset = self.get_queryset(request)
        return super().response_action(request, queryset)

    def message_user(
        self,
        request: HttpRequest,
        message: Any,
        level: int | str = messages.INFO,
        extra_tags: str = "",
        fail_silently: bool = False,
    ) -> None:
        """Name the saved form in the success message, so that its draft is deleted (drafts.js)."""
        if level == messages.SUCCESS and not extra_tags:
            extra_tags = request.path
        super().message_user(request, message, level, extra_tags, fail_silently)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        request.changed_fields = set(form.changed)  # type: ignore[attr-defined]
        written = self.write(request, obj, form, change=change)
        obj.pk = written.pk

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.instance

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: `write` has saved everything."""

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.refused = getattr(request, "refused", None)
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what a service refused in the form, with everything that was typed."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except FieldError as refused:
            messages.warning(request, str(refused))
            raise IncorrectLookupParameters from refused
        except self.refusals as refused:
            if request.method != "POST":
                raise
            request.refused = self.in_words(refused)  # type: ignore[attr-defined]
            said: Mapping[str, Any] = {}
            if isinstance(refused, StaleVersion) and object_id:
                said = {"meanwhile": self._follow(request, object_id)}
            return super().changeform_view(
                request, object_id, form_url, {**(extra_context or {}), **said}
            )

    def _follow(self, request: HttpRequest, object_id: str) -> list[str]:
        """Replace posted values by the stored ones, except where the user changed them."""
        obj: Any = self.get_object(request, object_id)
        seen = int(request.POST.get("version") or 0)
        posted: QueryDict = request.POST.copy()
        touched: set[str] = getattr(request, "changed_fields", set())
        fresh = self.get_form(request, obj, change=True)(instance=obj)
        theirs = []
        for bound in fresh:
            now = bound.value()
            text = "" if now is None else str(now)
            if posted.get(bound.html_initial_name) not in (None, text) and bound.name in touched:
                theirs.append(
                    _("%(field)s is now “%(now)s”. You entered “%(yours)s”.")
                    % {
                        "field": bound.label,
                        "now": text[:200],
                        "yours": posted.get(bound.html_name, "")[:200],
                    }
                )
            if bound.name not in touched:
                posted[bound.html_name] = text
            if bound.name != "version":
                posted[bound.html_initial_name] = text
        posted["version"] = str(obj.version)
        request.POST = posted  # type: ignore[assignment]
        return [*theirs, *self.changed_meanwhile(request, obj, seen)]
