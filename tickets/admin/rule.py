"""Escalation rules in the admin. Saving one recalculates the milestones of open tickets."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.choosing import PersonField
from helpdesk.accounts.people import selectable_users
from helpdesk.accounts.rights import ReadOnly
from helpdesk.errors import Invalid
from tickets.admin.impact_preview import ImpactAdmin, PreviewForm, in_words
from tickets.admin.people import shown_object
from tickets.admin.policy import announce_recalculation
from tickets.models import EscalationRule, Recalculation
from tickets.services.sla.impact import Scope
from tickets.services.sla.rules import fires_at_once, require_free_key, save_rule


class RuleForm(PreviewForm):
    """A new rule fires on milestones from now on, unless its user also wants past ones."""

    also_past = forms.ChoiceField(
        label=_("Applies to"),
        choices=[
            ("", _("Deadlines from now on")),
            ("1", _("Also tickets already past the trigger")),
        ],
        required=False,
        widget=forms.RadioSelect,
        help_text=_(
            "Used for rules that are new, reactivated or have a new trigger. Otherwise ignored."
        ),
    )

    def clean_key(self) -> str:
        key = str(self.cleaned_data["key"])
        try:
            require_free_key(key)
        except Invalid as refused:
            raise forms.ValidationError(refused.errors["key"]) from refused
        return key

    def reach(self) -> tuple[Scope, list[str]]:
        also_past = self.cleaned_data.get("also_past") == "1"
        found = fires_at_once(self.instance, also_past=also_past, by=self.actor)
        if not found.seen:
            return found, [gettext("It fires for no existing tickets. It applies from now on.")]
        return found, [
            gettext("%(of)s, it fires immediately for %(count)s.")
            % {"of": in_words(found), "count": found.touched}
        ]


@admin.register(EscalationRule)
class EscalationRuleAdmin(ImpactAdmin):
    form = RuleForm
    save_as = True
    list_display = (
        "key",
        "trigger",
        "level",
        "active",
        "notify_assignee",
        "notify_team",
        "notify_supervisors",
        "reassign_to",
        "reassign_to_team",
    )
    fieldsets = (
        (
            None,
            {
                "fields": ("key", "active", "trigger", "level"),
                "description": _(
                    "A rule fires once per ticket until it is reopened, and once for each next "
                    "reply. Level 0 keeps the level."
                ),
            },
        ),
        (
            _("Notify"),
            {"fields": ("notify_assignee", "notify_team", "notify_supervisors")},
        ),
        (
            _("Reassign"),
            {
                "fields": ("reassign_to", "reassign_to_team"),
                "description": _(
                    "Choose a person or a team, not both. If the person is absent or inactive, the "
                    "ticket keeps its assignee."
                ),
            },
        ),
        (_("Activation"), {"fields": ("also_past",)}),
    )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "reassign_to":
            rules = EscalationRule.objects.filter(pk=shown_object(request) or 0)
            kwargs["queryset"] = selectable_users(also=rules.values_list("reassign_to", flat=True))
            kwargs["form_class"] = PersonField
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(
        self, request: HttpRequest, obj: EscalationRule | None = None
    ) -> tuple[str, ...]:
        # The key is what makes a rule fire once; a new one would fire again.
        return ("key",) if obj else ()

    def save_model(
        self, request: HttpRequest, obj: EscalationRule, form: Any, change: bool
    ) -> None:
        run = save_rule(
            obj,
            also_past=form.cleaned_data.get("also_past") == "1",
            reason=str(_("Rule %s was saved") % obj.key),
        )
        if run:
            announce_recalculation(self, request, run)


@admin.register(Recalculation)
class RecalculationAdmin(ReadOnly):
    list_display = ("reason", "asked_at", "seen", "changed", "finished_at")
    fields = ("reason", "asked_at", "seen", "changed", "finished_at")
