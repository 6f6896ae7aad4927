"""The running desk's settings, with a real mail server and a real mailbox, and short waits."""

from helpdesk.settings import *  # noqa: F403
from helpdesk.settings import CELERY_BEAT_SCHEDULE, INSTALLED_APPS

__all__ = [
    *("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_HOST_PASSWORD", "EMAIL_HOST_USER", "EMAIL_PORT"),
    *("EMAIL_USE_SSL", "EMAIL_USE_TLS"),
]
INSTALLED_APPS += ["tests.chaos.short_waits.ShortWaits"]
IMAP_WITHOUT_TLS = True
for _name in ("outbox-sweep", "mail-sweep", "mail-left-behind"):
    CELERY_BEAT_SCHEDULE[_name] |= {"schedule": 2, "options": {"expires": 2}}
