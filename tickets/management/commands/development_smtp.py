"""python manage.py development_smtp: accept mail by SMTP in development, until it is stopped."""

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tickets.services.email.development.smtp_port import HOST, listen


class Command(BaseCommand):
    help = "In development, take mail by SMTP on a port of this machine. `make run` starts it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=settings.DEVELOPMENT_SMTP_PORT, help="0: any free one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "This is for development, and DEBUG is off. In production mail comes by IMAP, "
                "receive_mail or the webhook."
            )
        try:
            asyncio.run(self._serve(options["port"]))
        except OSError as error:
            raise CommandError(f"Port {options['port']}: {error.strerror}") from error

    async def _serve(self, port: int) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await listen(
            port,
            listening=lambda port: self.stdout.write(f"Taking mail by SMTP on {HOST}:{port}"),
            stop=stop,
        )
