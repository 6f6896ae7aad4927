"""python manage.py create_api_token USERNAME: print a new token, once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk.accounts.models import ApiToken, User
from helpdesk.accounts.tokens import make_token
from helpdesk.errors import ServiceError


class Command(BaseCommand):
    help = (
        "Create an API token that acts as USERNAME. The last line of output is the token,"
        " shown only once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="command line", help="name of the token")
        parser.add_argument(
            "--scope", choices=ApiToken.Scope.values, default=ApiToken.Scope.WRITE.value
        )
        parser.add_argument("--days", type=int, help="days until it expires")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"No user called {options['username']}.")
        try:
            made, text = make_token(
                user, name=options["name"], scope=options["scope"], days=options["days"]
            )
        except ServiceError as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"Expires {made.expires_at:%Y-%m-%d}. The token is shown only once:")
        self.stdout.write(text)
