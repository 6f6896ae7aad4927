"""Admin permissions by role, whatever Django permissions an account has."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from helpdesk.accounts.actors import actor_of


class SupervisorsOnly(admin.ModelAdmin):
    """Supervisors view, add and change; what tickets refer to is never deleted."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return actor_of(request.user).supervises

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request.user).supervises

    def has_add_permission(self, request: HttpRequest) -> bool:
        return actor_of(request.user).supervises

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request.user).supervises

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AdministratorsOnly(admin.ModelAdmin):
    """Only superusers manage accounts and locked sign-ins."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return actor_of(request.user).administers

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request.user).administers

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return actor_of(request.user).administers


class ReadOnly(SupervisorsOnly):
    """Supervisors view what the system has written; nobody changes it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
