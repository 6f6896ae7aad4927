"""Users, groups, locked sign-ins and API tokens in the admin. Only superusers manage accounts."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_otp.plugins.otp_totp.admin import TOTPDevice

from helpdesk.accounts import events
from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.choosing import PeopleField
from helpdesk.accounts.confirm import question
from helpdesk.accounts.models import REPRESENTATIVES, SUPERVISORS, ApiToken, Tries, User
from helpdesk.accounts.rights import AdministratorsOnly
from helpdesk.accounts.second_factor import remove_second_factor
from helpdesk.accounts.session_models import Identity
from helpdesk.accounts.tokens import revoke_all
from helpdesk.audit.record import Change, record
from helpdesk.supervision.filters import by_date

ROLES = (REPRESENTATIVES, SUPERVISORS)
MOST_NAMES = 12


def names_in_short(users: Iterable[User]) -> str:
    """Return the names of some people, by name; many of them in part, with their number."""
    names = sorted(user.display_name for user in users)
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown} … ({len(names)})" if len(names) > MOST_NAMES else shown


@admin.register(User)
class DeskUserAdmin(AdministratorsOnly, UserAdmin):
    """Django's own user admin, with the time zone and without deletion."""

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (
            _("Profile"),
            {"fields": ("first_name", "last_name", "email", "language", "time_zone", "capacity")},
        ),
        (
            _("Permissions"),
            {
                "fields": ("is_active", "is_staff", "is_superuser", "groups"),
                "description": _(
                    "Representatives work on tickets in the workspace. Supervisors also use this "
                    "admin and need staff status. Deactivate people who leave instead of deleting "
                    "them: tickets and logs refer to them."
                ),
            },
        ),
        (_("Important dates"), {"fields": ("last_login", "date_joined", "at_the_provider")}),
    )
    readonly_fields = ("at_the_provider",)
    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "groups")
    actions = ("forget_second_factor",)

    @admin.display(description=_("identity provider"))
    def at_the_provider(self, user: User) -> str:
        """Return the last answer of the provider about the account, and when it came."""
        identity = Identity.objects.filter(user=user.pk).first()
        if identity is None or not (at := identity.refused_at or identity.confirmed_at):
            return ""
        words = _("refused the account on %s") if identity.refused_at else _("confirmed on %s")
        return words % date_format(timezone.localtime(at), "DATETIME_FORMAT")

    @admin.action(description=_("Reset two-factor authentication"), permissions=["change"])
    def forget_second_factor(
        self, request: HttpRequest, users: QuerySet[User]
    ) -> HttpResponse | None:
        """Remove the second factor of people who have lost their device."""
        if asked := question(request):
            return asked
        devices = TOTPDevice.objects.filter(user__in=users)
        with transaction.atomic():
            for user in users.filter(pk__in=devices.values("user")):
                self.log_change(request, user, "two-factor authentication reset")
                events.log_event("second_factor_removed", account=user.pk, request=request)
            remove_second_factor(users)
        self.message_user(
            request,
            _(
                "Two-factor authentication was reset for the selected people. They can sign in "
                "with their password alone."
            ),
            messages.SUCCESS,
        )
        return None

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Require a recent password before rights and addresses can be changed."""
        asked = question(request) if request.method == "POST" else None
        return asked or super().changeform_view(request, *args, **kwargs)

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = question(request) if request.method == "POST" else None
        return asked or super().user_change_password(request, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


admin.site.unregister(Group)


class GroupForm(forms.ModelForm):
    """A group with its members. Django's permissions are left out: no code asks for them."""

    members = PeopleField(
        label=_("Members"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "people"}),
    )

    class Meta:
        model = Group
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = self.fields["members"]
        assert isinstance(people, forms.ModelMultipleChoiceField)  # noqa: S101 (for the type checker)
        there = self.instance.user_set.all() if self.instance.pk else User.objects.none()
        everybody = User.objects.filter(Q(is_active=True) | Q(pk__in=there))
        people.queryset = everybody.order_by("first_name", "last_name", "username")
        self.initial["members"] = list(there)

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        self.instance.user_set.set(self.cleaned_data["members"])


@admin.register(Group)
class DeskGroupAdmin(AdministratorsOnly, GroupAdmin):
    """Who is in which group. What a group may do is written in the services, for two of them: these
    keep their names, and others cannot be added, since nothing would ask for them."""

    form = GroupForm
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "members"),
                "description": _(
                    "Representatives work on tickets; supervisors also lead: they see reports, and "
                    "with staff status this admin. Other groups mean nothing to Helpdesk."
                ),
            },
        ),
    )
    list_display = ("name", "who")
    filter_horizontal = ()

    @admin.display(description=_("members"))
    def who(self, group: Group) -> str:
        return names_in_short(group.user_set.all())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).prefetch_related("user_set")

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        return ("name",) if obj and obj.name in ROLES else ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        role = obj is not None and obj.name in ROLES
        return super().has_delete_permission(request, obj) and not role

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # deleted one at a time: not those that have a meaning

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Require a recent password before rights can be changed."""
        asked = question(request) if request.method == "POST" else None
        return asked or super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        was = Group.objects.filter(pk=obj.pk).values_list("name", flat=True).first()
        super().save_model(request, obj, form, change)
        if was != obj.name:
            self._record(obj, "changed" if change else "created", (was, obj.name))

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        self._record(obj, "deleted", (obj.name, None))
        super().delete_model(request, obj)

    def _record(self, group: Group, action: str, name: tuple[str | None, str | None]) -> None:
        record("group", action, f"group:{group.pk}", changes=[Change("name", name)])


admin.site.unregister(TOTPDevice)


@admin.register(Tries)
class TriesAdmin(AdministratorsOnly):
    """Failed sign-ins, by name and address. Deleting a row unlocks it."""

    list_display = ("username", "address", "kind", "tries", "blocked_until", "changed_at")
    list_select_related = ("user",)
    list_filter = ("kind",)
    search_fields = ("user__username", "address")
    readonly_fields = list_display
    fields = list_display

    @admin.display(description=_("username"), ordering="user__username")
    def username(self, tries: Tries) -> str:
        """What was typed to sign in, which is what is locked."""
        return tries.user.username if tries.user else "–"

    def delete_model(self, request: HttpRequest, obj: Tries) -> None:
        self._record(obj)
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Tries]) -> None:
        for tries in queryset:
            self._record(tries)
        super().delete_queryset(request, queryset)

    def _record(self, tries: Tries) -> None:
        """Record who lifted which limit, of whom: of an address no more than its row."""
        about = f"user:{tries.user_id}" if tries.user_id else f"lock:{tries.pk}"
        record("lock", "deleted", about, changes=[Change("limit", (tries.kind, None))])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Everybody's API tokens, to view and revoke. People create their own in their preferences."""

    list_display = ("name", "beginning", "user", "scope", "last_used_at", "expires_at", "state")
    list_filter = (
        "scope",
        by_date("last_used_at", _("last use")),
        by_date("expires_at", _("expiry date")),
    )
    list_select_related = ("user",)
    search_fields = ("name", "beginning", "user__username")
    fields = (
        *("name", "beginning", "user", "scope", "created_at", "last_used_at", "expires_at"),
        "revoked_at",
    )
    actions = ("end",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return actor_of(request.user).supervises

    def has_view_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return actor_of(request.user).supervises

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    @admin.display(description=_("state"))
    def state(self, token: ApiToken) -> Any:
        if token.revoked_at:
            return _("revoked")
        return _("active") if token.good else _("expired")

    @admin.action(description=_("Revoke selected tokens"), permissions=["view"])
    def end(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        ended = revoke_all(tokens)
        for token in tokens:
            self.log_change(request, token, "ended")
        words = ngettext("%(count)s token was revoked.", "%(count)s tokens were revoked.", ended)
        self.message_user(request, words % {"count": ended}, messages.SUCCESS)
