"""Saved views: filters under a name, for a user or for a team."""

from collections.abc import Iterable
from urllib.parse import parse_qs, urlencode

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from customers.services.erase import Marks
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.accounts.people import teams_of
from helpdesk.errors import NotAllowed, NotFound
from tickets.domain.ticket import ERASED
from tickets.models import SavedView
from tickets.services.lifecycle.validation import Checks
from tickets.services.lists.filters import is_filter, read_filters

LONGEST_NAME = 60


def saved_views(*, by: Actor) -> QuerySet[SavedView]:
    """Return the views of the actor and of their teams, by name. Two SQL queries."""
    require_ticket_work(by)
    teams = [team.pk for team in teams_of(by.user_id)]
    mine = Q(owner_id=by.user_id, team=None)
    return SavedView.objects.filter(mine | Q(team__in=teams)).select_related("team")


def save_view(*, name: str, query: str, team_id: str | None, by: Actor) -> SavedView:
    """Save filters under a name. Raises Invalid; NotAllowed for a team that the actor is not in."""
    require_ticket_work(by)
    checks = Checks()
    name = checks.line("name", name, longest=LONGEST_NAME)
    checks.done()
    kept = checked_query(query, by=by)
    if team_id and team_id not in {str(team.pk) for team in teams_of(by.user_id)}:
        raise NotAllowed(_("You can only save views for your own teams."))
    return SavedView.objects.create(
        name=name,
        query=kept,
        owner_id=int(by.user_id),
        team_id=int(team_id) if team_id else None,
    )


def checked_query(query: str, *, by: Actor) -> str:
    """Return a query string with filters only. Raises Invalid if one of them is invalid."""
    given = parse_qs(query.lstrip("?"))
    read_filters(given, by=by)
    kept = {key: values for key, values in given.items() if is_filter(key)}
    return urlencode(kept, doseq=True)


def delete_view(view_id: int, *, by: Actor) -> None:
    """Delete a view: as its owner, or as a supervisor one of their teams'.

    Raises NotFound, NotAllowed.
    """
    deletable_view(view_id, by=by).delete()


def deletable_view(view_id: int, *, by: Actor) -> SavedView:
    """Return a view that the actor may delete. Raises NotFound, NotAllowed."""
    view = saved_views(by=by).filter(pk=view_id).first()
    if view is None:
        raise NotFound(_("View not found."))
    if str(view.owner_id) != by.user_id and not by.supervises:
        raise NotAllowed(_("Only the owner or a supervisor can delete a view."))
    return view


def forget_views(marks: Marks, ids: Iterable[str]) -> None:
    """Delete the views that search for a person, or filter by one of these ids.

    Removes the person's name from the names of other views. Cost: reads all views.
    """
    wanted = set(ids)
    for view in SavedView.objects.all():
        said = [value for values in parse_qs(view.query).values() for value in values]
        if any(marks.are_near(value) or value in wanted for value in said):
            view.delete()
        elif marks.are_near(view.name):
            view.name = ERASED
            view.save(update_fields=["name"])
