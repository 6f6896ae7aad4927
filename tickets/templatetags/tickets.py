"""Template tags for the schema's words, and for forms of the ticket page."""

from collections.abc import Hashable
from functools import lru_cache

from django import template
from django.forms.utils import flatatt
from django.template import Context, Variable
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tickets.presenters.labels import label

register = template.Library()
register.filter("label", label)

_WITH_FILES = "multipart/form-data"
_ID = Variable("ticket.ticket_id")
_VERSION = Variable("ticket.version")
_LAST_LINE = Variable("ticket.last_id")


@register.simple_block_tag(takes_context=True)
def ticket_form(
    context: Context,
    content: str,
    view: str,
    any_version: bool = False,
    files: bool = False,
    **attributes: Hashable,
) -> SafeString:
    """Return a form that posts its fields to a view of the page's ticket, with or without
    JavaScript.

    It sends the version of the ticket and the last log entry that its user has seen, so that a
    change by another user is noticed; with `any_version` it does not. With `files` it may have
    attachments. `data_draft=True` becomes the attribute `data-draft`. The htmx attributes are
    inherited from `#ticket`.
    """
    if files:
        attributes |= {"enctype": _WITH_FILES, "hx_encoding": _WITH_FILES}
    return format_html(
        '<form method="post" action="{url}" hx-post="{url}"{attributes}>'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{csrf}">{seen}{content}</form>',
        url=reverse(view, args=[_ID.resolve(context)]),
        attributes=_written(tuple(attributes.items())),
        csrf=context["csrf_token"],
        seen="" if any_version else _seen(context),
        content=content,
    )


def _seen(context: Context) -> SafeString:
    return format_html(
        '<input type="hidden" name="version" value="{}">'
        '<input type="hidden" name="seen" value="{}">',
        _VERSION.resolve(context),
        _LAST_LINE.resolve(context),
    )


@lru_cache(maxsize=500)
def _written(attributes: tuple[tuple[str, Hashable], ...]) -> SafeString:
    return flatatt({name.replace("_", "-"): value for name, value in attributes})
