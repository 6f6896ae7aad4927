"""“Save as new”: a copy of a row of configuration, under names of its own."""

from itertools import count
from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import unquote
from django.db.models import Field, Model, SlugField
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _


class CopiedAdmin(ModelAdmin):
    """Where `save_as` is set, what has to be unique and was left as it is gets a name that is free,
    and what can be set on a new row alone is that of the original."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = extra_context or {}
        if self.save_as and object_id and "_saveasnew" in request.POST:
            original = self.get_object(request, unquote(object_id))
            if original is not None:
                request.POST = self._copied(request, original)  # type: ignore[assignment]
            # The form may come back: then, too, it is saved as a new row.
            context = {**context, "saves_as_new": True}
        return super().changeform_view(request, object_id, form_url, context)

    def _copied(self, request: HttpRequest, original: Any) -> QueryDict:
        posted = request.POST.copy()
        fixed = self.get_readonly_fields(request, original)
        for field in self.model._meta.concrete_fields:
            if field.primary_key or not field.editable:
                continue
            value = field.value_from_object(original)
            if field.unique:
                if posted.get(field.name, value) == value:
                    posted[field.name] = _free(self.model, field, str(value))
            elif field.name in fixed and field.name not in posted:
                values = value if isinstance(value, list) else [value]
                posted.setlist(field.name, [str(one) for one in values if one not in (False, None)])
        return posted


def _free(model: type[Model], field: "Field[Any, Any]", value: str) -> str:
    """Return a name like `value` that no row has. A SELECT for each that is tried."""
    key = isinstance(field, SlugField) or field.name == "key"
    name = f"{value}-copy" if key else _("Copy of %(name)s") % {"name": value}
    most = (field.max_length or 80) - 4
    for number in count(1):
        tried = name[:most] + ("" if number == 1 else f"-{number}" if key else f" {number}")
        if not model._default_manager.filter(**{field.name: tried}).exists():
            return tried
    raise AssertionError("numbers do not end")
