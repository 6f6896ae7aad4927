"""Figures counted a second time: from the events of tickets, in plain loops, one after the other.

Nothing of `reporting` is used. Time is that of a desk that is open around the clock, so working
time is the time that passes.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from math import ceil, floor
from zoneinfo import ZoneInfo

from tickets.domain.sla import scenario

HOURS = {"Critical": (2, 24), "High": (4, 48), "Medium": (8, 72), "Low": (24, 120)}
"""First response and resolution of the default policy."""


@dataclass
class Told:
    """What happened to a ticket, and what it is grouped by."""

    events: list  # of (instant, type, priority or None)
    about: dict
    escalated: list = field(default_factory=list)  # instants
    assigned_at: datetime | None = None
    returned: list = field(default_factory=list)  # instants
    next_hours: int | None = None
    happened: list = field(default_factory=list)

    def __post_init__(self):
        self.happened = [*live_through(self)]
        self.happened += [(at, "escalated", {}) for at in self.escalated]
        self.happened += [(at, "returned", {}) for at in self.returned]
        if self.assigned_at:
            took = seconds(self.events[0][0], self.assigned_at)
            self.happened.append((self.assigned_at, "assignment", {"seconds": took}))

    def active_before(self, end):
        """Whether the ticket was neither resolved nor closed at an instant."""
        if self.events[0][0] >= end:
            return False
        active = True
        for at, kind, _priority in self.events:
            if at < end and kind in ("resolved", "closed", "merged"):
                active = False
            if at < end and kind in ("reopened", "customer_replied"):
                active = True
        return active


def of_file(path):
    """What every ticket of a file of `import_history` says; people and customers by their names
    there."""
    lines = {}
    with path.open(encoding="utf-8") as file:
        for line in map(json.loads, file):
            lines.setdefault(line["ticket"], []).append(line)
    found = []
    for own in lines.values():
        about = {
            "priority": own[0]["priority"],
            "category": own[0]["category"],
            "customer": own[0]["customer"]["externalId"],
            "assignedTo": None,
        }
        events, assigned_at = [], None
        for line in own:
            at, kind = datetime.fromisoformat(line["at"]), line["event"]
            if kind == "assigned":
                about["assignedTo"] = line["to"]
                assigned_at = assigned_at or (at if line["to"] else None)
            elif kind != "note":
                if kind == "priority":
                    about["priority"] = line["value"]
                events.append((at, kind, line.get("value", line.get("priority"))))
        found.append(Told(events, about, assigned_at=assigned_at))
    return found


def seconds(start, end):
    return int((end - start).total_seconds())


def live_through(told):
    """Yield (instant, what, facts of it) of everything that figures count."""
    created, _type, priority = told.events[0]
    status, waiting = "open", False
    responded = resolved = asked = None
    spent = dict.fromkeys(("open", "in-progress", "waiting", "done"), 0)
    replies, said, cycle = 0, 0, 1
    last = created
    found = [(created, "created", {})]
    for at, kind, value in told.events:
        place = "waiting" if waiting else status
        if resolved is None or place != "done":
            spent[place] += seconds(last, at)
        elif status == "done":
            later = spent.get("later", 0)
            spent["later"] = later + seconds(last, at)
        last = at
        was_active = status != "done"
        if kind == "priority":
            priority = value
        elif kind == "responded":
            replies += 1
            status = "in-progress" if status == "open" else status
            found.append((at, "reply", {}))
        elif kind == "started":
            status = "in-progress"
        elif kind == "requeued":
            status, waiting = "open", False
        elif kind == "waiting":
            status, waiting = "in-progress", True
        elif kind == "resumed":
            waiting = False
        elif kind in ("resolved", "closed", "merged"):
            waiting = False
            if was_active:
                found.append((at, "resolved", {}))
                resolved = at
                counted = (replies, said, cycle)
            if kind != "resolved":
                found.append((at, "closed", {}))
            status = "done"
        elif kind in ("customer_replied", "reopened"):
            waiting = False
            if kind == "customer_replied":
                said += 1
            if not was_active:
                found.append((at, "reopened", {}))
                spent["done"] += spent.pop("later", 0)
                status, resolved, cycle = "in-progress", None, cycle + 1
        ends = kind in ("responded", "resolved", "closed", "merged")
        if ends and asked is not None:
            took = seconds(asked, at)
            if told.next_hours is not None:
                met = took <= told.next_hours * 3_600
                found.append((at, "next-response", {"seconds": took, "met": met}))
            asked = None
        if kind == "customer_replied" and responded and asked is None:
            asked = at
        if ends and responded is None:
            responded = at
    met = in_time(told, priority, responded, resolved, spent)
    if responded:
        took = seconds(created, responded)
        found.append((responded, "response", {"seconds": took, "met": met[0]}))
    if resolved:
        replies, said, cycle = counted
        found.append(
            (
                resolved,
                "resolution",
                {
                    "seconds": spent["open"] + spent["in-progress"],
                    "met": met[1],
                    "replies": replies,
                    "one-touch": cycle == 1 and replies == 1,
                    "first-contact": cycle == 1 and said == 0,
                    "spent": spent,
                },
            )
        )
    return found


def in_time(told, priority, responded, resolved, spent):
    """Whether both clocks met their targets. Where those changed, SLA.md's scenario says so."""
    if any(kind == "priority" for _at, kind, _value in told.events):
        answer = scenario.evaluate(
            {
                "calendar": "24x7",
                "events": [
                    {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "type": kind}
                    | ({"priority": value} if kind == "created" else {})
                    | ({"value": value} if kind == "priority" else {})
                    for at, kind, value in told.events
                ],
                "now": f"{told.events[-1][0]:%Y-%m-%dT%H:%M:%SZ}",
            }
        )
        return not answer["responseBreached"], not answer["resolutionBreached"]
    first, whole = HOURS[priority]
    on_time = responded and seconds(told.events[0][0], responded) <= first * 3_600
    done = resolved and spent["open"] + spent["in-progress"] <= whole * 3_600
    return bool(on_time), bool(done)


def figures(tickets, start, end, zone, **chosen):
    """Every figure by name over days of a zone, of tickets with these values; a set is any of."""
    where = ZoneInfo(zone)
    own = [ticket for ticket in tickets if selected(ticket, chosen)]
    found = {}
    for ticket in own:
        for at, what, more in ticket.happened:
            if start <= at.astimezone(where).date() < end:
                found.setdefault(what, []).append(more)

    def count(what):
        return len(found.get(what, ()))

    done = found.get("resolution", [])
    midnight = datetime(end.year, end.month, end.day, tzinfo=where)
    told = {
        **{name: count(name) for name in ("created", "resolved", "closed", "reopened")},
        "escalated": count("escalated"),
        "rate": share(count("resolved"), count("created")),
        "reopen-rate": share(count("reopened"), count("resolved")),
        "backlog": sum(ticket.active_before(midnight) for ticket in own),
        "replies": count("reply"),
        "returned": count("returned"),
        "replies-to-resolution": share(sum(one["replies"] for one in done), len(done)),
        "one-touch": sum(one["one-touch"] for one in done),
        "first-contact": sum(one["first-contact"] for one in done),
    }
    told["one-touch-rate"] = share(told["one-touch"], len(done))
    told["first-contact-rate"] = share(told["first-contact"], len(done))
    for clock in ("response", "next-response", "resolution", "assignment"):
        ends = found.get(clock, [])
        took = sorted(one["seconds"] for one in ends)
        told[f"{clock}s"] = len(took)
        told[f"{clock}-average"] = average(took)
        told[f"{clock}-median"] = took[ceil(Fraction(len(took), 2)) - 1] if took else None
        told[f"{clock}-p90"] = took[ceil(Fraction(9 * len(took), 10)) - 1] if took else None
        if clock != "assignment":
            met = sum(one["met"] for one in ends)
            told[f"late-{clock}s"] = len(ends) - met
            told[f"{clock}-attainment"] = share(met, len(ends))
    spent = [one["spent"] for one in done]
    with_us = [one["open"] + one["in-progress"] for one in spent]
    waited = sum(one["waiting"] for one in spent)
    told["waiting-share"] = share(waited, waited + sum(with_us))
    told["time-with-us"] = average(with_us)
    for name in ("waiting", "open", "in-progress", "done"):
        told[f"time-{name}"] = average([one[name] for one in spent])
    return told


def selected(ticket, chosen):
    for name, value in chosen.items():
        own = ticket.about[name]
        wanted = value if isinstance(value, set | frozenset) else {value}
        if isinstance(own, list):
            if not wanted & {*own}:
                return False
        elif own not in wanted:
            return False
    return True


def share(part, of):
    return part / of if of else None


def average(took):
    return floor(Fraction(sum(took), len(took)) + Fraction(1, 2)) if took else None


def agree(found, wanted, context):
    """Raise AssertionError unless each figure is the same, quantiles within 1 %."""
    for name, value in found.items():
        due = wanted[name]
        if name.endswith(("-median", "-p90")) and due is not None:
            assert value is not None, (name, context)
            assert abs(value - due) <= max(0.0101 * due, 0.001), (name, value, due, context)
        else:
            assert value == due, (name, value, due, context)
