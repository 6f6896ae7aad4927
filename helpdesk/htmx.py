"""Pages and the fragments of them that HTMX requests."""

from django.http import HttpRequest


def wants_fragment(request: HttpRequest) -> bool:
    """Return whether HTMX requests a part of the page, and not a whole page for its history."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.history_restore_request
