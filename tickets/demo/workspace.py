"""What a desk has set up after its first weeks: teams, routing, canned replies, a view."""

from helpdesk.accounts.models import Membership, Team
from helpdesk.accounts.people import assignable_users
from tickets.domain.ticket import Category
from tickets.models import CannedReply, RoutingRule, SavedView

_TEAMS = {
    "Customs and papers": (Team.Distribution.LEAST_LOAD, [Category.CUSTOMS]),
    "Shipping": (Team.Distribution.MANUAL, [Category.SHIPPING, Category.TECHNICAL]),
    "Money": (Team.Distribution.MANUAL, [Category.PAYMENT, Category.BILLING]),
}

_REPLIES = {
    "Thanks, we are looking": (
        "Hello {first_name},\n\nthank you for writing. We are looking into it and come back to "
        "you about {ticket} today.\n\nBest regards\n{me}"
    ),
    "Papers for customs": (
        "Hello {first_name},\n\nto clear your **{vehicle}** (VIN {vin}) customs needs:\n\n"
        "- the bill of sale\n- the original title\n- a copy of your passport\n\n"
        "A photo of each is enough for now.\n\nBest regards\n{me}"
    ),
    "Arrived at the port": (
        "Hello {first_name},\n\ngood news: your {vehicle} has arrived. We will tell you as soon as "
        "customs has released it.\n\nBest regards\n{me}"
    ),
    "Where your invoice stands": (
        "Hello {first_name},\n\nI have asked our accountants about your invoice and will answer "
        "within a day.\n\nBest regards\n{me}"
    ),
}


def furnish() -> None:
    """Make what is missing; what has been changed stays as it is."""
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
            name=f"{name}: burning",
            team=team,
            defaults={"owner": people[0], "query": f"view=overdue&team={team.pk}"},
        )
    for name, text in _REPLIES.items():
        CannedReply.objects.get_or_create(name=name, defaults={"text": text})
