"""Two desks that acknowledge each other fall silent, whatever a relay between them takes away.

Each is a program of its own with its own tables, database and secret.
"""

import json
import os
import sqlite3
import subprocess
import sys
from collections import deque
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes, policy
from email.utils import make_msgid
from secrets import token_hex

import pytest
from django.conf import settings
from django.db import connection

from helpdesk.dynamo.table import client
from tests.world import NOON

pytestmark = pytest.mark.django_db  # so that there is a database to copy

MOST = 6
"""Mails that both desks together write by themselves until they are silent."""
ENDLESS = 30
MARKS = ("Auto-Submitted", "X-Auto-Response-Suppress", "Precedence")
THREADS = ("In-Reply-To", "References", "Reply-To")


class OneDesk:
    """A desk at `support@NAME`."""

    def __init__(self, name, database):
        self.address = f"support@{name}"
        self._prefix = f"{token_hex(4)}-"
        with (
            closing(sqlite3.connect(connection.settings_dict["NAME"])) as empty,
            closing(sqlite3.connect(database)) as copy,
        ):
            empty.backup(copy)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.email.one_desk"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "TEST_DATABASE_URL": f"sqlite:///{database}",
                "DYNAMODB_ENDPOINT_URL": settings.DYNAMODB_ENDPOINT_URL,
                "DYNAMODB_TABLE_PREFIX": self._prefix,
                "SECRET_KEY": f"the secret of {name} " * 5,
                "DESK_ADDRESS": self.address,
            },
        )

    def ask(self, **line):
        """Let it act; its outcome, and what it sends."""
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)
        for table in client().list_tables()["TableNames"]:
            if table.startswith(self._prefix):
                client().delete_table(TableName=table)


@pytest.fixture(scope="module")
def two_desks(django_db_setup, made_tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("desks")
    if connection.vendor != "sqlite":
        pytest.skip("the database is copied as a file")
    found = [OneDesk(f"{name}.example", folder / f"{name}.sqlite3") for name in ("left", "right")]
    yield found
    for one in found:
        one.close()


def as_it_is(message):
    return message


def without_marks(message):
    for name in MARKS:
        del message[name]
    return message


def without_threads(message):
    """As of a relay that writes every message anew."""
    for name in (*THREADS, "Message-ID"):
        del message[name]
    message["Message-ID"] = make_msgid(domain="relay.example")
    return without_marks(message)


def a_robot(message):
    """What an autoresponder writes about a message, without a mark and under an id of its own."""
    told = message_from_bytes(b"", policy=policy.default)
    told["From"], told["To"] = str(message["To"]), str(message["From"])
    told["Subject"] = f"Re: {message['Subject']}"
    told["Message-ID"] = make_msgid(domain="robot.example")
    told.set_content("Thank you for your message. We answer within a day.")
    return told


@pytest.mark.parametrize(
    ("day", "through", "robots"),
    [
        (0, as_it_is, False),
        (1, without_marks, False),
        (2, without_threads, False),
        (3, without_threads, True),
    ],
    ids=["as it is", "without marks", "without threads", "without threads, and robots"],
)
def test_two_desks_that_acknowledge_each_other_fall_silent(two_desks, day, through, robots):
    by_address = {desk.address: desk for desk in two_desks}
    left, right = two_desks
    now = NOON + timedelta(days=day)
    sent = left.ask(**{"write to": right.address}, now=now.isoformat())["sent"]
    assert len(sent) == 1
    mails, under_way, outcomes = 0, deque(sent), []

    while under_way and mails < ENDLESS:
        going = under_way.popleft()
        now += timedelta(seconds=20)
        message = through(message_from_bytes(going["raw"].encode("latin-1"), policy=policy.default))
        to = base(going["to"] if through is not without_threads else str(message["To"]))
        arrived = by_address[to].ask(
            raw=message.as_bytes().decode("latin-1"),
            **{"from": going["from"]},
            to=going["to"] if through is not without_threads else to,
            now=now.isoformat(),
        )
        outcomes.append(arrived["outcome"])
        mails += len(arrived["sent"])
        under_way += arrived["sent"]
        if robots and "robot" not in going:
            told = a_robot(message).as_bytes().decode("latin-1")
            sender = base(str(message["From"]))
            under_way.append({"raw": told, "from": to, "to": sender, "robot": "yes"})

    assert outcomes[0] == "ticket", "the first mail opens a ticket"
    assert 1 <= mails <= MOST, outcomes


def base(address):
    """The address without its name and what follows a plus sign."""
    plain = address.rpartition("<")[2].rstrip(">").strip()
    local, _at, domain = plain.partition("@")
    return f"{local.partition('+')[0]}@{domain}"
