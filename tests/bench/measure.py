"""What is measured inside a process of the desk. `python -m tests.bench.measure WHAT`: JSON."""

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
django.setup()

from customers.services.read import find_customers  # noqa: E402
from helpdesk.accounts.models import User  # noqa: E402
from helpdesk.dynamo import capacity  # noqa: E402
from helpdesk.moments import this_second  # noqa: E402
from tests.bench.population import open_tickets  # noqa: E402
from tickets.store import access  # noqa: E402
from tickets.store.log import ESCALATION, Escalation  # noqa: E402
from tickets.store.ticket import ticket_pk  # noqa: E402

FIRST = 1_000_000  # numbers of the benchmark's own tickets
AT_RISK = timedelta(hours=6)  # 75 % of a Medium ticket's 8 h


def populate(count: int) -> dict[str, float]:
    """Open tickets whose next milestone is hours away; every fourth of them is rep's."""
    customer = find_customers("giulia")[0].customer_id
    rep = str(User.objects.get(username="rep").pk)
    began = time.perf_counter()
    share = count // 4
    now = this_second()
    open_tickets(FIRST, share, customer_id=customer, created=now, assignee=rep)
    open_tickets(
        FIRST + share,
        count - share,
        customer_id=customer,
        created=now - timedelta(hours=2),
        spread=timedelta(hours=2),
    )
    return {"tickets": count, "seconds": time.perf_counter() - began}


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
        found = access.due_tickets(now + ahead + timedelta(seconds=90), limit=5_000)
    return {"due": len(found), "requests": usage.operations, "capacity": usage.capacity}


def storm(count: int, start: int) -> dict[str, float]:
    """Tickets whose at-risk milestone passes within one minute, beginning in `start` seconds."""
    customer = find_customers("giulia")[0].customer_id
    began = time.perf_counter()
    open_tickets(
        2 * FIRST,
        count,
        customer_id=customer,
        created=this_second() - AT_RISK + timedelta(seconds=start),
        spread=timedelta(seconds=60),
    )
    return {"seconds": time.perf_counter() - began}


def storm_result(count: int) -> dict[str, object]:
    """When the storm's milestones were fired, in seconds after they were due."""
    lags, fired = [], []
    for number in range(2 * FIRST, 2 * FIRST + count):
        records = Escalation.query(ticket_pk(str(number)), Escalation.sk.startswith(ESCALATION))
        for record in records:
            lags.append((record.fired_at - record.due_at).total_seconds())
            fired.append(record.fired_at.timestamp())
    if len(lags) < count:
        return {"fired": len(lags)}
    lags.sort()
    return {
        "fired": len(lags),
        "p50": lags[len(lags) // 2],
        "p95": lags[int(len(lags) * 0.95)],
        "max": lags[-1],
        "from": datetime.fromtimestamp(min(fired), UTC).isoformat(),
        "busy_seconds": len(set(fired)),
    }


if __name__ == "__main__":
    what, *numbers = sys.argv[1:]
    print(json.dumps(globals()[what](*map(int, numbers))))
