"""python manage.py sla_explain TICKET_ID | --scenario FILE"""

import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk.errors import NotFound
from tickets.domain.errors import ScenarioRefused
from tickets.domain.sla.scenario import evaluate


class Command(BaseCommand):
    help = "Explain how each deadline of a ticket, or of a scenario file, is calculated."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ticket_id", nargs="?", help="ticket number")
        parser.add_argument(
            "--scenario", metavar="FILE", help="JSON or JSON Lines; - for standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["scenario"]:
            self._scenarios(options["scenario"])
        elif options["ticket_id"]:
            from tickets.services.sla.explain import explain_ticket

            try:
                self.stdout.write(explain_ticket(options["ticket_id"]))
            except NotFound as error:
                raise CommandError(str(error)) from error
        else:
            raise CommandError("Enter a ticket number or --scenario FILE.", returncode=2)

    def _scenarios(self, path: str) -> None:
        try:
            source = nullcontext(sys.stdin) if path == "-" else open(path, encoding="utf-8")  # noqa: SIM115
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
        failed = False
        with source as lines:
            for number, text in _documents(lines):
                try:
                    answer = evaluate(_json(text))
                except ScenarioRefused as refused:
                    failed = True
                    where = f"line {number}: " if number else ""
                    self.stderr.write(f"{where}{refused}")
                    if number:
                        self.stdout.write(json.dumps({"error": str(refused)}))
                else:
                    self.stdout.write(json.dumps(answer))
        self.stdout.flush()
        if failed:
            sys.exit(2)


def _documents(source: IO[str]) -> Iterator[tuple[int, str]]:
    """Yield the scenarios in a file, each with its line number; 0 for one that is the whole file.

    A file is JSON Lines if its first line is complete, or if its second begins another object;
    otherwise all of it is one scenario over several lines.
    """
    lines = ((number, line) for number, line in enumerate(source, 1) if line.strip())
    first, second = next(lines, None), next(lines, None)
    if first is None or second is None:
        yield 0, first[1] if first else ""
    elif _is_json(first[1]) or second[1].startswith("{"):
        yield from (first, second)
        yield from lines
    else:
        yield 0, first[1] + second[1] + "".join(line for _, line in lines)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _json(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise ScenarioRefused(f"this is not JSON: {error}") from error


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is not a number in JSON")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a name appears twice in one object")
    return dict(pairs)
