"""A small desk to test on: people, a customer with a vehicle, and a few ways to open tickets."""

from collections.abc import Callable, Container
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.module_loading import import_string

from customers.services.create import create_customer, create_vehicle
from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.accounts.models import REPRESENTATIVES, SUPERVISORS, Membership, Team, User
from helpdesk.dynamo.batches import MOST_WRITTEN
from helpdesk.dynamo.table import client
from tickets.services.delivery import outbox
from tickets.services.lifecycle.create import create_ticket
from tickets.store import attention, events, queries
from tickets.store.events import OutboxEvent
from tickets.store.items import (
    COMMUNICATION,
    ESCALATION,
    Communication,
    Escalation,
)
from tickets.store.ticket import Ticket, ticket_pk

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
"""A Monday; tests that say nothing of time start here."""

AWAY = {"BACKEND": "helpdesk.cache.ForgetfulCache", "LOCATION": "redis://127.0.0.1:1/0"}
"""A cache where nobody answers."""


def after(**span: float) -> datetime:
    """NOON and some more: after(hours=3)."""
    return NOON + timedelta(**span)


class Desk:
    """People by name, one customer with one vehicle."""

    def __init__(self) -> None:
        _restore_configuration()
        self.rep_user, self.rep2_user, self.supervisor_user, self.outsider_user = _people()
        self.rep = actor_of(self.rep_user)
        self.rep2 = actor_of(self.rep2_user)
        self.supervisor = actor_of(self.supervisor_user)
        self.outsider = actor_of(self.outsider_user)
        self.customer = create_customer(
            name="Giulia Bianchi", email="giulia@posta.example", by=self.rep, now=NOON
        )
        attention.unread_since()  # asked once a process: so no count of statements has it
        self.vehicle = create_vehicle(
            customer_id=self.customer.customer_id,
            vin="WVWZZZ1K0AW000001",
            make="Volkswagen",
            model="Golf",
            year=2019,
            by=self.rep,
        )

    def ticket(self, *, by: Actor | None = None, now: datetime = NOON, **fields: Any) -> Ticket:
        """Create ticket; Medium and Shipping unless said."""
        given = {
            "customer_id": self.customer.customer_id,
            "subject": "Where is my car?",
            "description": "It should have arrived on Friday.",
            "category": "Shipping",
            "priority": "Medium",
        }
        return create_ticket(**{**given, **fields}, by=by or self.rep, now=now)


def team(name: str, *members: User, distribution: str = "manual") -> Team:
    """A team with these members."""
    made = Team.objects.create(name=name, distribution=distribution)
    Membership.objects.bulk_create(Membership(team=made, user=user) for user in members)
    return made


def empty_tables() -> None:
    """Delete every item: quicker than to drop the tables and make them again."""
    for path in settings.DYNAMODB_TABLES:
        name = str(import_string(path).Meta.table_name)
        more = True
        while more:
            page = client().scan(TableName=name, ProjectionExpression="PK, SK")
            found, more = page["Items"], "LastEvaluatedKey" in page
            for start in range(0, len(found), MOST_WRITTEN):
                batch = found[start : start + MOST_WRITTEN]
                requests = [{"DeleteRequest": {"Key": key}} for key in batch]
                client().batch_write_item(RequestItems={name: requests})


def sqlite_plan(ask: Callable[[], object]) -> str:
    """How SQLite goes about the one statement of `ask`. Elsewhere the test is skipped: PostgreSQL
    would rather read the whole of a small table."""
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's plans")
    with CaptureQueriesContext(connection) as asked:
        ask()
    [statement] = asked
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement['sql']}")
        return "; ".join(step for *_, step in cursor.fetchall())


def more_statements(query: Container[str]) -> int:
    """How many statements more PostgreSQL needs if there are words in the query."""
    return 2 if connection.vendor == "postgresql" and "q" in query else 0


def settle() -> None:
    """Let every consumer take what has happened, as a worker does at once."""
    while outbox.dispatch():
        pass


def stored(ticket_id: str) -> Ticket:
    """The ticket as the table has it."""
    found = queries.ticket(ticket_id)
    assert found is not None, f"ticket {ticket_id} is not stored"
    return found


def log_of(ticket_id: str) -> list[Communication]:
    return list(
        Communication.query(ticket_pk(ticket_id), Communication.sk.startswith(COMMUNICATION))
    )


def escalations_of(ticket_id: str) -> list[Escalation]:
    return list(Escalation.query(ticket_pk(ticket_id), Escalation.sk.startswith(ESCALATION)))


def waiting_events() -> list[OutboxEvent]:
    """What is in the outbox, oldest first."""
    return list(events.waiting(limit=1_000))


def _restore_configuration() -> None:
    """What migrations wrote is gone after a test that commits; the next one finds it empty."""
    if not Group.objects.exists():
        import_module("helpdesk.accounts.migrations.0002_groups").make_groups(apps, None)
        import_module("tickets.migrations.0002_default_promises").make(apps, None)


def _people() -> list[User]:
    """A representative, another, a supervisor and somebody who works no tickets: three statements.

    Saving them one by one would look, for each, for the tokens and sessions that it ends.
    """
    people = [
        _person("rosa", "Rosa", "Marin"),
        _person("tomasz", "Tomasz", "Nowak"),
        _person("ingrid", "Ingrid", "Halvorsen", is_staff=True),
        _person("mallory", "Mallory", "Out"),
    ]
    User.objects.bulk_create(people)
    groups = {group.name: group for group in Group.objects.all()}
    joined = zip(people, (REPRESENTATIVES, REPRESENTATIVES, SUPERVISORS), strict=False)
    membership = User.groups.through
    membership.objects.bulk_create(
        membership(user=person, group=groups[name]) for person, name in joined
    )
    return people


def _person(username: str, first: str, last: str, **more: Any) -> User:
    return User(
        username=username,
        email=f"{username}@helpdesk.example",
        password=_password(),
        first_name=first,
        last_name=last,
        **more,
    )


@cache
def _password() -> str:
    """A hash of "demo": one salt for all, since no test compares two people's."""
    return make_password("demo")
