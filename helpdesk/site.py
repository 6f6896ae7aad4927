"""The Django admin under the desk's own name."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class DeskAdminConfig(AdminConfig):
    default_site = "helpdesk.site.DeskAdminSite"


class DeskAdminSite(AdminSite):
    site_title = _("Helpdesk")
    site_header = _("Helpdesk · supervision")
    index_title = _("Supervision")
    site_url = "/"
