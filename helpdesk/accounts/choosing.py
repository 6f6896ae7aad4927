"""Form fields in which people are chosen by name."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.models import ModelChoiceIterator
from django.utils import timezone

from helpdesk.accounts.people import names_in_choosers


class _Named(ModelChoiceIterator):
    """Users by name, told apart, and marked if they are away."""

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        users = list(self.queryset.all())
        names = names_in_choosers(users, day=timezone.localdate())
        empty = getattr(self.field, "empty_label", None)
        if empty is not None:
            yield "", str(empty)
        for user in users:
            yield self.field.prepare_value(user), names[user.pk]


class PersonField(forms.ModelChoiceField):
    iterator = _Named


class PeopleField(forms.ModelMultipleChoiceField):
    iterator = _Named
