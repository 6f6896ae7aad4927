"""What a page says after a form of a whole page was saved."""

from django.contrib import messages
from django.http import HttpRequest


def saved(request: HttpRequest, words: str) -> None:
    """Say on the next page that the form at this address was saved; only then the browser forgets
    what was typed into it (kept.js)."""
    messages.success(request, words, extra_tags=request.path)
