"""The running desk's settings, with a real mail server and a real mailbox, and short waits."""

from tests.chaos.smtp_settings import *  # noqa: F403

INSTALLED_APPS += ["tests.chaos.short_waits.ShortWaits"]  # noqa: F405
IMAP_WITHOUT_TLS = True
del OPTIONAL_PARTS["smtp"]  # noqa: F405 (mail comes by IMAP)
for _name in ("outbox-sweep", "mail-sweep", "mail-left-behind"):
    CELERY_BEAT_SCHEDULE[_name] |= {"schedule": 2, "options": {"expires": 2}}  # noqa: F405
