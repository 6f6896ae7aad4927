"""What a change of configuration will touch, said on its form before anything is saved."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.accounts.models import Team
from helpdesk.accounts.rights import SupervisorsOnly
from helpdesk.errors import Invalid
from helpdesk.moments import this_second
from tickets.domain.filters import ACTIVE, Filters
from tickets.domain.sla.milestones import Trigger
from tickets.domain.ticket import Category, Priority
from tickets.models import (
    Calendar,
    CannedReply,
    EscalationRule,
    Policy,
    RoutingRule,
    SavedView,
)
from tickets.services import rules
from tickets.services.filters import read_filters
from tickets.services.find import count_up_to

MOST = 1_000
MONTH = timedelta(days=30)


class SaysWhatItTouches(SupervisorsOnly):
    """A form of configuration with the reach of a change above its fields."""

    change_form_template = "admin/tickets/configuration_form.html"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["touches"] = touches(context.get("original"), self.model, by=actor_of(request.user))
        return super().render_change_form(request, context, *args, **kwargs)


def touches(thing: Any, kind: type, *, by: Actor) -> list[str]:
    """A sentence for each thing that a change of `thing` reaches; None: it is about to be made.

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
        return [_("Whoever answers sees it at once; answers that were sent stay as they are.")]
    return _view(thing, by) if kind is SavedView else []


def _rule(by: Actor) -> list[str]:
    past = rules.past_now(by=by)
    counts = ", ".join(f"{trigger.value} {past.tickets.get(trigger, 0)}" for trigger in Trigger)
    of = (
        _("Of the %(seen)s most urgent open tickets")
        if past.more
        else _("Of %(seen)s open tickets")
    )
    return [
        of % {"seen": past.seen}
        + ": "
        + _("so many are past each trigger now: %(counts)s.") % {"counts": counts},
        _("A rule that begins does not fire on them, unless you choose so below."),
        _("What has fired in a ticket's present life does not fire again."),
    ]


def _policy(policy: Policy | None, by: Actor) -> list[str]:
    filters = Filters(statuses=ACTIVE)
    if policy and policy.categories and not policy.is_default:
        filters = Filters(
            statuses=ACTIVE, categories=frozenset(Category(word) for word in policy.categories)
        )
    said = [
        _("Open tickets that its conditions may match: %(count)s. Saving plans them anew.")
        % {"count": _open(by, filters)},
        _("Tickets that are done keep the version they finished under."),
    ]
    if policy:
        newest = policy.versions.order_by("-number").first()
        said.insert(
            0, _("The next version follows %(key)s.") % {"key": newest.key if newest else "–"}
        )
    return said


def _calendar(calendar: Calendar | None, by: Actor) -> list[str]:
    names = [policy.name for policy in calendar.policy_set.all()] if calendar else []
    if not names:
        return [_("No policy uses it: no deadline moves.")]
    return [
        _("Policies that use it, and get a new version: %(names)s.") % {"names": ", ".join(names)},
        _("Open tickets are planned anew in the background: %(count)s.")
        % {"count": _open(by, Filters(statuses=ACTIVE))},
    ]


def _routing(rule: RoutingRule | None, by: Actor) -> list[str]:
    since = this_second() - MONTH
    filters = Filters(created_from=since)
    if rule:
        filters = Filters(
            created_from=since,
            categories=frozenset([Category(rule.category)] if rule.category else []),
            priorities=frozenset([Priority(rule.priority)] if rule.priority else []),
        )
    return [
        _("New tickets of the last 30 days that category and priority fit: %(count)s.")
        % {"count": _open(by, filters)},
        _("Tickets that are there already stay where they are."),
    ]


def _team(team: Team | None, by: Actor) -> list[str]:
    if team is None:
        return [_("A new team has no tickets until a rule or a person sends it some.")]
    rules = RoutingRule.objects.filter(team=team).count()
    return [
        _("Its open tickets: %(count)s. They stay; members who leave keep what is theirs.")
        % {"count": _open(by, Filters(statuses=ACTIVE, team=str(team.pk)))},
        ngettext(
            "%(n)s routing rule sends it new tickets.",
            "%(n)s routing rules send it new tickets.",
            rules,
        )
        % {"n": rules},
    ]


def _view(view: SavedView | None, by: Actor) -> list[str]:
    if view is None or view.team is None:
        return [_("Every member of the team sees it beside their pages.")]
    try:
        filters = read_filters(parse_qs(view.query), by=by)
    except Invalid as refused:
        return [_("It shows nothing now: %(why)s") % {"why": " ".join(refused.errors.values())}]
    members = view.team.members.count()
    return [
        _("It shows %(count)s tickets now, to %(members)s people of %(team)s.")
        % {"count": _open(by, filters), "members": members, "team": view.team.name}
    ]


def _open(by: Actor, filters: Filters) -> str:
    found = count_up_to(filters, MOST + 1, by=by)
    return _("more than %(most)s") % {"most": MOST} if found > MOST else str(found)
