"""What kinds, actions, people and changes of the audit record are called."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.contrib.auth.models import Group
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from helpdesk.audit.acting import COMMAND, SYSTEM
from helpdesk.audit.audited import models_on_record

_KINDS: Mapping[str, Any] = MappingProxyType(
    {
        "audit": _("Audit record"),
        "customer": _("Customer"),
        "group": _("Group"),
        "identity": _("Account at the identity provider"),
        "lock": _("Locked sign-in"),
        "password": _("Password"),
        "recovery codes": _("Recovery codes"),
        "report": _("Report"),
        "retention": _("Retention run"),
        "second factor": _("Two-factor authentication"),
        "sign-in": _("Sign-in"),
        "ticket": _("Ticket"),
        "token": _("API token"),
        "wallboard": _("Wallboard"),
    }
)
_ACTIONS: Mapping[str, Any] = MappingProxyType(
    {
        "archived": _("archived"),
        "changed": _("changed"),
        "created": _("created"),
        "deleted": _("deleted"),
        "erased": _("erased"),
        "exported": _("exported"),
        "paired": _("paired"),
        "redacted": _("card numbers removed"),
        "restored": _("restored"),
        "revoked": _("revoked"),
        "signed in": _("signed in"),
        "signed out": _("signed out"),
        "started": _("started"),
        "used": _("used"),
    }
)
_FIELDS: Mapping[str, Any] = MappingProxyType(
    {"limit": _("limit"), "name": _("name"), "user": _("person")}
)
"""Of kinds that have no model."""
NOT_PEOPLE: Mapping[str, Any] = MappingProxyType(
    {SYSTEM: _("Helpdesk"), COMMAND: _("Command line")}
)


def kinds() -> list[tuple[str, str]]:
    """Return every kind with its name, by name."""
    named = [(kind, kind_in_words(kind)) for kind in (*_KINDS, *models_on_record)]
    return sorted(named, key=lambda kind: kind[1].casefold())


def kind_in_words(kind: str) -> str:
    model = models_on_record.get(kind)
    return str(capfirst(model._meta.verbose_name) if model else _KINDS.get(kind, kind))


def action_in_words(action: str) -> str:
    return str(_ACTIONS.get(action, action))


def field_in_words(kind: str, name: str) -> str:
    """Return the name of a field that changed."""
    model = Group if kind == "group" else models_on_record.get(kind)
    known = {field.name: field for field in model._meta.get_fields()} if model else {}
    of_model = getattr(known.get(name), "verbose_name", None)
    return str(capfirst(of_model or _FIELDS.get(name, name)))
