"""A typical set-up of a desk: teams, routing rules, canned replies, templates, a view."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_noop as _

from helpdesk.accounts.models import Membership, Team
from helpdesk.accounts.people import assignable_users
from tickets.domain.ticket import Category, Priority
from tickets.models import CannedReply, Mailbox, RoutingRule, SavedView, TicketTemplate

_TEAMS = {
    "Customs and papers": (Team.Distribution.LEAST_LOAD, [Category.CUSTOMS]),
    "Shipping": (Team.Distribution.MANUAL, [Category.SHIPPING, Category.TECHNICAL]),
    "Money": (Team.Distribution.MANUAL, [Category.PAYMENT, Category.BILLING]),
}

_REPLIES = {
    _("Thanks, we are looking"): _(
        "Hello {first_name},\n\nthank you for writing. We are looking into it and come back to "
        "you about {ticket} today.\n\nBest regards\n{me}"
    ),
    _("Papers for customs"): _(
        "Hello {first_name},\n\nto clear your **{vehicle}** (VIN {vin}) customs needs:\n\n"
        "- the bill of sale\n- the original title\n- a copy of your passport\n\n"
        "A photo of each is enough for now.\n\nBest regards\n{me}"
    ),
    _("Arrived at the port"): _(
        "Hello {first_name},\n\ngood news: your {vehicle} has arrived. We will tell you as soon as "
        "customs has released it.\n\nBest regards\n{me}"
    ),
    _("Where your invoice stands"): _(
        "Hello {first_name},\n\nI have asked our accountants about your invoice and will answer "
        "within a day.\n\nBest regards\n{me}"
    ),
}
"""Customers write in several languages: each reply is there in every one that Helpdesk has."""

_TEMPLATES = {
    _("Customs asks for papers"): (
        _("Customs in … asks for:\n\n- \n\nDeadline: "),
        {"category": Category.CUSTOMS.value, "priority": Priority.HIGH.value, "tags": "papers"},
    ),
    _("Damage on arrival"): (
        _("Where: \nSeen by: \nPhotos: attached / to come"),
        {"category": Category.SHIPPING.value, "priority": Priority.HIGH.value, "tags": "damage"},
    ),
}


MAILBOX = {"address": "support@helpdesk.example", "sender_name": "ACME Shipping"}


def furnish() -> None:
    """Create what is missing; what was changed stays as it is."""
    Mailbox.objects.get_or_create(name="support", defaults=MAILBOX)
    people = list(assignable_users())
    for name, (distribution, categories) in _TEAMS.items():
        team, made = Team.objects.get_or_create(name=name, defaults={"distribution": distribution})
        if not made:
            continue
        Membership.objects.bulk_create(Membership(team=team, user=user) for user in people[:3])
        RoutingRule.objects.bulk_create(
            RoutingRule(position=10, category=category.value, team=team) for category in categories
        )
        SavedView.objects.get_or_create(
            name=f"{name}: overdue",
            team=team,
            defaults={"owner": people[0], "query": f"view=overdue&team={team.pk}"},
        )
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for name, text in _REPLIES.items():
                CannedReply.objects.get_or_create(
                    name=translation.gettext(name), defaults={"text": translation.gettext(text)}
                )
    for subject, (text, fields) in _TEMPLATES.items():
        name = translation.gettext(subject)
        words = {"subject": name, "text": translation.gettext(text), **fields}
        TicketTemplate.objects.get_or_create(name=name, defaults=words)
