"""Delete SLA policies and calendars that nothing uses any more.

The versions of a policy stay: tickets that had one are explained, verified and reported by it.
"""

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.errors import Invalid
from tickets.models import Calendar, Policy
from tickets.services.sla.impact import OpenTickets, numbers_under

SHOWN = 20


def users_of_policy(policy: Policy, *, by: Actor) -> list[str]:
    """Return what uses a policy, as text: nothing can be deleted that others rely on.

    Raises NotAllowed for all but supervisors. Cost: that of OpenTickets, which has a bound:
    a ticket beyond it keeps its version, as one that is closed.
    """
    require_supervision(by)
    if policy.is_default:
        return [_("Every ticket that no other policy matches: this is the default policy.")]
    if policy.active:
        return [_("New tickets: deactivate the policy first.")]
    numbers = [f"#{number}" for number in numbers_under(policy, OpenTickets(), by=by)]
    if not numbers:
        return []
    shown = ", ".join(numbers[:SHOWN]) + (" …" if len(numbers) > SHOWN else "")
    return [_("Open tickets (%(count)s): %(numbers)s") % {"count": len(numbers), "numbers": shown}]


def delete_policy(policy: Policy, *, by: Actor) -> None:
    """Delete a policy that nothing uses; its versions stay. Raises Invalid, NotAllowed."""
    with transaction.atomic():
        stored = Policy.objects.select_for_update().get(pk=policy.pk)
        if users := users_of_policy(stored, by=by):
            raise Invalid({"policy": " ".join(users)})
        stored.delete()


def delete_calendar(calendar: Calendar, *, by: Actor) -> None:
    """Delete a calendar that no policy has. Raises Invalid, NotAllowed."""
    require_supervision(by)
    try:
        calendar.delete()
    except ProtectedError as used:
        names = ", ".join(sorted(str(one) for one in used.protected_objects))
        raise Invalid({"calendar": _("Used by: %(names)s") % {"names": names}}) from used
