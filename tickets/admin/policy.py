"""SLA policies in the admin. Saving one creates a version and recalculates tickets."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customers.domain.choices import Segment
from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.accounts.rights import ReadOnly
from helpdesk.errors import worded
from tickets.admin.draft_simulation import SimulatedAdmin, SimulatedForm
from tickets.admin.history import HistoryAdmin
from tickets.admin.impact_preview import (
    impact_in_words,
    shadow_of_policy,
    warn,
)
from tickets.admin.targets import as_target, meanings, week_of
from tickets.domain.errors import TargetRefused
from tickets.domain.ticket import Category, Priority
from tickets.models import Policy, PolicyVersion, Recalculation
from tickets.models.labels import choices
from tickets.models.policy import CLOCKS, target_field
from tickets.presenters import policy_terms
from tickets.services.sla import impact, shadowed
from tickets.services.sla.configure import save_policy
from tickets.services.sla.delete import delete_policy, users_of_policy
from tickets.services.sla.impact import Scope
from tickets.services.sla.recalculation import start_recalculation

TARGETS = [target_field(priority, clock) for priority in Priority for clock in CLOCKS]


class PolicyForm(SimulatedForm):
    categories = forms.MultipleChoiceField(
        label=_("Categories"),
        required=False,
        choices=choices(Category),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Blank means every category."),
    )
    segments = forms.MultipleChoiceField(
        label=_("Customer segments"),
        required=False,
        choices=choices(Segment),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Blank means every segment."),
    )

    class Meta:
        model = Policy
        fields = [
            "name",
            "slug",
            "active",
            "order",
            "categories",
            "segments",
            "calendar",
            "at_risk_percent",
            *TARGETS,
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        calendar, *typed = (self._typed(name) for name in ("calendar", *TARGETS))
        for name, words in zip(TARGETS, meanings(calendar, typed), strict=True):
            self.fields[name].help_text = words

    def _typed(self, name: str) -> str:
        if self.is_bound:
            return str(self.data.get(name, ""))
        return str(self.get_initial_for_field(self.fields[name], name) or "")

    def clean(self) -> dict[str, Any]:
        """Take each target as it was typed, and store it as targets are stored."""
        given = super().clean() or {}
        calendar = week_of(given["calendar"].pk) if given.get("calendar") else None
        for name in TARGETS:
            if text := given.get(name):
                try:
                    given[name] = as_target(text, calendar)
                except TargetRefused as refused:
                    self.add_error(name, worded(refused))
        return given

    def reach(self) -> tuple[Scope, list[str]]:
        found = impact.of_policy(self.instance, by=self.actor)
        return found, impact_in_words(found) + shadow_of_policy(self.instance)


class DeletedIfUnused(HistoryAdmin, SimulatedAdmin):
    """Rows that are deleted one at a time, and only if nothing uses them: else the page says what
    does."""

    delete_confirmation_template = "admin/tickets/delete_unused.html"
    save_as = True

    def users_of(self, row: Any, by: Actor) -> list[str]:
        """Return what uses a row beside other rows, as text."""
        return []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request.user).supervises

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        return {name: one for name, one in actions.items() if name != "delete_selected"}

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        rows, counts, lacking, protected = super().get_deleted_objects(objs, request)
        by = actor_of(request.user)
        users = [text for row in objs for text in self.users_of(row, by)]
        return rows, counts, lacking, [*protected, *users]


@admin.register(Policy)
class PolicyAdmin(DeletedIfUnused):
    form = PolicyForm
    change_form_template = "admin/tickets/policy/change_form.html"
    list_display = (*("name", "order", "active", "is_default", "calendar", "version", "hidden_by"),)
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "slug", "active", "order")}),
        (
            _("Applies to"),
            {
                "fields": ("categories", "segments"),
                "description": _(
                    "The first active policy whose conditions match the ticket applies. The "
                    "default policy matches every ticket and comes last."
                ),
            },
        ),
        (
            _("SLA"),
            {
                "fields": (
                    "calendar",
                    "at_risk_percent",
                    *(
                        tuple(target_field(priority, clock) for clock in CLOCKS)
                        for priority in reversed(Priority)
                    ),
                ),
                "description": _(
                    "Business time, such as 1 business day, 8 h, 90 min or 2 d 4 h (1 d is 24 "
                    "hours of business time, whatever the calendar). Next replies, to "
                    "what the customer writes after the first reply, have targets for every "
                    "priority or for none. Saving recalculates open tickets in the background. "
                    "Resolved and closed tickets keep their current policy version."
                ),
            },
        ),
    )

    @admin.display(description=_("version"))
    def version(self, policy: Policy) -> str:
        newest = policy.versions.order_by("-number").first()
        return newest.key if newest else ""

    @admin.display(description=_("never applies because of"), empty_value="")
    def hidden_by(self, policy: Policy) -> str:
        return ", ".join(shadowed.hidden_policies_now().get(policy.pk, ()))

    def get_readonly_fields(
        self, request: HttpRequest, obj: Policy | None = None
    ) -> tuple[str, ...]:
        if obj is None:
            return ()
        # The default policy always applies; tickets store the key.
        return (
            ("slug", "active", "order", "categories", "segments") if obj.is_default else ("slug",)
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.meaning_view)
        return [path("meaning/", view, name="tickets_policy_meaning"), *super().get_urls()]

    def meaning_view(self, request: HttpRequest) -> HttpResponse:
        """Return what durations mean under a calendar, in the order they came."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        texts = request.GET.getlist("text")[: len(TARGETS)]
        return JsonResponse({"meanings": meanings(request.GET.get("calendar"), texts)})

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Policy | None = None
    ) -> dict[str, Any]:
        return {} if obj else self.prepopulated_fields

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: bool) -> None:
        if save_policy(obj):
            run = start_recalculation(str(_("Policy %s was saved") % obj.name))
            announce_recalculation(self, request, run)
        warn(self, request, shadow_of_policy(obj))

    def users_of(self, row: Policy, by: Actor) -> list[str]:
        return users_of_policy(row, by=by)

    def delete_model(self, request: HttpRequest, obj: Policy) -> None:
        delete_policy(obj, by=actor_of(request.user))


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnly):
    """What a version says, and what it changed."""

    list_display = ("key", "policy", "made_at", "changed")
    list_select_related = ("policy",)
    list_per_page = 50
    fields = ("key", "policy", "made_at", "changed", "says")

    @admin.display(description=_("changes"), empty_value="–")
    def changed(self, version: PolicyVersion) -> SafeString:
        rows = policy_terms.changes(version)
        line = "{}: <del>{}</del> → <ins>{}</ins>"
        shown = ((name, was or "–", becomes or "–") for name, was, becomes in rows)
        return format_html_join(SafeString("<br>"), line, shown)

    @admin.display(description=_("targets and calendar"))
    def says(self, version: PolicyVersion) -> SafeString:
        rows = ((name, text or "–") for name, text in policy_terms.lines(version).items())
        return format_html_join(SafeString("<br>"), "{}: {}", rows)


def announce_recalculation(
    model_admin: admin.ModelAdmin, request: HttpRequest, run: Recalculation
) -> None:
    """Tell the user that open tickets are being recalculated, with a link to the progress."""
    address = reverse("admin:tickets_recalculation_change", args=[run.pk])
    words = format_html(
        '{} <a href="{}">{}</a>',
        _("The SLA of open tickets is being recalculated."),
        address,
        _("View progress"),
    )
    model_admin.message_user(request, words, messages.INFO)
