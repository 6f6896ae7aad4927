"""Django's admin app with Helpdesk's admin site."""

from django.contrib.admin.apps import AdminConfig


class DeskAdminConfig(AdminConfig):
    default_site = "helpdesk.supervision.site.DeskAdminSite"
