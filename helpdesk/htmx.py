"""Pages and the fragments of them that HTMX asks for."""

from django.http import HttpRequest


def wants_fragment(request: HttpRequest) -> bool:
    """Whether HTMX asks for a part of the page, and not to fill its history."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.history_restore_request
