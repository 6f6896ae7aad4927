"""Records that a field of the admin suggests while one types (theme/assets/js/suggest.js)."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path

from helpdesk.dynamo_admin.options import PlannedAdmin

LONGEST, LEAST = 100, 2


class SuggestedAdmin(PlannedAdmin):
    """An admin whose records are suggested in fields that name one."""

    def suggested(self, text: str) -> Iterable[tuple[str, str]]:
        """Return the keys of a few records that a text finds, each with a label of its own."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it suggests.")

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_suggest"
        own = path("suggest/", self.admin_site.admin_view(self.suggest), name=name)
        return [own, *super().get_urls()]

    def suggest(self, request: HttpRequest) -> JsonResponse:
        """Return what is suggested for `q`. Cost: that of a search, from two letters on."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = request.GET.get("q", "").strip()[:LONGEST]
        found: Any = self.suggested(text) if len(text) >= LEAST else ()
        return JsonResponse({"results": [{"key": key, "label": label} for key, label in found]})
