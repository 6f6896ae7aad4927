"""Definitions of custom fields."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.audit.audited import Audited
from helpdesk.custom_fields.definition import (
    LONGEST_CHOICE,
    MOST_CHOICES,
    Definition,
    Kind,
    RecordKind,
    Required,
)
from helpdesk.short_text import LineField, one_line

MOST = 30
"""Fields of a kind of record, inactive ones included: a record has the values of all."""
_KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")

RECORD_LABELS = {
    RecordKind.TICKET: _("Ticket"),
    RecordKind.CUSTOMER: _("Customer"),
    RecordKind.VEHICLE: _("Vehicle"),
}
KIND_LABELS = {
    Kind.TEXT: _("Text"),
    Kind.NUMBER: _("Number"),
    Kind.DATE: _("Date"),
    Kind.CHOICE: _("Choice"),
    Kind.YES_NO: _("Yes or no"),
}
REQUIRED_LABELS = {
    Required.CREATION: _("On creation"),
    Required.RESOLVING: _("On resolving (tickets)"),
}


def _choices(labels: Any) -> list[tuple[str, Any]]:
    return [(word.value, words) for word, words in labels.items()]


class CustomField(Audited):
    """A custom field. Record, key and kind stay as they were created: values are read by them."""

    shown_texts = frozenset({"record", "key", "kind", "required"})
    FIXED = ("record", "key", "kind")

    record = models.CharField(_("of"), max_length=10, choices=_choices(RECORD_LABELS))
    key = models.CharField(
        _("key"),
        max_length=30,
        help_text=_(
            "Names the field in the API and in searches, as in po_number:4711. Lower-case letters, "
            "digits and underscores. Can’t be changed later."
        ),
    )
    label = LineField(_("label"), max_length=60)
    help_text = LineField(_("help text"), max_length=200, blank=True)
    kind = models.CharField(
        _("type"),
        max_length=10,
        choices=_choices(KIND_LABELS),
        help_text=_("Can’t be changed later."),
    )
    choices = models.TextField(
        _("choices"),
        max_length=(LONGEST_CHOICE + 2) * MOST_CHOICES,
        blank=True,
        help_text=_(
            "One a line, for the type Choice. Records keep a choice that is no longer offered."
        ),
    )
    required = models.CharField(
        _("required"),
        max_length=10,
        blank=True,
        choices=_choices(REQUIRED_LABELS),
        help_text=_(
            "On creation: in forms and the API. A ticket from an email needs the value when it is "
            "resolved."
        ),
    )
    categories = models.JSONField(_("categories"), default=list, blank=True)
    position = models.PositiveIntegerField(
        _("order"), default=0, help_text=_("Lower numbers are shown first.")
    )
    active = models.BooleanField(
        _("active"), default=True, help_text=_("Values of inactive fields are kept and hidden.")
    )

    class Meta:
        ordering = ["record", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "key"],
                name="one_key",
                violation_error_message=_("There is a field with this key already."),
            )
        ]
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        """Refuse what would not work: another key or kind, a choice without choices, too many."""
        errors: dict[str, Any] = {}
        before = type(self).objects.filter(pk=self.pk).first()
        for name in self.FIXED if before else ():
            if getattr(before, name) != getattr(self, name):
                errors[name] = _("Can’t be changed. Create another field.")
        if not before and not _KEY.fullmatch(self.key):
            errors["key"] = _("Use lower-case letters, digits and underscores, a letter first.")
        if not before and type(self).objects.filter(record=self.record).count() >= MOST:
            errors["record"] = _("There are %(most)s fields already, the most there can be.") % {
                "most": MOST
            }
        self.choices = "\n".join(self._offered())
        offered = self._offered()
        if self.kind == Kind.CHOICE and not offered:
            errors["choices"] = _("Enter the choices, one a line.")
        elif len(offered) > MOST_CHOICES or any(len(one) > LONGEST_CHOICE for one in offered):
            errors["choices"] = _("Use at most %(most)s choices of %(longest)s characters.") % {
                "most": MOST_CHOICES,
                "longest": LONGEST_CHOICE,
            }
        if self.record != RecordKind.TICKET:
            self.categories = []
            if self.required == Required.RESOLVING:
                errors["required"] = _("Only tickets are resolved.")
        if errors:
            raise ValidationError(errors)

    def as_definition(self) -> Definition:
        """Return the field in the form in which it is used."""
        return Definition(
            key=self.key,
            label=self.label,
            kind=Kind(self.kind),
            help_text=self.help_text,
            choices=tuple(self._offered()) if self.kind == Kind.CHOICE else (),
            required=Required(self.required),
            categories=frozenset(self.categories),
            active=self.active,
        )

    def _offered(self) -> list[str]:
        lines = (one_line(line) for line in self.choices.splitlines())
        return list(dict.fromkeys(line for line in lines if line))
