"""The table of cases in SLA.md, row by row. Mon–Fri 09:00–17:00, America/New_York, unless said."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tickets.domain import calendar
from tickets.domain.calendar import ALWAYS
from tickets.domain.sla import clock, milestones
from tickets.domain.sla.milestones import DEFAULT_RULES
from tickets.domain.sla.policy import DEFAULT_TERMS, PolicySnapshot, Targets
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Priority
from tickets.domain.workflow import Event, EventType

NEW_YORK = ZoneInfo("America/New_York")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
MONDAY = 16  # of November 2026


def office(*, holidays=(), windows=(("09:00", "17:00"),)):
    return calendar.parse(
        {
            "timezone": "America/New_York",
            "hours": {day: [list(window) for window in windows] for day in WEEKDAYS},
            "holidays": list(holidays),
        }
    )


def local(day, time, *, month=11, year=2026, fold=0):
    """A wall time in New York; `day` of November 2026 unless said."""
    hours, minutes = map(int, time.split(":"))
    return datetime(year, month, day, hours, minutes, tzinfo=NEW_YORK, fold=fold).astimezone(UTC)


def due(start, hours, passes):
    return passes.add(start, int(hours * 3600))


def terms(passes, *, response=3600, resolution=8 * 3600):
    return {
        "t": PolicySnapshot("t", passes, dict.fromkeys(Priority, Targets(response, resolution)))
    }


def timeline(created, *events, priority=Priority.MEDIUM, key="t"):
    line = Timeline.begin(created, priority, key)
    for at, kind, *rest in events:
        line = line.then(Event(at, kind, priority=rest[0] if rest else None))
    return line


FRIDAY, SATURDAY, NEXT_MONDAY, NEXT_TUESDAY = MONDAY + 4, MONDAY + 5, MONDAY + 7, MONDAY + 8


def planned_for(line, terms, fired=()):
    reading = clock.read(line, terms, now=line.last_at)
    return milestones.plan(line, reading, DEFAULT_RULES, fired=fired)


def test_row_1_friday_afternoon_goes_on_on_monday():
    assert due(local(FRIDAY, "16:30"), 1, office()) == local(NEXT_MONDAY, "09:30")


@pytest.mark.parametrize("start", [local(SATURDAY, "12:00"), local(FRIDAY, "17:00")])
def test_row_2_outside_working_hours_the_clock_starts_at_the_next_opening(start):
    assert due(start, 4, office()) == local(NEXT_MONDAY, "13:00")


def test_row_3_a_holiday_does_not_count():
    closed = office(holidays=["2026-11-23"])
    assert due(local(FRIDAY, "16:30"), 1, closed) == local(NEXT_TUESDAY, "09:30")


def test_row_4_a_lunch_break_does_not_count():
    with_lunch = office(windows=(("09:00", "12:00"), ("13:00", "17:00")))
    assert due(local(MONDAY, "11:30"), 1, with_lunch) == local(MONDAY, "13:30")


def test_row_5_around_the_clock_passes_midnight():
    start = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)
    assert due(start, 1, ALWAYS) == start + timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (local(13, "23:00", month=3, year=2027), local(14, "04:00", month=3, year=2027)),
        (local(31, "23:00", month=10), local(1, "02:00")),
    ],
)
def test_row_6_around_the_clock_hours_are_real_hours_across_dst(start, expected):
    assert due(start, 4, ALWAYS) == expected


def test_row_7_waiting_moves_the_deadline_by_the_working_time_of_the_wait():
    waited = timeline(
        local(FRIDAY, "15:00"),
        (local(FRIDAY, "16:00"), EventType.WAITING),
        (local(NEXT_MONDAY, "10:00"), EventType.RESUMED),
    )
    reading = clock.read(waited, terms(office()), now=local(NEXT_MONDAY, "10:00"))
    # 8 h from Friday 15:00 is Monday 15:00; two hours of the wait were working time.
    assert reading.resolution.deadline == local(NEXT_MONDAY, "17:00")
    assert reading.paused_seconds == 2 * 3600


def test_row_7_waiting_outside_working_hours_moves_nothing():
    waited = timeline(
        local(FRIDAY, "15:00"),
        (local(FRIDAY, "17:00"), EventType.WAITING),
        (local(NEXT_MONDAY, "09:00"), EventType.RESUMED),
    )
    reading = clock.read(waited, terms(office()), now=local(NEXT_MONDAY, "09:00"))
    assert reading.resolution.deadline == local(NEXT_MONDAY, "15:00")
    assert reading.paused_seconds == 0


def test_row_8_a_wait_that_ends_in_a_resolve_is_deducted():
    line = timeline(
        local(MONDAY, "09:00"),
        (local(MONDAY, "10:00"), EventType.WAITING),
        (local(MONDAY, "16:00"), EventType.RESOLVED),
    )
    reading = clock.read(line, terms(office()), now=local(MONDAY, "16:30"))
    assert reading.resolution.elapsed == 3600
    assert reading.paused_seconds == 6 * 3600
    assert reading.resolution.breached_at is None


def test_row_9_two_waits_in_the_same_minute_are_both_deducted():
    start = local(MONDAY, "10:00")
    line = timeline(
        local(MONDAY, "09:00"),
        (start, EventType.WAITING),
        (start + timedelta(seconds=20), EventType.RESUMED),
        (start + timedelta(seconds=40), EventType.WAITING),
        (start + timedelta(minutes=10), EventType.CUSTOMER_REPLIED),
    )
    reading = clock.read(line, terms(office()), now=start + timedelta(minutes=10))
    assert reading.paused_seconds == 20 + 560
    assert reading.resolution.elapsed == 3600 + 20


def test_row_10_a_waiting_ticket_that_is_edited_past_the_old_deadline_has_not_breached():
    line = timeline(
        local(MONDAY, "09:00"),
        (local(MONDAY, "10:00"), EventType.RESPONDED),
        (local(MONDAY, "10:00"), EventType.WAITING),
        (local(MONDAY + 2, "12:00"), EventType.PRIORITY, Priority.HIGH),
    )
    reading = clock.read(line, terms(office()), now=local(MONDAY + 3, "12:00"))
    assert reading.resolution.breached_at is None
    assert reading.resolution.deadline is None
    assert reading.sla_deadline is None


def test_row_11_medium_to_critical_with_3_h_gone_breaches_the_response_at_the_change_once():
    created = datetime(2026, 11, 16, 9, tzinfo=UTC)
    change = created + timedelta(hours=3)
    line = timeline(created, (change, EventType.PRIORITY, Priority.CRITICAL), key="default-1")
    known = {"default-1": DEFAULT_TERMS}

    for later in (timedelta(0), timedelta(hours=1), timedelta(days=30)):
        reading = clock.read(line, known, now=change + later)
        assert reading.response.breached_at == change
        assert reading.response.deadline == created + timedelta(hours=2)

    planned = planned_for(line, known)
    breaches = [found for found in planned if found.rule.key == "response-breached"]
    assert [found.due_at for found in breaches] == [change]
    again = planned_for(line, known, fired={"response-breached"})
    assert "response-breached" not in {found.rule.key for found in again}


def test_row_12_resolved_late_and_seen_later_is_breached_at_the_deadline():
    line = timeline(
        local(MONDAY, "09:00"),
        (local(MONDAY, "09:30"), EventType.RESPONDED),
        (local(MONDAY + 1, "11:00"), EventType.RESOLVED),
    )
    seen = clock.read(line, terms(office()), now=local(MONDAY + 3, "09:00"))
    assert seen.resolution.breached_at == local(MONDAY, "17:00")
    assert seen.response.breached_at is None


def test_row_13_a_sweep_that_is_3_h_late_finds_every_missed_milestone_once_in_order():
    created = datetime(2026, 11, 16, 9, tzinfo=UTC)
    known = {"default-1": DEFAULT_TERMS}
    line = timeline(created, priority=Priority.HIGH, key="default-1")

    planned = planned_for(line, known)
    missed = milestones.passed(planned, created + timedelta(hours=7))

    assert [(found.rule.key, found.due_at - created) for found in missed] == [
        ("response-at-risk", timedelta(hours=3)),
        ("response-breached", timedelta(hours=4)),
    ]
    fired = {found.rule.key for found in missed}
    again = planned_for(line, known, fired=fired)
    assert milestones.passed(again, created + timedelta(hours=7)) == ()


# Beyond the table: sentences of SLA.md


def test_the_deadline_is_the_earliest_instant():
    """8 h from Monday 09:00 in 09:00–17:00 is Monday 17:00, never Tuesday 09:00."""
    assert due(local(MONDAY, "09:00"), 8, office()) == local(MONDAY, "17:00")


def test_due_at_closing_time_and_answered_before_the_next_opening_is_late():
    line = timeline(local(MONDAY, "16:00"), (local(MONDAY + 1, "08:00"), EventType.RESPONDED))
    reading = clock.read(line, terms(office()), now=local(MONDAY + 1, "09:00"))
    assert reading.response.breached_at == local(MONDAY, "17:00")


def test_answered_exactly_at_the_deadline_is_met():
    line = timeline(local(MONDAY, "16:00"), (local(MONDAY, "17:00"), EventType.RESPONDED))
    reading = clock.read(line, terms(office()), now=local(MONDAY + 1, "09:00"))
    assert reading.response.breached_at is None


def test_lowering_the_priority_moves_the_live_deadline_and_erases_no_breach():
    created = datetime(2026, 11, 16, 9, tzinfo=UTC)
    line = timeline(
        created,
        (created + timedelta(hours=3), EventType.PRIORITY, Priority.LOW),
        priority=Priority.CRITICAL,
        key="default-1",
    )
    reading = clock.read(line, {"default-1": DEFAULT_TERMS}, now=created + timedelta(hours=4))
    assert reading.response.breached_at == created + timedelta(hours=2)
    assert reading.response.deadline == created + timedelta(hours=24)


def test_a_breach_by_a_change_while_paused_is_recorded_when_the_clock_runs_again():
    created = datetime(2026, 11, 16, 9, tzinfo=UTC)
    resumed = created + timedelta(hours=40)
    line = timeline(
        created,
        (created + timedelta(hours=30), EventType.WAITING),
        (created + timedelta(hours=35), EventType.PRIORITY, Priority.CRITICAL),
        (resumed, EventType.RESUMED),
        key="default-1",
    )
    known = {"default-1": DEFAULT_TERMS}
    paused = clock.read(line, known, now=created + timedelta(hours=39))
    running = clock.read(line, known, now=resumed)
    assert paused.resolution.breached_at is None
    assert running.resolution.breached_at == resumed
    assert running.resolution.deadline == created + timedelta(hours=24)


def test_after_a_reopening_the_clock_goes_on_from_where_it_stood():
    created = datetime(2026, 11, 16, 9, tzinfo=UTC)
    line = timeline(
        created,
        (created + timedelta(hours=10), EventType.RESOLVED),
        (created + timedelta(hours=100), EventType.REOPENED),
        key="default-1",
    )
    known = {"default-1": DEFAULT_TERMS}
    reading = clock.read(line, known, now=created + timedelta(hours=101))
    assert reading.resolution.elapsed == 11 * 3600
    assert reading.resolution.deadline == created + timedelta(hours=100 + 62)
    assert reading.first_responded_at == created + timedelta(hours=10)
    assert reading.response.deadline is None


def test_a_reopened_ticket_that_was_overdue_escalates_in_its_new_life():
    created = datetime(2026, 11, 16, 9, tzinfo=UTC)
    reopened = created + timedelta(hours=100)
    line = timeline(
        created,
        (created + timedelta(hours=80), EventType.RESOLVED),
        (reopened, EventType.REOPENED),
        key="default-1",
    )
    planned = planned_for(line, {"default-1": DEFAULT_TERMS})
    assert [(found.rule.key, found.due_at) for found in milestones.passed(planned, reopened)] == [
        ("resolution-at-risk", reopened),
        ("resolution-breached", reopened),
    ]


def test_a_waiting_ticket_has_no_milestone_of_its_resolution():
    created = datetime(2026, 11, 16, 9, tzinfo=UTC)
    line = timeline(
        created,
        (created + timedelta(hours=1), EventType.RESPONDED),
        (created + timedelta(hours=1), EventType.WAITING),
        key="default-1",
    )
    planned = planned_for(line, {"default-1": DEFAULT_TERMS})
    assert planned == ()
    assert milestones.next_at(planned) is None
