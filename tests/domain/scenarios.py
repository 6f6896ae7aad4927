"""Random scenarios on whole minutes, for Hypothesis."""

from datetime import UTC, datetime, timedelta

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


def at(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def wall(minutes):
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@st.composite
def calendars(draw, around):
    if draw(st.integers(0, 3)) == 0:
        return "24x7"
    hours = {}
    for day in draw(st.lists(st.sampled_from(DAYS), min_size=2, max_size=7, unique=True)):
        edges = draw(st.lists(st.integers(0, 96), min_size=2, max_size=4, unique=True))
        edges = sorted(edges)[: len(edges) // 2 * 2]
        hours[day] = [
            [wall(opens * 15), wall(closes * 15)]
            for opens, closes in zip(edges[::2], edges[1::2], strict=True)
        ]
    hours["wed"] = [["06:15", "20:45"]]  # so that a deadline is a few weeks away at most
    days_off = draw(st.lists(st.integers(-1, 6), max_size=2))
    return {
        "timezone": draw(st.sampled_from(ZONES)),
        "hours": hours,
        "holidays": [(around + timedelta(days=days)).date().isoformat() for days in days_off],
    }


def possible(status, waiting):
    """What can happen to a ticket now."""
    if status in ("Open", "In Progress"):
        kinds = ["responded", "priority", "resolved", "closed", "customer_replied"]
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


gaps = st.one_of(st.integers(0, 3), st.integers(0, 120), st.integers(0, 1_200))


@st.composite
def scenarios(draw):
    start = draw(st.sampled_from(STARTS)) + timedelta(minutes=draw(st.integers(0, 2_000)))
    targets = {
        priority: {
            "response": draw(st.integers(1, 300)) * 60,
            "resolution": draw(st.integers(1, 1_000)) * 60,
        }
        for priority in PRIORITIES
    }
    events = [{"at": at(start), "type": "created", "priority": draw(st.sampled_from(PRIORITIES))}]
    moment, status, waiting = start, "Open", False
    for _ in range(draw(st.integers(0, 7))):
        moment += timedelta(minutes=draw(gaps))
        kind = draw(st.sampled_from(possible(status, waiting)))
        event = {"at": at(moment), "type": kind}
        if kind == "priority":
            event["value"] = draw(st.sampled_from(PRIORITIES))
        events.append(event)
        status, waiting = following(status, waiting, kind)
    now = max(start, moment + timedelta(minutes=draw(gaps) - draw(st.sampled_from([0, 0, 0, 90]))))
    return {
        "calendar": draw(calendars(start)),
        "targets": targets,
        "events": events,
        "now": at(now),
    }
