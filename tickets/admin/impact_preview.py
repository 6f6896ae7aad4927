"""The impact of a change of configuration, shown on its form before anything is saved."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.accounts.models import Team
from helpdesk.accounts.rights import SupervisorsOnly
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from tickets.admin.copies import CopiedAdmin
from tickets.domain.filters import Filters
from tickets.domain.sla.milestones import Trigger
from tickets.domain.ticket import Category, Priority
from tickets.models import (
    Calendar,
    CannedReply,
    EscalationRule,
    Policy,
    RoutingRule,
    SavedView,
    TicketTemplate,
)
from tickets.models.labels import TRIGGERS
from tickets.services.lists.filters import read_filters
from tickets.services.lists.find import count_up_to
from tickets.services.sla import impact, rules, shadowed
from tickets.services.sla.impact import Impact, Scope

MOST = 1_000
MONTH = timedelta(days=30)


PREVIEW, CONFIRM = "_preview", "_confirmed"


class ImpactAdmin(CopiedAdmin, SupervisorsOnly):
    """A form of configuration with the reach of a change above its fields."""

    change_form_template = "admin/tickets/configuration_form.html"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        if getattr(form, "is_held_back", False):
            context |= {"impact": form.impact, "errors": None, "held_back": form}
        else:
            original = context.get("original")
            context["impact"] = affected_by(original, self.model, by=actor_of(request.user))
        return super().render_change_form(request, context, *args, **kwargs)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.actor = actor_of(request.user)
        return form


class PreviewForm(forms.ModelForm):
    """A form that can preview the impact of saving it, and wants a large change to be confirmed.

    A preview saves nothing, and neither does a large change that was not confirmed: the form comes
    back as it was typed, with its impact as text.
    """

    actor: Actor
    can_preview = True
    is_held_back = False
    is_large = False
    impact: Sequence[str] = ()

    def reach(self) -> tuple[Scope, list[str]]:
        """Return the impact of saving the instance, as a count and as text.

        Each form counts in its own way; there is no common one.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what it would touch.")

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound or self.errors or CONFIRM in self.data:
            return
        if not self.has_changed() and PREVIEW not in self.data:
            return
        found, words = self.reach()
        self.is_large = found.is_large
        if self.is_large or PREVIEW in self.data:
            self.is_held_back, self.impact = True, words
            self.add_error(None, ValidationError("", code="held_back"))


def warn(model_admin: Any, request: HttpRequest, lines: Iterable[str]) -> None:
    """Warn about problems of something that was saved all the same."""
    for line in lines:
        model_admin.message_user(request, line, messages.WARNING)


def in_words(found: Scope) -> str:
    """Return how many open tickets were checked, as text."""
    if found.more:
        return _("Of the %(seen)s most urgent open tickets") % {"seen": found.seen}
    return _("Of %(seen)s open tickets") % {"seen": found.seen}


def impact_in_words(found: Impact) -> list[str]:
    """Return the impact of saving on open tickets, as text."""
    return [
        _(
            "%(of)s, %(count)s will be recalculated: %(moved)s move to another policy, "
            "%(rest)s get a new version of their policy."
        )
        % {
            "of": in_words(found),
            "count": found.touched,
            "moved": found.moved,
            "rest": found.touched - found.moved,
        }
    ]


def affected_by(thing: Any, kind: type, *, by: Actor) -> list[str]:
    """Return a sentence for each thing that a change of `thing` affects; None: it is being created.

    Cost: a few SQL queries, each counting up to MOST.
    """
    if kind is Policy:
        return _policy(thing, by)
    if kind is Calendar:
        return _calendar(thing, by)
    if kind is EscalationRule:
        return _rule(by)
    if kind is RoutingRule:
        return _routing(thing, by)
    if kind is Team:
        return _team(thing, by)
    if kind is CannedReply:
        return [_("Changes are available immediately. Replies already sent are not affected.")]
    if kind is TicketTemplate:
        return [_("Changes are available immediately. Existing tickets are not affected.")]
    return _view(thing, by) if kind is SavedView else []


def _rule(by: Actor) -> list[str]:
    past = rules.past_now(by=by)
    counts = ", ".join(f"{TRIGGERS[trigger]} {past.tickets.get(trigger, 0)}" for trigger in Trigger)
    return [
        in_words(Scope(past.seen, past.more, 0))
        + ": "
        + _("tickets past each trigger now: %(counts)s.") % {"counts": counts},
        _("A new rule does not fire for these tickets unless you choose so below."),
        _("A rule fires once per ticket until the ticket is reopened."),
    ]


def _policy(policy: Policy | None, by: Actor) -> list[str]:
    if policy is None:
        return [
            _(
                "Open tickets that match the conditions move to this policy. Use “Preview” to see"
                " how many."
            )
        ]
    found = impact.under(policy, by=by)
    newest = policy.versions.order_by("-number").first()
    said = [
        _("Saving creates a new version after %(key)s.") % {"key": newest.key if newest else "–"},
        _(
            "%(of)s, %(count)s are under this policy. Use “Preview” to see the impact of your"
            " changes."
        )
        % {"of": in_words(found), "count": found.touched},
        _("Resolved and closed tickets keep their current policy version."),
    ]
    return said + shadow_of_policy(policy)


def shadow_of_policy(policy: Policy) -> list[str]:
    """Warn if a policy never applies, or hides others."""
    others = [one for one in Policy.objects.all() if one.pk != policy.pk]
    before, now = shadowed.hidden_policies(others), shadowed.hidden_policies([*others, policy])
    return _shadow(policy, now, [one for one in others if one.pk in now and one.pk not in before])


def shadow_of_routing_rule(rule: RoutingRule) -> list[str]:
    """Warn if a routing rule never applies, or hides others."""
    others = [one for one in RoutingRule.objects.select_related("team") if one.pk != rule.pk]
    before = shadowed.hidden_routing_rules(others)
    now = shadowed.hidden_routing_rules([*others, rule])
    return _shadow(rule, now, [one for one in others if one.pk in now and one.pk not in before])


def _shadow(thing: Any, hidden: Mapping[int, list[str]], now_hidden: Iterable[Any]) -> list[str]:
    said = []
    if thing.pk in hidden:
        said.append(
            _("This never applies: %(names)s match all the same tickets first.")
            % {"names": ", ".join(hidden[thing.pk])}
        )
    if names := [str(one) for one in now_hidden]:
        said.append(
            _("This prevents the following from ever applying: %(names)s.")
            % {"names": ", ".join(names)}
        )
    return said


def _calendar(calendar: Calendar | None, by: Actor) -> list[str]:
    names = [policy.name for policy in calendar.policy_set.all()] if calendar else []
    if not names:
        return [_("No SLA policy uses this calendar. No deadlines change.")]
    return [
        _("SLA policies that use this calendar get a new version: %(names)s.")
        % {"names": ", ".join(names)},
        _("Use “Preview” to see the impact of your changes."),
    ]


def _routing(rule: RoutingRule | None, by: Actor) -> list[str]:
    return [
        _("Existing tickets are not affected. Use “Preview” to see how many recent ones match."),
        *(shadow_of_routing_rule(rule) if rule else ()),
    ]


def matching_in_words(rule: RoutingRule, *, by: Actor) -> list[str]:
    """Return how many tickets an unsaved routing rule would have matched, as text."""
    filters = Filters(
        created_from=this_second() - MONTH,
        categories=frozenset([Category(rule.category)] if rule.category else []),
        priorities=frozenset([Priority(rule.priority)] if rule.priority else []),
    )
    return [
        _("Tickets of the last 30 days that match category and priority: %(count)s.")
        % {"count": _found(by, filters)},
        _("Existing tickets are not affected."),
        *shadow_of_routing_rule(rule),
    ]


def _team(team: Team | None, by: Actor) -> list[str]:
    if team is None:
        return [_("A new team gets tickets when a routing rule or a person assigns them.")]
    rules = RoutingRule.objects.filter(team=team).count()
    return [
        _("Open tickets of this team are not affected. Members who leave keep their tickets."),
        ngettext(
            "%(n)s routing rule sends new tickets to this team.",
            "%(n)s routing rules send new tickets to this team.",
            rules,
        )
        % {"n": rules},
    ]


def _view(view: SavedView | None, by: Actor) -> list[str]:
    said = [_("All team members see this view in their sidebar.")]
    if view is None:
        return said
    try:
        read_filters(parse_qs(view.query), by=by)
    except Invalid as refused:
        return [
            _("This view is invalid and shows no tickets: %(why)s")
            % {"why": " ".join(refused.errors.values())}
        ]
    return said


def _found(by: Actor, filters: Filters) -> str:
    found = count_up_to(filters, MOST + 1, by=by)
    return _("more than %(most)s") % {"most": MOST} if found > MOST else str(found)
