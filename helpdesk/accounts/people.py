"""Who can be assigned tickets, and what users are called."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import SYSTEM
from helpdesk.accounts.models import (
    REPRESENTATIVES,
    SUPERVISORS,
    Absence,
    Team,
    User,
    refused_there,
)
from helpdesk.parsing import whole_number
from helpdesk.request_cache import once_a_page


@once_a_page
def assignable_users() -> QuerySet[User]:
    """Return active users who work tickets, by name."""
    return (
        User.objects.filter(is_active=True)
        .filter(Q(groups__name__in=[REPRESENTATIVES, SUPERVISORS]) | Q(is_superuser=True))
        .distinct()
        .order_by("first_name", "last_name", "username")
    )


def selectable_users(*, also: Iterable[int | None] = ()) -> QuerySet[User]:
    """Return the users that a form offers: those who work tickets, and `also`.

    `also` are users who are selected already, so that saving other fields removes nobody.
    """
    works = assignable_users().order_by().values("pk")
    there = [pk for pk in also if pk is not None]
    return User.objects.filter(Q(pk__in=works) | Q(pk__in=there)).order_by(
        "first_name", "last_name", "username"
    )


def names_of(user_ids: Iterable[str | None]) -> dict[str, str]:
    """Return the names of these users by id, without unknown ids. One SQL query."""
    wanted = {user_id for user_id in user_ids if user_id}
    names = {SYSTEM.user_id: _("Helpdesk")} if SYSTEM.user_id in wanted else {}
    keys = [key for user_id in wanted if (key := whole_number(user_id)) is not None]
    if keys:
        names.update((str(user.pk), user.display_name) for user in User.objects.filter(pk__in=keys))
    return names


def names_apart(users: Iterable[User]) -> dict[int, str]:
    """Return the names of these users by primary key; with the username where two are alike."""
    named = {user.pk: (user.display_name, user.username) for user in users}
    times = Counter(name for name, _username in named.values())
    return {
        pk: name if times[name] == 1 else f"{name} ({username})"
        for pk, (name, username) in named.items()
    }


def names_in_choosers(users: Iterable[User], *, day: date) -> dict[int, str]:
    """Return names as `names_apart` does, marked where somebody is away on a day. One SQL query."""
    there = Absence.objects.filter(first_day__lte=day, last_day__gte=day)
    until = dict(there.values_list("user", "last_day"))
    return {
        pk: away_in_words(name, until[pk]) if pk in until else name
        for pk, name in names_apart(users).items()
    }


def away_in_words(name: str, until: date) -> str:
    """Return a name with the mark of an absence that ends on a day."""
    return _("%(name)s (away until %(day)s)") % {"name": name, "day": date_format(until)}


def can_work_now(user_ids: Iterable[str], *, day: date) -> set[str]:
    """Return which of these users can work tickets on a day: active, in a role, not away.

    The one rule for automatic assignment and for notifications. Two SQL queries, or none.
    """
    there = work_tickets(user_ids)
    return there - away_on(day) if there else there


def work_tickets(user_ids: Iterable[str]) -> set[str]:
    """Return which of these users are active and in a role. One SQL query, or none."""
    keys = [key for user_id in user_ids if (key := whole_number(user_id)) is not None]
    if not keys:
        return set()
    there = assignable_users().order_by().filter(pk__in=keys).values_list("pk", flat=True)
    return {str(pk) for pk in there}


def supervisors_now(*, day: date) -> set[str]:
    """Return the ids of supervisors who can work on a day, or of all supervisors if none can."""
    everybody = people_to_tell(supervisors=True)
    return (everybody - away_on(day)) or everybody


def people_to_tell(*, supervisors: bool) -> set[str]:
    """Return the ids of the active supervisors, or of the active representatives. One SQL query."""
    group = SUPERVISORS if supervisors else REPRESENTATIVES
    found = User.objects.filter(is_active=True, groups__name=group).values_list("pk", flat=True)
    return {str(pk) for pk in found}


def supervisors_who_want_reports() -> QuerySet[User]:
    """Return active supervisors who have an address and subscribed to the weekly report."""
    wanted = people_to_mail().filter(weekly_report=True)
    return wanted.filter(Q(groups__name=SUPERVISORS) | Q(is_superuser=True)).distinct()


def people_to_mail() -> QuerySet[User]:
    """Return those to whom Helpdesk sends email about tickets: active here and, as far as the
    identity provider has said, there; with an address.
    """
    return User.objects.filter(~refused_there(), is_active=True).exclude(email="")


def people_called(usernames: Iterable[str]) -> dict[str, str]:
    """Return the ids of users with these usernames who work tickets. One SQL query, or none."""
    wanted = {username.casefold() for username in usernames}
    if not wanted:
        return {}
    people = assignable_users().values_list("username", "pk")
    return {name.casefold(): str(pk) for name, pk in people if name.casefold() in wanted}


@once_a_page
def every_team() -> list[Team]:
    """Return all teams, by name. One SQL query."""
    return list(Team.objects.all())


@once_a_page
def teams_of(user_id: str) -> list[Team]:
    """Return the teams of a user, by name. One SQL query."""
    key = whole_number(user_id)
    return list(Team.objects.filter(memberships__user_id=key)) if key is not None else []


def team_members(team_id: str) -> set[str]:
    """Return the ids of a team's active members. One SQL query."""
    found = User.objects.filter(is_active=True, memberships__team_id=team_id)
    return {str(pk) for pk in found.values_list("pk", flat=True)}


def away_on(day: date) -> set[str]:
    """Return the ids of the users who are absent on a day, or whom the identity provider refused.

    One SQL query.
    """
    absent = Absence.objects.filter(first_day__lte=day, last_day__gte=day).values("user")
    away = User.objects.filter(Q(pk__in=absent) | refused_there())
    return {str(pk) for pk in away.values_list("pk", flat=True)}
