"""Definitions of custom fields. Records keep the values of a field that is deleted or inactive."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.rights import SupervisorsOnly
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.custom_fields.models import CustomField
from tickets.domain.ticket import Category
from tickets.models.labels import choices
from tickets.services.lists.filters import TAKEN_KEYS


class CustomFieldForm(forms.ModelForm):
    categories = forms.MultipleChoiceField(
        label=_("Categories"),
        required=False,
        choices=choices(Category),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Of tickets: the categories that the field is for. None means all."),
    )

    class Meta:
        model = CustomField
        fields = (
            *("record", "key", "label", "help_text", "kind", "choices"),
            *("required", "categories", "position", "active"),
        )
        widgets = {"choices": forms.Textarea({"rows": 6})}

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if not self.instance.pk and key in TAKEN_KEYS:
            raise forms.ValidationError(_("The search box has this key already. Choose another."))
        return key


@admin.register(CustomField)
class CustomFieldAdmin(SupervisorsOnly):
    form = CustomFieldForm
    list_display = ("label", "record", "key", "kind", "required", "position", "active")
    list_filter = ("record", "active")
    fieldsets = (
        (
            None,
            {
                "fields": ("record", ("label", "key"), "kind", "choices", "help_text"),
                "description": _(
                    "What Helpdesk keeps of tickets, customers or vehicles beside their own "
                    "fields: in forms, searches, filters, the API and exports. There can be 30 of "
                    "each. A field that is no longer needed is made inactive; one that is deleted "
                    "makes room for another, and records keep its values, which nobody sees then."
                ),
            },
        ),
        (_("Use"), {"fields": ("required", "categories", "position", "active")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request.user).supervises

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return CustomField.FIXED if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"record": RecordKind.TICKET, **super().get_changeform_initial_data(request)}
