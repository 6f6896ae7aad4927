"""What kinds, actions, people and changes of the audit record are called."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.contrib.auth.models import Group
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from helpdesk.audit.acting import COMMAND, SYSTEM
from helpdesk.audit.audited import models_on_record
from helpdesk.audit.record import Change

_KINDS: Mapping[str, Any] = MappingProxyType(
    {
        "audit": _("Audit record"),
        "customer": _("Customer"),
        "group": _("Group"),
        "identity": _("Account at the identity provider"),
        "password": _("Password"),
        "recovery codes": _("Recovery codes"),
        "second factor": _("Two-factor authentication"),
        "sign-in": _("Sign-in"),
        "ticket": _("Ticket"),
        "token": _("API token"),
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
        "restored": _("restored"),
        "revoked": _("revoked"),
        "signed in": _("signed in"),
        "signed out": _("signed out"),
        "used": _("used"),
    }
)
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


def change_in_words(kind: str, change: Change) -> str:
    """Return a change as a line: the field, and from what to what where that is recorded."""
    name = _field(kind, change.field)
    if change.values is None:
        return name
    before, after = (value if value not in (None, "") else "–" for value in change.values)
    return f"{name}: {before} → {after}"


def _field(kind: str, name: str) -> str:
    model = Group if kind == "group" else models_on_record.get(kind)
    known = {field.name: field for field in model._meta.get_fields()} if model else {}
    return str(capfirst(getattr(known.get(name), "verbose_name", name)))
