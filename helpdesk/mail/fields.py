"""Email addresses in Django's database."""

from contextlib import suppress
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from helpdesk.errors import worded
from helpdesk.mail.address import AddressRefused, as_kept


class AddressField(models.EmailField):
    """An email address. Forms, the admin and commands bring it into its canonical form, or refuse
    it."""

    default_validators: list[Any] = []

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return text
        try:
            return as_kept(text)
        except AddressRefused as refused:
            raise ValidationError(worded(refused)) from refused

    def get_prep_value(self, value: Any) -> Any:
        """Return the canonical form. Invalid addresses of older releases stay until a person
        corrects them."""
        with suppress(ValidationError):
            return super().get_prep_value(value)
        return value

    def formfield(self, **kwargs: Any) -> Any:
        """Return a text field: Django's own field for addresses would refuse what `to_python`
        cleans."""
        return super().formfield(**{"form_class": forms.CharField, **kwargs})

    def deconstruct(self) -> Any:
        """Deconstruct as an EmailField, which it is to the database, so that migrations do not
        differ."""
        name, _path, arguments, named = super().deconstruct()
        return name, "django.db.models.EmailField", arguments, named
