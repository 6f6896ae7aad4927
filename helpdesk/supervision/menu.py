"""The menu of the admin: models by what people do with them, and pages beyond the admin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class Group:
    """Models by their labels, and pages by the names of their addresses, in the order they are
    shown in."""

    key: str
    title: "_StrPromise"
    models: tuple[str, ...]
    pages: "Mapping[str, _StrPromise]"


GROUPS = (
    Group(
        "work",
        _("Work"),
        ("tickets.Ticket", "tickets.Communication", "tickets.Escalation", "tickets.Tag"),
        {"team": _("Workload"), "mail_suspended": _("Suspended mail")},
    ),
    Group("customers", _("Customers"), ("customers.Customer", "customers.Vehicle"), {}),
    Group(
        "sla",
        _("SLA and reports"),
        (
            *("tickets.Policy", "tickets.Calendar", "tickets.EscalationRule"),
            *("tickets.PolicyVersion", "tickets.Recalculation"),
        ),
        {
            "sla": _("SLA dashboard"),
            "reports": _("Reports"),
            "simulation": _("SLA simulation"),
            "wall": _("Wallboard"),
            "wall_screens": _("Televisions"),
        },
    ),
    Group(
        "automation",
        _("Automation and content"),
        (
            *("tickets.RoutingRule", "tickets.CannedReply", "tickets.TicketTemplate"),
            *("tickets.SavedView", "custom_fields.CustomField"),
            *("tickets.RetentionRule", "tickets.RetentionRun"),
        ),
        {},
    ),
    Group(
        "people",
        _("People"),
        (
            *(
                "accounts.Person",
                "accounts.Absence",
                "accounts.Team",
                "accounts.User",
                "auth.Group",
            ),
            *("accounts.ApiToken", "accounts.Tries"),
        ),
        {},
    ),
    Group(
        "channels",
        _("Channels"),
        ("tickets.Mailbox", "tickets.BlockedSender", "tickets.Webhook"),
        {"mail_undelivered": _("Undelivered mail")},
    ),
    Group("audit", _("Audit"), ("audit.AuditEntry",), {}),
)
OTHERS = Group("others", _("More"), (), {})
"""What no group names."""


def grouped(apps: list[Any]) -> list[Any]:
    """Return Django's list of apps and models as the groups of the menu, in the same form.

    A group whose models the user may not see is left out, with its pages.
    """
    by_label = {one["model"]._meta.label: one for app in apps for one in app["models"]}
    found = []
    for group in (*GROUPS, OTHERS):
        labels = group.models or [label for label in by_label if label not in _NAMED]
        models = [by_label[label] for label in labels if label in by_label]
        if models:
            found.append(
                {
                    "name": group.title,
                    "app_label": group.key,
                    "app_url": f"{reverse('admin:index')}#{group.key}",
                    "has_module_perms": True,
                    "models": [*models, *(_page(name) for name in group.pages.items())],
                }
            )
    return found


_NAMED = frozenset(label for group in GROUPS for label in group.models)


def _page(page: "tuple[str, _StrPromise]") -> dict[str, Any]:
    """Return a page beyond the admin as Django lists a model that can be viewed."""
    name, label = page
    return {
        "name": label,
        "object_name": name,
        "admin_url": reverse(name),
        "add_url": None,
        "view_only": True,
        "beyond": True,
    }
