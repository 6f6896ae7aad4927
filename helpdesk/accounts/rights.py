"""Configuration belongs to supervisors, whatever single permissions their accounts carry."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from helpdesk.accounts.actors import actor_of


class SupervisorsOnly(admin.ModelAdmin):
    """Supervisors see, add and change; nothing that tickets refer to is deleted."""

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
    """Accounts, and what locks them, are for superusers alone."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return actor_of(request.user).administers

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request.user).administers

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return actor_of(request.user).administers


class ReadOnly(SupervisorsOnly):
    """Supervisors see what the desk has written."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
