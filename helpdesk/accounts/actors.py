"""The acting user and their permissions.

Services check permissions here; pages only hide what a service would refuse.
"""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from helpdesk.accounts.models import REPRESENTATIVES, SUPERVISORS, User
from helpdesk.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change: a user, or the system."""

    user_id: str
    name: str
    works_tickets: bool = False
    supervises: bool = False
    administers: bool = False


# What workers do by themselves is signed with this.
SYSTEM = Actor("system", "System", works_tickets=True, supervises=True, administers=True)

NOBODY = Actor("", "")


def actor_of(user: User | AnonymousUser) -> Actor:
    """Return the actor for a signed-in user.

    One SQL query for each user object, none for those that were read `with_roles`.
    """
    if not isinstance(user, User):
        return NOBODY
    known: Actor | None = getattr(user, "_actor", None)
    if known is None:
        represents, leads = _roles(user)
        supervises = user.is_active and (user.is_superuser or leads)
        known = Actor(
            user_id=str(user.pk),
            name=user.display_name,
            works_tickets=supervises or (user.is_active and represents),
            supervises=supervises,
            administers=user.is_active and user.is_superuser,
        )
        user._actor = known  # type: ignore[attr-defined]
    return known


def _roles(user: User) -> tuple[bool, bool]:
    """Return whether the user is in the representatives' group, and in the supervisors'."""
    if hasattr(user, "in_supervisors"):
        return user.in_representatives, user.in_supervisors  # type: ignore[attr-defined]
    groups = set(user.groups.values_list("name", flat=True))
    return REPRESENTATIVES in groups, SUPERVISORS in groups


def on_behalf_of(user: User) -> Actor:
    """Return the actor who finishes work that `user` started.

    That is the user, or the system once the user may no longer work tickets: some work is worse
    left half done.
    """
    by = actor_of(user)
    return by if by.works_tickets else SYSTEM


def require_ticket_work(actor: Actor) -> None:
    """Raise NotAllowed unless the actor is a representative or a supervisor."""
    if not actor.works_tickets:
        raise NotAllowed(_("Only representatives and supervisors can work on tickets."))


def require_supervision(actor: Actor) -> None:
    """Raise NotAllowed unless the actor is a supervisor."""
    if not actor.supervises:
        raise NotAllowed(_("Only supervisors can do this."))


def require_administration(actor: Actor) -> None:
    """Raise NotAllowed unless the actor is a superuser."""
    if not actor.administers:
        raise NotAllowed(_("Only administrators can do this."))
