"""What is measured inside a process of the desk. `python -m tests.bench.measure WHAT`: JSON."""

import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
django.setup()

from django.contrib.auth.models import Group  # noqa: E402
from django.test import Client  # noqa: E402

from customers.services.create import create_customer  # noqa: E402
from customers.services.read import find_customers  # noqa: E402
from helpdesk.accounts.actors import SYSTEM, actor_of  # noqa: E402
from helpdesk.accounts.models import REPRESENTATIVES, SUPERVISORS, User  # noqa: E402
from helpdesk.accounts.people import assignable_users  # noqa: E402
from helpdesk.accounts.tokens import make_token  # noqa: E402
from helpdesk.clock import this_second  # noqa: E402
from helpdesk.dynamo import capacity  # noqa: E402
from reporting.services import facts, rollups  # noqa: E402
from tests.bench.population import open_tickets, report_year  # noqa: E402
from tests.figures import made_up  # noqa: E402
from tickets.services.lifecycle.create import create_ticket  # noqa: E402
from tickets.services.lists import search  # noqa: E402
from tickets.services.lists.filters import read_filters  # noqa: E402
from tickets.services.lists.find import QUEUES, Queue, find  # noqa: E402
from tickets.services.maintenance.ticket_import import import_history  # noqa: E402
from tickets.store import queries  # noqa: E402
from tickets.store.items import ESCALATION, Escalation  # noqa: E402
from tickets.store.ticket import ticket_pk  # noqa: E402

FIRST = 1_000_000  # numbers of the benchmark's own tickets
AT_RISK = timedelta(hours=6)  # 75 % of a Medium ticket's 8 h


def people() -> dict[str, dict[str, str]]:
    """Two representatives, a supervisor and a customer; sessions and API tokens by username."""
    create_customer(
        name="Giulia Bianchi", email="giulia@posta.example", by=SYSTEM, now=this_second()
    )
    found: dict[str, dict[str, str]] = {"sessions": {}, "tokens": {}}
    for username, group in (
        ("rep", REPRESENTATIVES),
        ("rep2", REPRESENTATIVES),
        ("supervisor", SUPERVISORS),
    ):
        user = User.objects.create_user(
            username, f"{username}@desk.example", secrets.token_urlsafe(20)
        )
        user.is_staff = group == SUPERVISORS
        user.save()
        user.groups.add(Group.objects.get(name=group))
        browser = Client()
        browser.force_login(user, "helpdesk.accounts.guessing.GuardedBackend")
        found["sessions"][username] = browser.cookies["sessionid"].value
        found["tokens"][username] = make_token(user, name="bench")[1]
    return found


def populate(count: int) -> dict[str, float]:
    """Tickets none of which has a milestone in the next hour; every fourth of them is rep's.

    The first milestone of a Critical ticket passes after 90 minutes: figures of pages are those of
    a desk that is at rest.
    """
    customer = find_customers("giulia")[0].customer_id
    rep = str(User.objects.get(username="rep").pk)
    began = time.perf_counter()
    share = count // 4
    now = this_second()
    open_tickets(FIRST, share, customer_id=customer, created=now, assignee=rep, mixed=True)
    open_tickets(
        FIRST + share,
        count - share,
        customer_id=customer,
        created=now - timedelta(minutes=20),
        spread=timedelta(minutes=20),
        mixed=True,
    )
    stored = time.perf_counter()
    search.rebuild()
    return {
        "tickets": count,
        "seconds": stored - began,
        "rebuild_search_seconds": time.perf_counter() - stored,
    }


def rebuild_reports(count: int) -> dict[str, float]:
    """Facts and rollups of some tickets, and the generated rollups of a year of as many."""
    began = time.perf_counter()
    facts.update_facts(str(FIRST + place) for place in range(count))
    while rollups.roll_up():
        pass
    took = time.perf_counter() - began
    report_year(840, max(count // 10_080, 1))
    return {"tickets": count, "rate": count / took}


def customer() -> str:
    return find_customers("giulia")[0].customer_id


def users() -> list[str]:
    return [str(user.pk) for user in assignable_users()]


def fresh_ticket() -> str:
    made = create_ticket(
        customer_id=customer(),
        subject="Benchmark",
        description="x",
        category="Shipping",
        priority="Low",
        by=SYSTEM,
    )
    return made.ticket_id


def lists(_count: int) -> dict[str, dict[str, object]]:
    """What the page of each list, filter and sort asks for: requests, capacity, milliseconds."""
    by = actor_of(User.objects.get(username="rep"))
    found: dict[str, dict[str, object]] = {}
    asked = {str(queue): ({}, queue) for queue in Queue} | {
        name: (query, Queue.ALL)
        for name, query in {
            "open and high": {"status": ["Open"], "priority": ["High"]},
            "closed customs": {"status": ["Closed"], "category": ["Customs"]},
            "tag": {"tag": ["broker"]},
            "newest open": {"status": ["Open"], "sort": ["-createdAt"]},
            "last changed": {"sort": ["-updatedAt"]},
            "search: one word": {"q": ["yokohama"]},
            "search: two words, open": {"q": ["car santos status:open"]},
            "search: a number": {"q": [str(FIRST + 77)]},
        }.items()
    }
    for name, (query, queue) in asked.items():
        filters = read_filters(query, by=by)
        filters = filters if filters.text else filters.within(QUEUES[queue])
        times = []
        for _ in range(30):
            began = time.perf_counter()
            with capacity.counting() as usage:
                shown = find(filters, by=by)
            times.append((time.perf_counter() - began) * 1_000)
        found[name] = {
            "rows": len(shown.tickets),
            "requests": len(usage.operations),
            "capacity": usage.capacity,
            "ms": round(statistics.median(times), 1),
        }
    return found


def sweep_cost(due: int) -> dict[str, object]:
    """What a sweep reads when `due` of all open tickets are due: nothing is fired."""
    customer = find_customers("giulia")[0].customer_id
    now = this_second()
    # They become due in the past of the others: asked with a `now` before any other milestone.
    ahead = timedelta(minutes=30)
    open_tickets(
        3 * FIRST,
        due,
        customer_id=customer,
        created=now - AT_RISK + ahead,
        spread=timedelta(seconds=60),
    )
    with capacity.counting() as usage:
        found = queries.due_tickets(now + ahead + timedelta(seconds=90), limit=5_000)
    return {"due": len(found), "requests": usage.operations, "capacity": usage.capacity}


def storm(count: int, start: int, lasts: int) -> dict[str, float]:
    """Tickets whose at-risk milestone passes in the `lasts` seconds that begin in `start` seconds."""
    customer = find_customers("giulia")[0].customer_id
    began = time.perf_counter()
    open_tickets(
        2 * FIRST,
        count,
        customer_id=customer,
        created=this_second() - AT_RISK + timedelta(seconds=start),
        spread=timedelta(seconds=lasts),
    )
    return {"seconds": time.perf_counter() - began}


def storm_left(count: int) -> int:
    """How many tickets of the storm have a milestone that has passed and was not fired."""
    due = queries.due_tickets(this_second(), limit=2 * count)
    return sum(2 * FIRST <= int(number) < 2 * FIRST + count for number in due)


def storm_result(count: int) -> dict[str, object]:
    """When the storm's milestones were fired, in seconds after they were due."""
    lags, fired = [], []
    for number in range(2 * FIRST, 2 * FIRST + count):
        for record in Escalation.query(
            ticket_pk(str(number)), Escalation.sk.startswith(ESCALATION)
        ):
            lags.append((record.fired_at - record.due_at).total_seconds())
            fired.append(record.fired_at.timestamp())
    assert len(lags) == count, f"{count} tickets have {len(lags)} escalations"
    lags.sort()
    return {
        "fired": len(lags),
        "p50": lags[len(lags) // 2],
        "p95": lags[int(len(lags) * 0.95)],
        "max": lags[-1],
        "from": datetime.fromtimestamp(min(fired), UTC).isoformat(),
        "busy_seconds": len(set(fired)),
    }


def import_rate(count: int) -> dict[str, float]:
    """Tickets and events a second of an import of a made-up history."""
    with tempfile.TemporaryDirectory() as folder:
        history = made_up(Path(folder) / "history.jsonl", tickets=count)
        began = time.perf_counter()
        found = import_history(history)
        took = time.perf_counter() - began
    assert not found.refused, found.refused[:3]
    return {"tickets": found.tickets / took, "events": found.events / took}


if __name__ == "__main__":
    what, *numbers = sys.argv[1:]
    print(json.dumps(globals()[what](*map(int, numbers))))
