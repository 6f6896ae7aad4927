"""Saved views: filters under a name, for a user or for a team."""

from collections.abc import Iterable
from urllib.parse import parse_qs, urlencode

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from customers.services.erase import Marks
from helpdesk.accounts.actors import Actor, require_supervision, require_ticket_work
from helpdesk.accounts.people import teams_of
from helpdesk.errors import NotAllowed, NotFound
from helpdesk.request_cache import once_a_page
from tickets.domain.ticket import ERASED
from tickets.models import SavedView
from tickets.services.lifecycle.validation import Checks
from tickets.services.lists.filters import is_filter, read_filters

LONGEST_NAME = 60
EVERYONE = "everyone"
"""Instead of a team's id: a view that everybody sees."""


def saved_views(*, by: Actor) -> QuerySet[SavedView]:
    """Return the views of the actor, of their teams and of everyone, by name. Two SQL queries."""
    require_ticket_work(by)
    teams = [team.pk for team in teams_of(by.user_id)]
    mine = Q(owner_id=by.user_id, team=None)
    return SavedView.objects.filter(mine | Q(team__in=teams) | Q(everyone=True)).select_related(
        "team"
    )


@once_a_page
def views_in_order(by: Actor, order: tuple[int, ...]) -> list[SavedView]:
    """Return the actor's views: those that `order` names in that order, then the others by name.

    Two SQL queries, once a page.
    """
    places = {view_id: place for place, view_id in enumerate(order)}
    return sorted(saved_views(by=by), key=lambda view: places.get(view.pk, len(places)))


def may_change(view: SavedView, by: Actor) -> bool:
    """Return whether the actor may rename and delete a view: their own, and supervisors any that
    they see."""
    return str(view.owner_id) == by.user_id or by.supervises


def save_view(*, name: str, query: str, share_with: str = "", by: Actor) -> SavedView:
    """Save filters under a name: for the actor alone, for a team (its id) or for EVERYONE.

    Raises Invalid; NotAllowed for a team that the actor is not in, and for everyone unless they
    supervise.
    """
    require_ticket_work(by)
    checks = Checks()
    name = checks.line("name", name, longest=LONGEST_NAME)
    checks.done()
    kept = checked_query(query, by=by)
    everyone = share_with == EVERYONE
    if everyone:
        require_supervision(by)
    elif share_with and share_with not in {str(team.pk) for team in teams_of(by.user_id)}:
        raise NotAllowed(_("You can only save views for your own teams."))
    return SavedView.objects.create(
        name=name,
        query=kept,
        owner_id=int(by.user_id),
        team_id=int(share_with) if share_with and not everyone else None,
        everyone=everyone,
    )


def rename_view(view_id: int, *, name: str, by: Actor) -> SavedView:
    """Rename a view. Raises Invalid, NotFound, NotAllowed: see `may_change`."""
    view = view_to_change(view_id, by=by)
    checks = Checks()
    view.name = checks.line("name", name, longest=LONGEST_NAME)
    checks.done()
    view.save(update_fields=["name"])
    return view


def checked_query(query: str, *, by: Actor) -> str:
    """Return a query string with filters only. Raises Invalid if one of them is invalid."""
    given = parse_qs(query.lstrip("?"))
    read_filters(given, by=by)
    kept = {key: values for key, values in given.items() if is_filter(key)}
    return urlencode(kept, doseq=True)


def delete_view(view_id: int, *, by: Actor) -> None:
    """Delete a view. Raises NotFound, NotAllowed: see `may_change`."""
    view_to_change(view_id, by=by).delete()


def view_to_change(view_id: int, *, by: Actor) -> SavedView:
    """Return a view that the actor may rename and delete. Raises NotFound, NotAllowed."""
    view = saved_views(by=by).filter(pk=view_id).first()
    if view is None:
        raise NotFound(_("View not found."))
    if not may_change(view, by):
        raise NotAllowed(_("Only the owner or a supervisor can change a view."))
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
