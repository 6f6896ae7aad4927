"""verify_tickets sees facts and rollups that differ from the tickets, and files that are lost."""

from io import StringIO

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from reporting.services import generations, rollups
from reporting.store import queries as table
from reporting.store.items import QuarterFacts, Row, TicketFacts
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
    item, *_more = [
        one
        for one in QuarterFacts.scan(QuarterFacts.pk.startswith("1#FACTS#2026-11-02"))
        if one.ticket_id == lived
    ]
    item.delete()
    assert "facts: those of 2026-11-02 differ" in found(lived)
    assert "rows: all of 2026-11-02 are not what the facts say" in found()


def test_facts_that_were_never_written_are_seen(lived):
    TicketFacts.get(f"1#TICKET#{lived}", "COUNTED").delete()
    assert "facts: those of 2026-11-02 differ" in found(lived)


@pytest.mark.parametrize("group", ["all", "cells", "by", "merged-all", "cells-of-"])
@pytest.mark.parametrize("level", ["days#counts", "days#bins", "part1#counts", "months#counts"])
def test_a_row_that_says_otherwise_is_seen(lived, group, level):
    rows_of = [*Row.query(f"1#ROWS#{group}#{level}")]
    if not rows_of:
        assert (group, level) in {("cells-of-", "days#bins"), ("merged-all", "days#bins")}
        return
    rows_of[0].update(actions=[Row.data.set(b"")])
    said = "the sum of its days" if level.startswith("months") else "what the facts say"
    assert [one for one in found() if one.startswith(f"rows: {group} of ") and one.endswith(said)]


@pytest.mark.parametrize("on_its_way", ["events", "days", "rebuild"])
def test_what_is_still_on_its_way_is_no_drift_and_is_said(lived, desk, on_its_way):
    desk.ticket(now=after(days=50))
    if on_its_way != "events":
        settle()  # which leaves the days to be rolled up
    if on_its_way == "rebuild":
        while rollups.roll_up():
            pass
        generations.begin(after(days=60))
    out = StringIO()

    call_command("verify_tickets", lived, stdout=out)

    assert "Figures are catching up, and were not compared: run this again." in out.getvalue()
    assert out.getvalue().endswith("tickets=1 drifts=0\n")
    assert table.facts_of_tickets(1, [lived])


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
        TicketFacts(f"1#TICKET#{gone}", "COUNTED", ticket_id=gone, quarters={}),
        QuarterFacts("1#FACTS#2026-12-24#0", f"10:15#{gone}", about=[""] * 8, facts=[]),
    ):
        stray.save()
        drifts = [(drift.ticket_id, drift.what) for drift in verify(())]
        assert (gone, "facts: there is no such ticket") in drifts
        assert all(number in (gone, "figures") for number, _what in drifts)
        assert found(lived) == [], "who asks for one ticket asks for no other"
        stray.delete()
    assert found() == []


def test_rows_of_days_on_which_no_ticket_has_anything_are_seen(lived):
    """Left behind by a ticket whose facts are gone without a change."""
    [item, *_more] = Row.query("1#ROWS#all#days#counts", Row.sk.startswith("2026-11-02"))
    Row(item.pk, "2027-03-04#all#High", data=item.data, batch=1).save()

    assert "rows: all of 2027-03-04 are not what the facts say" in found()


def test_a_row_of_a_month_without_days_is_seen(lived):
    [item, *_more] = Row.query("1#ROWS#all#months#counts", Row.sk.startswith("2026-11#"))
    Row(item.pk, "2027-05#all#High", data=item.data, batch=1).save()

    assert "rows: all of 2027-05 are not the sum of its days" in found()


def test_rows_that_still_count_facts_which_are_gone_are_seen(desk, lived):
    number = desk.ticket(now=after(days=90)).ticket_id
    rolled()
    for item in QuarterFacts.scan(QuarterFacts.sk.contains(f"#{number}")):
        item.delete()
    TicketFacts.get(f"1#TICKET#{number}", "COUNTED").update(actions=[TicketFacts.quarters.set({})])
    assert found(), "without a change the rows still count it"
