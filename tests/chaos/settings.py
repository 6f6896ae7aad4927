"""The running desk's settings, with mails in files so that they can be counted."""

import os

from helpdesk.settings import *  # noqa: F403

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = os.environ["MAIL_FOLDER"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Often, so that what a death leaves behind is soon found, and two sweeps often meet.
for _name in ("outbox-sweep", "mail-sweep"):
    CELERY_BEAT_SCHEDULE[_name] |= {"schedule": 3, "options": {"expires": 3}}  # noqa: F405
