"""An app that shortens what the e-mail channel waits for after a death.

The steps stay as they are: only so many minutes are too long for a test. And the desk is empty.
"""

import os
from datetime import timedelta

from django.apps import AppConfig


class ShortWaits(AppConfig):
    name = "tests.chaos.short_waits"

    def ready(self) -> None:
        from helpdesk.mail import delivery, queue
        from tickets.management.commands import seed_demo
        from tickets.services.email.fetching import fetch, mailroom
        from tickets.services.email.incoming import receive

        seed_demo.Command.handle = lambda *_words, **_options: None
        fetch.LEASE, fetch.WAIT, fetch.FIRST_WAIT = timedelta(seconds=5), 2, 1
        fetch.PAUSES = mailroom.PAUSES = (1, 1, 2, 2, 2, 2)
        fetch.AGAIN = timedelta(seconds=5)
        mailroom.POLL, mailroom.LOOK = 1, 2
        receive.LEFT_BEHIND = timedelta(seconds=3)
        queue.LOST_AFTER = timedelta(seconds=8)
        if not os.environ.get("MAIL_OUTAGE"):  # of which these pauses are what is tested
            delivery.PAUSES = (*[1, 1, 2], *[3] * 60)
