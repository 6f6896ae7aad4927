"""Success messages of forms."""

from django.contrib import messages
from django.http import HttpRequest


def saved(request: HttpRequest, words: str) -> None:
    """Show on the next page that the form at this URL was saved.

    Only then does the browser delete its draft of the form (drafts.js).
    """
    messages.success(request, words, extra_tags=request.path)
