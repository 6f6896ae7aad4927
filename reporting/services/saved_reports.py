"""Saved reports: a query under a name, for a user, for a team or for everyone."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, require_supervision, require_ticket_work
from helpdesk.accounts.people import teams_of
from helpdesk.errors import NotAllowed, NotFound
from reporting.models import SavedReport
from tickets.services.lifecycle.validation import Checks

LONGEST_NAME = 60
LONGEST_QUERY = 1_000
EVERYONE = "everyone"
"""Instead of a team's id: a report that everybody sees."""


def saved_reports(*, by: Actor) -> QuerySet[SavedReport]:
    """Return the reports of the actor, of their teams and of everyone, by name.

    Figures are those that each reader may see, whoever saved it. Two SQL queries.
    """
    require_ticket_work(by)
    teams = [team.pk for team in teams_of(by.user_id)]
    mine = Q(owner_id=by.user_id, team=None)
    return SavedReport.objects.filter(mine | Q(team__in=teams) | Q(everyone=True)).select_related(
        "team"
    )


def save_report(*, name: str, query: str, share_with: str = "", by: Actor) -> SavedReport:
    """Save a query string, which was checked, under a name: for the actor alone, for a team (its
    id) or for EVERYONE.

    Raises Invalid; NotAllowed for a team that the actor is not in, and for everyone unless they
    supervise.
    """
    require_ticket_work(by)
    checks = Checks()
    name = checks.line("name", name, longest=LONGEST_NAME)
    query = checks.line("query", query, longest=LONGEST_QUERY)
    checks.done()
    everyone = share_with == EVERYONE
    if everyone:
        require_supervision(by)
    elif share_with and share_with not in {str(team.pk) for team in teams_of(by.user_id)}:
        raise NotAllowed(_("You can only save reports for your own teams."))
    return SavedReport.objects.create(
        name=name,
        query=query,
        owner_id=int(by.user_id),
        team_id=int(share_with) if share_with and not everyone else None,
        everyone=everyone,
    )


def may_delete(report: SavedReport, by: Actor) -> bool:
    """Return whether the actor may delete a report: their own, and supervisors any that they
    see."""
    return str(report.owner_id) == by.user_id or by.supervises


def report_to_delete(report_id: int, *, by: Actor) -> SavedReport:
    """Return a report that the actor may delete. Raises NotFound, NotAllowed."""
    found = saved_reports(by=by).filter(pk=report_id).first()
    if found is None:
        raise NotFound(_("Report not found."))
    if not may_delete(found, by):
        raise NotAllowed(_("Only the owner or a supervisor can delete a report."))
    return found


def delete_report(report_id: int, *, by: Actor) -> None:
    """Delete a report. Raises NotFound, NotAllowed: see `may_delete`."""
    report_to_delete(report_id, by=by).delete()
