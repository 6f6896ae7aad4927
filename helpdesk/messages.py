"""Success messages of forms."""

from django.contrib import messages
from django.http import HttpRequest

UNDO = "undo "


def undoable(request: HttpRequest, words: str, *, undo: str) -> None:
    """Show on the next page what was done, with a button that posts to the address `undo`."""
    messages.success(request, words, extra_tags=f"{UNDO}{undo}")


def saved(request: HttpRequest, words: str) -> None:
    """Show on the next page that the form at this URL was saved.

    Only then does the browser delete its draft of the form (drafts.js).
    """
    messages.success(request, words, extra_tags=request.path)
