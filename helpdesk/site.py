"""Django's admin app with the desk's own site."""

from django.contrib.admin.apps import AdminConfig


class DeskAdminConfig(AdminConfig):
    default_site = "helpdesk.supervision.site.DeskAdminSite"
