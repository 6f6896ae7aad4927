"""The commands that operators call: what they print, what they leave, and that a repeat is safe."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from helpdesk.dynamo.table import client
from reporting.domain.days import Range
from reporting.services.query import ReportQuery
from reporting.services.report import report
from reporting.store.items import QuarterFacts, Row, TicketFacts
from tests.world import NOON, after, settle, stored
from tickets.services.conversation.communicate import respond
from tickets.services.lists.filters import read_filters
from tickets.services.lists.find import find
from tickets.store import search
from tickets.store.ticket import Ticket


def command(name, *words):
    out = StringIO()
    call_command(name, *words, stdout=out)
    return out.getvalue()


def test_sla_explain_says_of_a_ticket_why_each_deadline_is_what_it_is(desk):
    ticket = desk.ticket(priority="High").ticket_id
    respond(ticket, content="Soon.", by=desk.rep, now=after(minutes=30))

    told = command("sla_explain", ticket)

    assert f"Ticket {ticket}" in told
    assert "High" in told
    assert "Response: stopped, 30m of 4h used" in told
    assert "due 2026-11-04T12:00:00Z, breached 2026-11-04T12:00:00Z" in told


def test_sla_explain_of_no_ticket_is_one_line(desk):
    with pytest.raises(CommandError, match="Ticket 4711 not found"):
        command("sla_explain", "4711")


def test_rebuild_search_makes_a_lost_index_anew_from_the_tickets_alone(desk):
    one, other = desk.ticket(subject="Quicksilver").ticket_id, desk.ticket().ticket_id
    settle()
    search.clear()
    assert search.numbers() == set()

    for _time in range(2):
        assert "Indexed 2 tickets." in command("rebuild_search")
        assert search.numbers() == {int(one), int(other)}
        found = find(read_filters({"q": ["quicksilver"]}, by=desk.rep), by=desk.rep, now=NOON)
        assert [ticket.ticket_id for ticket in found.tickets] == [one]


def test_rebuild_reports_makes_lost_figures_anew_from_the_tickets_alone(desk):
    ticket = desk.ticket().ticket_id
    respond(ticket, content="x", by=desk.rep, now=after(hours=1))
    for item in [*QuarterFacts.scan(), *Row.scan()]:
        item.delete()

    for _time in range(2):
        assert "1 tickets counted" in command("rebuild_reports")
        day = Range(NOON.date(), NOON.date() + timedelta(days=1))
        response, *_others = report(ReportQuery(day)).stats()
        assert (response.met, response.average) == (1, 3_600)


def test_rebuild_reports_puts_right_what_changed_while_it_ran(desk):
    """A ticket of which the new generation has counted what is no longer so."""
    ticket = desk.ticket().ticket_id
    gone = {"2026-11-01T10:15": [["High", *[""] * 7], ["2026-11-01T10:20:00Z closed"]]}
    TicketFacts(f"2#TICKET#{ticket}", "COUNTED", ticket_id=ticket, quarters=gone, revision=1).save()
    QuarterFacts("2#FACTS#2026-11-01#0", f"10:15#{ticket}", about=[""] * 8, facts=[]).save()

    command("rebuild_reports")

    assert [item.sk for item in QuarterFacts.scan() if "FACTS" in item.pk] == [f"12:00#{ticket}"]


def test_create_tables_makes_what_is_missing_and_leaves_what_is_there(desk):
    ticket = desk.ticket().ticket_id
    name = str(Ticket.Meta.table_name)
    others = [table for table in client().list_tables()["TableNames"] if table != name]
    gone = others[0]
    client().delete_table(TableName=gone)

    first, second = command("create_tables"), command("create_tables")

    assert f"{gone}: created" in first
    assert f"{name}: exists" in first
    assert ": created" not in second
    assert stored(ticket).ticket_id == ticket


def test_upgrade_data_does_all_that_an_upgrade_needs_and_a_repeat_does_nothing(desk):
    ticket = stored(desk.ticket().ticket_id)
    ticket.segment = None
    ticket.save()

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE axes_accessattempt (username text)")

    first, second = command("upgrade_data"), command("upgrade_data")

    assert "segments=1" in first
    assert stored(ticket.ticket_id).segment == "Individual"
    assert "Indexed 1 tickets" in first
    assert "1 tickets counted" in first
    assert (
        "segments=0\nrecords=0\nlast messages=0\nfor figures=0\ncopies=0\nold tables=0\n" in second
    )
    assert "old tables=1" in first
    assert "axes_accessattempt" not in connection.introspection.table_names()
