"""Forms of the ticket pages. They parse what was typed; the services validate it."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from helpdesk.parsing import whole_number
from tickets.domain.ticket import Priority
from tickets.presenters.choices import assignee_choices, word_choices
from tickets.services.lifecycle.validation import LONGEST_CONTENT


class VersionForm(forms.Form):
    """A form that knows which version of the ticket its user saw."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ReplyForm(VersionForm):
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    content = forms.CharField(
        required=False,
        label=_("Reply"),
        widget=forms.Textarea({"rows": 5, "maxlength": LONGEST_CONTENT}),
    )


class NoteForm(VersionForm):
    content = forms.CharField(
        required=False,
        label=_("Internal note"),
        widget=forms.Textarea({"rows": 5, "maxlength": LONGEST_CONTENT}),
    )


class HeardForm(VersionForm):
    channel = forms.CharField(required=False)
    content = forms.CharField(required=False)
    occurred_at = forms.DateTimeField(
        required=False, label=_("At"), error_messages={"invalid": _("Enter a date and a time.")}
    )


class ForwardForm(VersionForm):
    """Writes to third parties about the message `line`; a page has one for each message."""

    line = forms.CharField(required=False)
    to = forms.CharField(required=False)
    content = forms.CharField(required=False)

    @property
    def recipients(self) -> list[str]:
        """What was typed as addresses, then those that were selected."""
        return self.data.getlist("to") if isinstance(self.data, QueryDict) else []

    @property
    def places(self) -> set[int]:
        """The places of the files that were selected."""
        chosen = self.data.getlist("with_file") if isinstance(self.data, QueryDict) else []
        return {place for place in map(whole_number, chosen) if place is not None}


class AssignForm(VersionForm):
    assigned_to = forms.ChoiceField(required=False, label=_("Assigned to"))

    def __init__(self, *args: Any, present: str | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["assigned_to"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (for the type checker)
        field.choices = assignee_choices(present)


class PriorityForm(VersionForm):
    priority = forms.ChoiceField(
        label=_("Priority"), choices=lambda: word_choices(list(Priority)[::-1])
    )


class EscalateForm(VersionForm):
    reason = forms.CharField(required=False, label=_("Reason"), max_length=None)


class EditForm(VersionForm):
    subject = forms.CharField(required=False, max_length=None)
    description = forms.CharField(required=False, max_length=None)
    tags = forms.CharField(required=False, max_length=None)
    category = forms.CharField(required=False)
    vehicle = forms.CharField(required=False)

    @staticmethod
    def fields_in(typed: QueryDict) -> dict[str, Any]:
        """Return what was typed, as `edit` takes it; None for what the form did not have."""
        tags = typed.get("tags")
        return {
            "subject": typed.get("subject"),
            "description": typed.get("description"),
            "category": typed.get("category"),
            "vehicle_id": typed.get("vehicle"),
            "tags": tags.split(",") if tags is not None else None,
        }


class RelateForm(VersionForm):
    other = forms.CharField(required=False, max_length=None)
