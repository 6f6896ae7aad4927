"""Compose mail from three templates for each kind, which a company can change.

They are `subject.txt`, `body.txt` and `body.html` in `templates/mail/<name>/`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from helpdesk.short_text import one_line


def composed(
    name: str, context: Mapping[str, Any], *, to: Sequence[str], **more: Any
) -> EmailMultiAlternatives:
    """Return the mail that the templates of `name` render with `context`, in the active language.

    `more` is passed to EmailMultiAlternatives: from_email, headers, cc.
    """
    values = dict(context)
    message = EmailMultiAlternatives(
        subject=one_line(render_to_string(f"mail/{name}/subject.txt", values)),
        body=render_to_string(f"mail/{name}/body.txt", values).strip(),
        to=list(to),
        **more,
    )
    message.attach_alternative(render_to_string(f"mail/{name}/body.html", values), "text/html")
    return message
