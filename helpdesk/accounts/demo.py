"""Demo accounts, which exist in development only."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured

from helpdesk.accounts.models import REPRESENTATIVES, SUPERVISORS, User

PASSWORD = "demo"  # noqa: S105 (published in the README)

_PEOPLE = [
    ("rep", "Rosa", "Marin", REPRESENTATIVES),
    ("rep2", "Tomasz", "Nowak", REPRESENTATIVES),
    ("supervisor", "Ingrid", "Halvorsen", SUPERVISORS),
    ("admin", "Ada", "Brandt", None),
]


def make_demo_accounts() -> None:
    """Create the demo accounts that are missing. Existing ones are left unchanged."""
    for username, first, last, group in _PEOPLE:
        if User.objects.filter(username=username).exists():
            continue
        user = User(
            username=username,
            first_name=first,
            last_name=last,
            email=f"{username}@helpdesk.example",
            is_demo=True,
            is_staff=group != REPRESENTATIVES,
            is_superuser=group is None,
        )
        user.set_password(PASSWORD)
        user.save()
        if group:
            user.groups.add(Group.objects.get(name=group))


def refuse_demo_accounts() -> None:
    """Raise ImproperlyConfigured if an active demo account exists outside development."""
    if settings.DEBUG:
        return
    names = list(
        User.objects.filter(is_demo=True, is_active=True).values_list("username", flat=True)
    )
    if names:
        raise ImproperlyConfigured(
            f"Demo accounts with a published password are active: {', '.join(names)}. "
            "Deactivate them (or start with an empty database) before you run with DEBUG off."
        )
