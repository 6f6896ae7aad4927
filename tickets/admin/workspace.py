"""What supervisors set up for daily work: teams, routing rules, canned replies, views."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.forms import ModelForm, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.accounts.admin import names_in_short
from helpdesk.accounts.choosing import PersonField
from helpdesk.accounts.models import Absence, Membership, Team, User
from helpdesk.accounts.people import selectable_users
from helpdesk.errors import Invalid
from tickets.admin.impact_preview import (
    ImpactAdmin,
    PreviewForm,
    matching_in_words,
    shadow_of_routing_rule,
    warn,
)
from tickets.admin.people import shown_object
from tickets.models import CannedReply, RoutingRule, SavedView, TicketTemplate
from tickets.services.lists.saved_views import checked_query
from tickets.services.sla import shadowed
from tickets.services.sla.impact import Scope


class Deletable(ImpactAdmin):
    """Rows that may be deleted, since nothing that is stored refers to them."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request.user).supervises


class _PeopleWhoWorkTickets(BaseModelAdmin):
    """Offers only people who work tickets, and those who are selected already."""

    lies_in = "pk"
    """What a row has in common with those whose form is shown."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            rows = db_field.model._default_manager.filter(**{self.lies_in: shown_object(request)})
            kwargs["queryset"] = selectable_users(also=rows.values_list("user", flat=True))
            kwargs["form_class"] = PersonField
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class MembershipInline(_PeopleWhoWorkTickets, admin.StackedInline):
    model = Membership
    extra = 1
    lies_in = "team"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request.user).supervises

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request.user).supervises


@admin.register(Team)
class TeamAdmin(ImpactAdmin):
    """Tickets name teams, so teams are not deleted; one that is no longer needed has no members."""

    list_display = ("name", "distribution", "who")
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "distribution"),
                "description": _(
                    "A team shares a queue of tickets. Routing rules send new tickets to it, and"
                    " this setting assigns them to members. Teams can’t be deleted because "
                    "tickets refer to them. Remove all members from a team that is no longer "
                    "used."
                ),
            },
        ),
    )
    inlines = (MembershipInline,)

    @admin.display(description=_("members"))
    def who(self, team: Team) -> str:
        return names_in_short(team.members.all())

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("members")


@admin.register(Absence)
class AbsenceAdmin(_PeopleWhoWorkTickets, Deletable):
    list_display = ("user", "first_day", "last_day", "reason")
    list_select_related = ("user",)
    fields = ("user", ("first_day", "last_day"), "reason")


class RoutingRuleForm(PreviewForm):
    """A rule whose preview says which tickets it would have matched."""

    def reach(self) -> tuple[Scope, list[str]]:
        untouched = Scope(seen=0, more=False, touched=0)  # it is for tickets to come
        return untouched, matching_in_words(self.instance, by=self.actor)


@admin.register(RoutingRule)
class RoutingRuleAdmin(Deletable):
    save_as = True
    form = RoutingRuleForm
    list_display = (
        *("__str__", "position", "category", "segment", "priority", "team", "hidden_by"),
    )
    fieldsets = (
        (
            None,
            {
                "fields": ("position", "category", "segment", "priority", "team"),
                "description": _(
                    "A new ticket goes to the team of the first matching rule. A blank field "
                    "matches everything. Existing tickets are not affected."
                ),
            },
        ),
    )

    @admin.display(description=_("never applies because of"), empty_value="")
    def hidden_by(self, rule: RoutingRule) -> str:
        return ", ".join(shadowed.hidden_routing_rules_now().get(rule.pk, ()))

    def save_model(self, request: HttpRequest, obj: RoutingRule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        warn(self, request, shadow_of_routing_rule(obj))


@admin.register(CannedReply)
class CannedReplyAdmin(Deletable):
    save_as = True
    list_display = ("name", "audience", "team")
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "text", "audience", "team"),
                "description": _(
                    "A predefined text for replies. Representatives choose it by name."
                ),
            },
        ),
    )


@admin.register(TicketTemplate)
class TicketTemplateAdmin(Deletable):
    save_as = True
    list_display = ("name", "category", "priority", "team")
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "subject", "text", "category", "priority", "tags", "team"),
                "description": _(
                    "Representatives choose a template by name when they create a ticket. It fills "
                    "in what is not empty here, and nothing that they typed themselves."
                ),
            },
        ),
    )


class SavedViewForm(ModelForm):
    actor: Actor

    def clean_query(self) -> str:
        try:
            return checked_query(self.cleaned_data["query"], by=self.actor)
        except Invalid as refused:
            raise ValidationError(list(refused.errors.values())) from refused


@admin.register(SavedView)
class SavedViewAdmin(Deletable):
    """Views of teams. The views of single users are their own."""

    list_display = ("name", "team", "owner")
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "query", "team"),
                "description": _(
                    "A saved view appears in the sidebar of the team’s members. Set the filters in "
                    "the workspace and copy the part of the address after “?”."
                ),
            },
        ),
    )
    form = SavedViewForm

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).exclude(team=None)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.actor = actor_of(request.user)
        form.base_fields["team"].required = True
        return form

    def save_model(self, request: HttpRequest, obj: SavedView, form: Any, change: bool) -> None:
        if not change:
            obj.owner = User.objects.get(username=request.user.get_username())
        super().save_model(request, obj, form, change)
