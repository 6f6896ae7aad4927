"""Addresses in Django's database."""

from contextlib import suppress
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from helpdesk.errors import worded
from helpdesk.mail.address import AddressRefused, as_kept


class AddressField(models.EmailField):
    """An e-mail address: what a form, the admin or a command takes is brought into its one form,
    or refused."""

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
        """The one form, whoever writes or asks; what is no address, as older releases let it in,
        is left for a person to correct."""
        with suppress(ValidationError):
            return super().get_prep_value(value)
        return value

    def formfield(self, **kwargs: Any) -> Any:
        """A field of text: Django's own for addresses refuses what `to_python` cleans."""
        return super().formfield(**{"form_class": forms.CharField, **kwargs})

    def deconstruct(self) -> Any:
        """As an EmailField, which it is to the database: no migration knows of the difference."""
        name, _path, arguments, named = super().deconstruct()
        return name, "django.db.models.EmailField", arguments, named
