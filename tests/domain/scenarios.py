"""Random scenarios on whole minutes, for Hypothesis and for the dice."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st

ZONES = [
    "America/New_York",
    "Europe/Rome",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Santiago",
    "Pacific/Chatham",
]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PRIORITIES = ["Low", "Medium", "High", "Critical"]
STARTS = [  # around changes of the clocks in those zones, and in a quiet week
    datetime(2026, 3, 7, 12, tzinfo=UTC),
    datetime(2026, 3, 28, 12, tzinfo=UTC),
    datetime(2026, 4, 4, 6, tzinfo=UTC),
    datetime(2026, 9, 5, 12, tzinfo=UTC),
    datetime(2026, 10, 3, 6, tzinfo=UTC),
    datetime(2026, 10, 24, 12, tzinfo=UTC),
    datetime(2026, 10, 31, 12, tzinfo=UTC),
    datetime(2026, 2, 14, 12, tzinfo=UTC),
    datetime(2026, 6, 10, 9, tzinfo=UTC),
]


def one_of(choose, words):
    return words[choose(0, len(words) - 1)]


def several(choose, words, least, most):
    """Between `least` and `most` of the words, each once."""
    left = list(words)
    return [left.pop(choose(0, len(left) - 1)) for _ in range(choose(least, most))]


def at(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def wall(minutes):
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def calendar(choose, around):
    if choose(0, 3) == 0:
        return "24x7"
    hours = {}
    for day in several(choose, DAYS, 2, 7):
        edges = sorted(several(choose, range(97), 2, 4))
        edges = edges[: len(edges) // 2 * 2]
        hours[day] = [
            [wall(opens * 15), wall(closes * 15)]
            for opens, closes in zip(edges[::2], edges[1::2], strict=True)
        ]
    hours["wed"] = [["06:15", "20:45"]]  # so that a deadline is a few weeks away at most
    days_off = [choose(-1, 6) for _ in range(choose(0, 2))]
    return {
        "timezone": one_of(choose, ZONES),
        "hours": hours,
        "holidays": [(around + timedelta(days=days)).date().isoformat() for days in days_off],
    }


def possible(status, waiting):
    """What can happen to a ticket now."""
    if status in ("Open", "In Progress"):
        kinds = ["responded", "priority", "resolved", "closed", "customer_replied"]
        kinds += ["responded", "customer_replied"]  # people talk more than they decide
        return [*kinds, "resumed"] if waiting else [*kinds, "waiting"]
    if status == "Resolved":
        return ["reopened", "customer_replied", "closed", "priority", "responded"]
    return ["reopened", "customer_replied", "priority"]


def following(status, waiting, kind):
    if kind == "waiting":
        return "In Progress", True
    if kind in ("resumed", "customer_replied", "reopened"):
        done = status in ("Resolved", "Closed")
        return ("In Progress" if done else status), False
    if kind in ("resolved", "closed"):
        return ("Resolved" if kind == "resolved" else "Closed"), False
    if kind == "responded" and status == "Open":
        return "In Progress", waiting
    return status, waiting


def gap(choose, targets):
    """Minutes until something happens; often just as many as a clock has."""
    most = one_of(choose, [3, 120, 1_200, None])
    if most is not None:
        return choose(0, most)
    return targets[one_of(choose, PRIORITIES)][one_of(choose, ["response", "resolution"])] // 60


def scenario(choose):
    """A scenario made of whole numbers: `choose` gives one between its two arguments."""
    start = one_of(choose, STARTS) + timedelta(minutes=choose(0, 2_000))
    targets = {
        priority: {"response": choose(1, 300) * 60, "resolution": choose(1, 1_000) * 60}
        for priority in PRIORITIES
    }
    events = [{"at": at(start), "type": "created", "priority": one_of(choose, PRIORITIES)}]
    moment, status, waiting = start, "Open", False
    for _ in range(choose(0, 7)):
        moment += timedelta(minutes=gap(choose, targets))
        kind = one_of(choose, possible(status, waiting))
        event = {"at": at(moment), "type": kind}
        if kind == "priority":
            event["value"] = one_of(choose, PRIORITIES)
        events.append(event)
        status, waiting = following(status, waiting, kind)
    now = max(
        start, moment + timedelta(minutes=gap(choose, targets) - one_of(choose, [0, 0, 0, 90]))
    )
    return {
        "calendar": calendar(choose, start),
        "targets": targets,
        "events": events,
        "now": at(now),
    }


def with_next_response(choose, without):
    """The same scenario with targets for next response: often just as long as something took, and
    a few times for some priorities alone (policies refuse that; the clock must not mind)."""
    moments = [datetime.fromisoformat(event["at"]) for event in without["events"]]
    took = [(later - sooner) // timedelta(minutes=1) for sooner, later in pairwise(moments)]
    took = [minutes for minutes in took if 0 < minutes <= 600] or [60]
    kept = without["targets"] if choose(0, 9) else several(choose, PRIORITIES, 1, 3)
    targets = {
        priority: {
            **both,
            **(
                {"nextResponse": 60 * (one_of(choose, took) if choose(0, 1) else choose(1, 300))}
                if priority in kept
                else {}
            ),
        }
        for priority, both in without["targets"].items()
    }
    return {**without, "targets": targets}


def without_next_response(scenario):
    """The same scenario as it was before there was a third clock."""
    targets = {
        priority: {clock: two[clock] for clock in ("response", "resolution")}
        for priority, two in scenario["targets"].items()
    }
    return {**scenario, "targets": targets}


@st.composite
def scenarios(draw):
    """As Hypothesis likes them: it looks for edges, and makes what fails as small as it can."""
    choose = lambda low, high: draw(st.integers(low, high))  # noqa: E731
    return with_next_response(choose, scenario(choose))


def drawn(seed):
    """As chance likes them: many times as quick, for many of them."""
    choose = random.Random(seed).randint
    return with_next_response(choose, scenario(choose))
