"""python manage.py create_api_token USERNAME: print a new token, once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk.accounts.models import ApiToken, User
from helpdesk.accounts.tokens import PERSONAL, make_mail_token, make_token
from helpdesk.errors import ServiceError


class Command(BaseCommand):
    help = (
        "Create an API token that acts as USERNAME. The last line of output is the token,"
        " shown only once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?")
        parser.add_argument(
            "--mailbox", help="instead of a user: a token with which mail is handed to this mailbox"
        )
        parser.add_argument("--name", default="command line", help="name of the token")
        parser.add_argument("--scope", choices=[*PERSONAL], default=ApiToken.Scope.WRITE.value)
        parser.add_argument("--days", type=int, help="days until it expires")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["username"]) is bool(options["mailbox"]):
            raise CommandError("Name a user, or a mailbox with --mailbox.")
        try:
            if options["mailbox"]:
                made, text = make_mail_token(options["mailbox"], days=options["days"])
            else:
                made, text = make_token(
                    _user(options["username"]),
                    name=options["name"],
                    scope=options["scope"],
                    days=options["days"],
                )
        except ServiceError as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"Expires {made.expires_at:%Y-%m-%d}. The token is shown only once:")
        self.stdout.write(text)


def _user(username: str) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        raise CommandError(f"No user called {username}.")
    return user
