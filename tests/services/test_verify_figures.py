"""verify_tickets sees facts and rollups that differ from the tickets, and files that are lost."""

from io import StringIO

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from reporting.services import rollups
from reporting.store import queries as table
from reporting.store.items import DayFacts, Rollup, TicketFacts
from tests.world import after, log_of, settle
from tickets.services.conversation.attachments import kept
from tickets.services.conversation.communicate import respond
from tickets.services.customer_records.follow import sync_changed_customers
from tickets.services.lifecycle import links_and_merges
from tickets.services.maintenance.verify import verify


def rolled():
    sync_changed_customers()
    settle()
    while rollups.roll_up():
        pass


def found(*ticket_ids):
    return [drift.what for drift in verify(ticket_ids)]


@pytest.fixture
def lived(desk):
    kept_one, twin = desk.ticket().ticket_id, desk.ticket(now=after(days=40)).ticket_id
    respond(kept_one, content="x", by=desk.rep, now=after(hours=1))
    links_and_merges.merge(twin, into=kept_one, by=desk.rep, now=after(days=41))
    rolled()
    return kept_one


def test_figures_that_follow_from_the_tickets_are_no_drift(lived):
    assert found() == []


def test_a_lost_fact_is_seen(lived):
    [item] = [
        one for one in DayFacts.scan(DayFacts.pk.startswith("FACTS#2026-11-02")) if one.sk == lived
    ]
    item.delete()
    assert "facts: those of 2026-11-02 differ" in found(lived)
    assert any(what.startswith("rollups: day of 2026-11-02, UTC") for what in found())


def test_facts_that_were_never_written_are_seen(lived):
    TicketFacts.get(f"TICKET#{lived}", "FACTS").delete()
    assert "facts: those of 2026-11-02 differ" in found(lived)


@pytest.mark.parametrize("what", ["day", "day-durations", "month", "month-days", "merged-month"])
def test_a_rollup_that_says_otherwise_is_seen(lived, what):
    [item, *_more] = Rollup.query(f"ROLLUP#UTC#{what}")
    item.update(actions=[Rollup.data.set(b"")])
    assert [one for one in found() if one.startswith(f"rollups: {what} of ")]


@pytest.mark.parametrize("on_its_way", ["events", "days", "rebuild"])
def test_what_is_still_on_its_way_is_no_drift_and_is_said(lived, desk, on_its_way):
    desk.ticket(now=after(days=50))
    if on_its_way != "events":
        settle()  # which leaves the days to be rolled up
    if on_its_way == "rebuild":
        while rollups.roll_up():
            pass
        table.begin_rebuilding()
    out = StringIO()

    call_command("verify_tickets", lived, stdout=out)

    assert "Figures are catching up, and were not compared: run this again." in out.getvalue()
    assert out.getvalue().endswith("tickets=1 drifts=0\n")
    assert table.facts_of_tickets([lived])


def test_a_lost_file_is_seen(desk, lived):
    with kept(lived, [SimpleUploadedFile("a.txt", b"abc", "text/plain")]) as files:
        respond(lived, content="y", attachments=files, by=desk.rep, now=after(hours=2))
    rolled()
    [file] = [one for line in log_of(lived) for one in line.attachments or ()]
    assert found(lived) == []
    storages["attachments"].delete(file.file_id)
    assert found(lived) == [f"attachments: the file {file.file_id} is not there"]


def test_facts_of_a_ticket_that_is_gone_are_seen_wherever_they_lie(desk, lived):
    assert found() == []
    gone = "4711"
    for stray in (
        TicketFacts(f"TICKET#{gone}", "FACTS", ticket_id=gone, days={}),
        DayFacts("FACTS#2026-12-24#0", gone, about=[], facts=[]),
    ):
        stray.save()
        drifts = [(drift.ticket_id, drift.what) for drift in verify(())]
        assert (gone, "facts: there is no such ticket") in drifts
        assert all(number in (gone, "figures") for number, _what in drifts)
        assert found(lived) == [], "who asks for one ticket asks for no other"
        stray.delete()
    assert found() == []


def test_rollups_of_days_on_which_no_ticket_has_anything_are_seen(lived):
    """Left behind by a ticket whose facts are gone without a mark."""
    [item, *_more] = Rollup.query("ROLLUP#UTC#day", Rollup.sk.startswith("2026-11-02"))
    Rollup(item.pk, "2027-03-04#000", data=item.data, pieces=1, version=1).save()

    assert any(what.startswith("rollups: day of 2027-03-04, UTC") for what in found())


def test_a_rollup_of_a_month_without_days_is_seen(lived):
    [item, *_more] = Rollup.query("ROLLUP#UTC#month", Rollup.sk.startswith("2026-11#"))
    Rollup(item.pk, "2027-05#000", data=item.data, pieces=1, version=1).save()

    assert any(what.startswith("rollups: month of 2027-05, UTC") for what in found())


def test_rollups_that_still_count_facts_which_are_gone_are_seen(desk, lived):
    number = desk.ticket(now=after(days=90)).ticket_id
    rolled()
    [item] = DayFacts.scan(DayFacts.sk == number)
    item.delete()
    TicketFacts.get(f"TICKET#{number}", "FACTS").update(actions=[TicketFacts.days.set({})])
    assert found(), "without a mark the rollups still count it"
