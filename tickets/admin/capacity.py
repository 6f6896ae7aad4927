"""How much each person takes, and when they are away: what supervisors plan with."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.models import Absence, Person
from helpdesk.accounts.people import assignable_users, names_apart
from helpdesk.accounts.rights import SupervisorsOnly
from helpdesk.clock import this_second
from helpdesk.request_cache import once_a_page
from tickets.store import search


class AbsenceInline(admin.StackedInline):
    """The absences of a person that are not over."""

    model = Absence
    extra = 1
    fields = (("first_day", "last_day"), "reason")
    ordering = ("first_day",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Absence]:
        return super().get_queryset(request).filter(last_day__gte=timezone.localdate())

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request.user).supervises

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request.user).supervises


class CapacityForm(forms.ModelForm):
    class Meta:
        model = Person
        fields = ("capacity",)


@admin.register(Person)
class PersonAdmin(SupervisorsOnly):
    """Everybody who works tickets; accounts themselves are the administrators'."""

    form = CapacityForm
    list_display = ("name", "in_teams", "load", "capacity", "absent")
    list_per_page = 100
    search_fields = ("first_name", "last_name", "username")
    readonly_fields = ("name", "in_teams", "load")
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "in_teams", "load", "capacity"),
                "description": _(
                    "Automatic assignment skips a person who is away or at capacity. Tickets that "
                    "they have stay with them; a person can still be chosen by hand."
                ),
            },
        ),
    )
    inlines = (AbsenceInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        people = super().get_queryset(request)
        works = assignable_users().order_by().values("pk")
        return people.filter(pk__in=works).prefetch_related("teams", "absences")

    def save_model(self, request: HttpRequest, obj: Person, form: Any, change: bool) -> None:
        obj.save(update_fields=["capacity"])  # nothing else of an account, of whatever age

    @admin.display(description=_("person"), ordering="first_name")
    def name(self, person: Person) -> str:
        return _names().get(person.pk, person.display_name)

    @admin.display(description=_("teams"), empty_value="–")
    def in_teams(self, person: Person) -> str:
        return ", ".join(team.name for team in person.teams.all())

    @admin.display(description=_("active tickets"))
    def load(self, person: Person) -> int:
        return _loads().get(str(person.pk), search.NOTHING).active

    @admin.display(description=_("absent"), empty_value="–")
    def absent(self, person: Person) -> str:
        """Return the absence that goes on, or the next one."""
        ahead = [one for one in person.absences.all() if one.last_day >= timezone.localdate()]
        first = min(ahead, key=lambda one: one.first_day, default=None)
        return _days(first.first_day, first.last_day) if first else ""


def _days(first: date, last: date) -> str:
    return date_format(first) if first == last else f"{date_format(first)} – {date_format(last)}"


@once_a_page
def _names() -> dict[int, str]:
    return names_apart(assignable_users())


@once_a_page
def _loads() -> dict[str, search.Load]:
    return search.loads(now=this_second())
