"""People in the admin. Only superusers manage accounts."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import User
from helpdesk.accounts.rights import AdministratorsOnly


@admin.register(User)
class DeskUserAdmin(AdministratorsOnly, UserAdmin):
    """Django's own, with the time zone, and without deletion."""

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "time_zone", "capacity")}),
        (
            _("Rights"),
            {
                "fields": ("is_active", "is_staff", "is_superuser", "groups"),
                "description": _(
                    "Representatives work tickets in the pages; supervisors also use this admin "
                    "and need staff status. People who leave are deactivated, never deleted: "
                    "tickets and logs keep naming them."
                ),
            },
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "groups")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


admin.site.unregister(Group)


@admin.register(Group)
class DeskGroupAdmin(AdministratorsOnly, GroupAdmin):
    """What a group may do is written in the services; here one sees who is in which."""
