"""A minute SLA clock, slow and obviously right: it lives through the scenario minute by minute.

Nothing of the real one is used. At each minute it asks whether that is working time and in which
state the ticket is. So everything in a scenario for it lies on whole minutes: instants, windows,
targets. Numbers below are minutes since 1970, or minutes of working time.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

EPOCH = date(1970, 1, 1)
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def parse(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class WorkingMinutes:
    """The working minutes, each named by its beginning; days are looked up when they are met."""

    def __init__(self, calendar):
        self.calendar = calendar
        self.days = set()
        self.looked_up = set()
        self.minutes = set()

    def __contains__(self, minute):
        if self.calendar == "24x7":
            return True
        today = minute // 1440
        if today not in self.days:
            self.days.add(today)
            # Local days reach into each other's UTC days; a set does not mind repetition.
            for near in range(-3, 4):
                self.look_up(EPOCH + timedelta(days=today + near))
        return minute in self.minutes

    def from_on(self, minute):
        """The working minutes from `minute` on, one after the other, without an end."""
        while self.calendar == "24x7":
            yield minute
            minute += 1
        while True:
            midnight = (minute // 1440 + 1) * 1440
            yield from (one for one in range(minute, midnight) if one in self)
            minute = midnight

    def look_up(self, day):
        if day in self.looked_up:
            return
        self.looked_up.add(day)
        if day.isoformat() in self.calendar.get("holidays", []):
            return
        zone = ZoneInfo(self.calendar["timezone"])
        for opens, closes in self.calendar["hours"].get(DAYS[day.weekday()], []):
            self.minutes.update(range(instant(zone, day, opens), instant(zone, day, closes)))


def instant(zone, day, wall):
    """The minute of a wall time: the offset before a skip, the first of two."""
    hours, minutes = (int(part) for part in wall.split(":"))
    if hours == 24:
        day, hours = day + timedelta(days=1), 0
    local = datetime(day.year, day.month, day.day, hours, minutes, tzinfo=zone, fold=0)
    return minute_of(local.astimezone(UTC))


class Ticking:
    """One clock: counts, and remembers when each amount was reached."""

    def __init__(self):
        self.elapsed = 0
        self.reached = {0: None}
        self.breached_at = None

    def tick(self, minute):
        """One working minute passed, from `minute` to the next."""
        self.elapsed += 1
        self.reached[self.elapsed] = minute + 1

    def look(self, minute, target, in_force_since):
        """The clock runs at `minute`: is that after its deadline?"""
        deadline = self.reached.get(target)
        if self.breached_at is None and deadline is not None and deadline < minute:
            self.breached_at = max(deadline, in_force_since)


class Run(Ticking):
    """One run of next response: from a message of the customer to the answer, or to the end."""

    def __init__(self, minute):
        super().__init__()
        self.started_at = minute
        self.stopped_at = None
        self.had_target = False


def evaluate(scenario):
    """The answer to a valid scenario, in the fields of SLA.md."""
    now = parse(scenario["now"])
    events = [event for event in scenario["events"] if parse(event["at"]) <= now]
    start = parse(events[0]["at"])
    targets = {
        name: {clock: seconds // 60 for clock, seconds in target.items()}
        for name, target in scenario["targets"].items()
    }
    working = WorkingMinutes(scenario["calendar"])
    first, last = minute_of(start), minute_of(now)

    status, waiting, priority = "Open", False, events[0]["priority"]
    responded_at = resolved_at = closed_at = None
    response, resolution = Ticking(), Ticking()
    response_since = resolution_since = next_since = first
    runs = []  # of next response
    paused = 0
    todo = [(minute_of(parse(event["at"])), event) for event in events[1:]]

    def look(minute):
        if responded_at is None:
            response.look(minute, targets[priority]["response"], response_since)
        if status in ("Open", "In Progress") and not waiting:
            resolution.look(minute, targets[priority]["resolution"], resolution_since)
        promised = targets[priority].get("nextResponse")
        if going_on() and promised is not None:
            runs[-1].had_target = True
            runs[-1].look(minute, promised, next_since)

    def going_on():
        return bool(runs) and runs[-1].stopped_at is None

    def answered(minute):
        if going_on():
            runs[-1].stopped_at = minute

    minute = first
    while True:
        look(minute)
        while todo and todo[0][0] == minute:
            _, event = todo.pop(0)
            kind = event["type"]
            was_running = status in ("Open", "In Progress") and not waiting
            if kind == "responded":
                responded_at = responded_at or minute
                status = "In Progress" if status == "Open" else status
                answered(minute)
            elif kind == "priority":
                if event["value"] != priority:
                    same = targets[event["value"]] == targets[priority]
                    priority = event["value"]
                    if not same:
                        response_since = resolution_since = next_since = minute
            elif kind == "waiting":
                status, waiting = "In Progress", True
            elif kind == "resumed":
                waiting = False
            elif kind == "customer_replied":
                waiting = False
                if status in ("Resolved", "Closed"):
                    status, resolved_at, closed_at = "In Progress", None, None
                if responded_at is not None and not going_on():
                    runs.append(Run(minute))
                    next_since = minute
            elif kind == "reopened":
                status, resolved_at, closed_at = "In Progress", None, None
            elif kind in ("resolved", "closed"):
                waiting = False
                responded_at = responded_at or minute
                resolved_at = resolved_at or minute
                status = "Resolved" if kind == "resolved" else "Closed"
                closed_at = minute if kind == "closed" else closed_at
                answered(minute)
            if not was_running and status in ("Open", "In Progress") and not waiting:
                resolution_since = minute
            look(minute)
        if minute == last:
            break
        if minute in working:
            if responded_at is None:
                response.tick(minute)
            if status in ("Open", "In Progress") and not waiting:
                resolution.tick(minute)
            if waiting:
                paused += 1
            if going_on():
                runs[-1].tick(minute)
        minute += 1

    def deadline(clock, target):
        if target in clock.reached:
            return clock.reached[target]
        left = target - clock.elapsed
        return next(islice(working.from_on(last), left - 1, None)) + 1

    running = status in ("Open", "In Progress") and not waiting
    due = {
        "response": deadline(response, targets[priority]["response"])
        if responded_at is None
        else None,
        "resolution": deadline(resolution, targets[priority]["resolution"]) if running else None,
    }
    promised = targets[priority].get("nextResponse")
    if going_on() and promised is not None:
        due["next response"] = deadline(runs[-1], promised)
    answer = {
        "status": status,
        "priority": priority,
        "responseDeadline": text(due["response"]),
        "resolutionDeadline": text(due["resolution"]),
        "slaDeadline": text(min((at for at in due.values() if at), default=None)),
        "firstRespondedAt": text(responded_at),
        "resolvedAt": text(resolved_at),
        "responseElapsedSeconds": response.elapsed * 60,
        "resolutionElapsedSeconds": resolution.elapsed * 60,
        "pausedSeconds": paused * 60,
        "responseBreached": response.breached_at is not None,
        "responseBreachedAt": text(response.breached_at),
        "resolutionBreached": resolution.breached_at is not None,
        "resolutionBreachedAt": text(resolution.breached_at),
    }
    recorded = [run for run in runs if run.had_target]
    if promised is not None or recorded:
        last_goes_on = bool(recorded) and recorded[-1].stopped_at is None
        answer |= {
            "nextResponseDeadline": text(due.get("next response")),
            "nextResponseElapsedSeconds": recorded[-1].elapsed * 60 if last_goes_on else None,
            "nextResponseRuns": [
                {
                    "startedAt": text(run.started_at),
                    "stoppedAt": text(run.stopped_at),
                    "elapsedSeconds": run.elapsed * 60,
                    "breachedAt": text(run.breached_at),
                }
                for run in recorded
            ],
        }
    return answer


def minute_of(at):
    whole, rest = divmod(int(at.timestamp()), 60)
    assert rest == 0, "the reference knows whole minutes only"
    return whole


def text(minute):
    if minute is None:
        return None
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
