"""Supervisors work with tickets in the admin as with any other model."""

import re
from html import unescape
from itertools import product

from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.urls import reverse

from helpdesk.clock import this_second
from helpdesk.dynamo.capacity import counting
from tests.world import log_of, more_statements, settle, stored, team
from tickets.admin import people
from tickets.services.assignment.assign import assign

LIST = "/admin/tickets/ticket/"


def change_of(number):
    return reverse("admin:tickets_ticket_change", args=[number])


def numbers_in(page):
    return re.findall(r"/admin/tickets/ticket/(\d+)/change/", page.content.decode())


def form_in(page):
    """What a browser would post from the form on the page."""
    form = page.context["adminform"].form
    given = {"version": form["version"].value(), "seen": page.context["seen"]}
    for bound in form:
        if bound.name == "version":
            continue
        value = bound.value()
        given[bound.html_name] = given[bound.html_initial_name] = "" if value is None else value
    return given


FILTERS = {
    "": "plain high late raised resolved closed",
    "status__exact=Open": "plain high late raised",
    "status__exact=Closed": "closed",
    "status__in=Open,In Progress": "plain high late raised",
    "priority__exact=High": "high",
    "category__exact=Customs": "high",
    "sla_status=overdue": "late",
    "escalated=yes": "raised",
    "escalated=no": "plain high late resolved closed",
    "assignee=none": "plain late raised resolved closed",
    "status__exact=Open&escalated=yes&assignee=none": "raised",
    "created_at__lt=2026-11-03": "late",
    "order=-created_at": "plain high late raised resolved closed",
    "created_at__to=2026-11-02": "late",
    "sla_deadline__to=2026-11-30&created_at__to=2026-11-02": "late",
    "sla_deadline__from=2999-01-01": "",
    "created_at__from=2026-11-02&created_at__to=2026-11-02&status__exact=Open": "late",
    "created_at__from=2026-11-03&priority__exact=High": "high",
    "q=scratched": "raised",
    "q=priority:high": "high",
    "q=is:overdue": "late",
    "q=scratched status:closed": "",
    "q=golf&status__exact=Open": "",
}


def test_each_filter_shows_its_tickets(supervisor, tickets, subtests):
    for query, names in FILTERS.items():
        with subtests.test(query):
            page = supervisor.get(f"{LIST}?{query}")

            assert page.status_code == 200
            assert set(numbers_in(page)) == {tickets[name] for name in names.split()}


def test_a_bookmark_of_an_earlier_release_leads_to_the_same_list(supervisor):
    moved = supervisor.get(f"{LIST}?standing=at+risk&escalated=yes")

    assert (moved.status_code, moved["Location"]) == (
        301,
        f"{LIST}?escalated=yes&sla_status=at+risk",
    )
    due = supervisor.get(f"{LIST}?due=week", follow=True)
    assert due.redirect_chain
    assert "sla_deadline__from=" in due.redirect_chain[0][0]
    assert due.status_code == 200


def test_the_list_shows_what_a_supervisor_looks_for(supervisor, desk, tickets):
    assign(tickets["late"], to=desk.rep2.user_id, by=desk.rep)
    settle()

    text = supervisor.get(f"{LIST}?sla_status=overdue").content.decode()

    for words in ("Giulia Bianchi", "Overdue by", "Tomasz Nowak", 'data-level="', "Medium", "Open"):
        assert words in text


def test_pages_go_on_and_come_back_by_cursor(supervisor, desk, monkeypatch):
    from tickets.admin import TicketAdmin

    monkeypatch.setattr(TicketAdmin, "list_per_page", 3)
    made = [desk.ticket(now=this_second()).ticket_id for _ in range(8)]
    settle()
    seen, address = [], "?order=-created_at"
    while address:
        page = supervisor.get(LIST + address)
        seen.append(numbers_in(page))
        address = page.context["cl"].next_url
    assert [number for numbers in seen for number in numbers] == sorted(made, key=int, reverse=True)
    back = supervisor.get(LIST + page.context["cl"].previous_url)
    assert numbers_in(back) == seen[-2]
    assert page.context["cl"].result_count == 8
    # A filter leaves the cursor of the other list behind.
    assert "from=" not in back.context["cl"].get_query_string({"status__exact": "Open"})


def test_a_count_says_when_there_are_more(supervisor, desk, monkeypatch):
    from tickets.admin import TicketAdmin

    monkeypatch.setattr(TicketAdmin, "list_per_page", 2)
    monkeypatch.setattr("helpdesk.dynamo_admin.changelist.MOST_COUNTED", 3)
    for _ in range(5):
        desk.ticket(now=this_second())
    settle()

    assert "more than 3" in supervisor.get(LIST).content.decode()


def test_a_form_writes_through_one_transaction_and_both_logs(supervisor, desk):
    money = team("Money", desk.rep_user)
    number = desk.ticket(now=this_second()).ticket_id
    given = form_in(supervisor.get(change_of(number)))
    before = stored(number).version

    answer = supervisor.post(
        change_of(number),
        given
        | {
            "priority": "High",
            "status": "In Progress",
            "team_id": str(money.pk),
            "assigned_to": desk.rep.user_id,
            "tags": "vip, broker",
            "note": "Call @tomasz first",
        },
    )

    assert answer.status_code == 302
    ticket = stored(number)
    assert ticket.version == before + 1
    assert (ticket.priority, ticket.status, ticket.team_id) == (
        "High",
        "In Progress",
        str(money.pk),
    )
    assert (ticket.assigned_to, ticket.tags) == (desk.rep.user_id, ["broker", "vip"])
    assert {line.type for line in log_of(number)} == {"Internal Note", "System Update"}
    entry = LogEntry.objects.get(object_id=number)
    assert "Priority" in entry.get_change_message()
    history = supervisor.get(reverse("admin:tickets_ticket_history", args=[number]))
    assert "Call @tomasz first" in history.content.decode()
    assert "Changed Category" not in history.content.decode()


def test_a_note_that_mentions_somebody_unknown_says_so(supervisor, desk):
    number = desk.ticket(now=this_second()).ticket_id

    def noted(text):
        given = form_in(supervisor.get(change_of(number)))
        page = supervisor.post(change_of(number), given | {"note": text}, follow=True)
        return page.content.decode()

    assert "Note added. No user called @tomas, @nobody." in noted("Ask @tomas or @nobody")
    assert "No user called" not in noted("Ask @tomasz")
    notes = [line.content for line in log_of(number) if line.type == "Internal Note"]
    assert len(notes) == 2


def test_nothing_changed_writes_nothing(supervisor, desk):
    number = desk.ticket(now=this_second()).ticket_id
    before = stored(number).version

    supervisor.post(change_of(number), form_in(supervisor.get(change_of(number))))

    assert stored(number).version == before


def test_what_is_refused_comes_back_beside_its_field_with_what_was_typed(supervisor, desk):
    number = desk.ticket(now=this_second()).ticket_id
    given = form_in(supervisor.get(change_of(number)))

    page = supervisor.post(change_of(number), given | {"tags": "x" * 50, "note": "A long story"})

    text = page.content.decode()
    assert page.status_code == 200
    assert "Use at most 20 tags of at most 40 characters" in text
    assert "A long story" in text
    assert not LogEntry.objects.exists()


def test_two_supervisors_edit_one_ticket_and_the_second_sees_it_and_loses_nothing(
    supervisor, administrator, desk
):
    number = desk.ticket(now=this_second()).ticket_id
    mine = form_in(supervisor.get(change_of(number)))
    theirs = form_in(administrator.get(change_of(number)))
    administrator.post(change_of(number), theirs | {"priority": "High", "category": "Customs"})

    page = supervisor.post(
        change_of(number),
        mine | {"priority": "Low", "subject": "Where is my Golf?", "note": "Waiting at the port"},
    )

    text = unescape(page.content.decode())
    assert page.status_code == 200
    assert "Priority is now “High”. You entered “Low”." in text
    assert "Ada: Priority: Medium → High" in text.replace("; Category: Shipping → Customs", "")
    assert stored(number).subject == "Where is my car?"
    form = page.context["adminform"].form
    assert form["subject"].value() == "Where is my Golf?"
    assert form["priority"].value() == "Low"
    assert form["category"].value() == "Customs"
    assert form["note"].value() == "Waiting at the port"

    again = {bound.html_name: bound.value() or "" for bound in form}
    again |= {bound.html_initial_name: form.data.get(bound.html_initial_name, "") for bound in form}
    assert supervisor.post(change_of(number), again).status_code == 302

    ticket = stored(number)
    assert ticket.subject == "Where is my Golf?"
    assert (ticket.priority, ticket.category) == ("Low", "Customs")
    assert any(line.content == "Waiting at the port" for line in log_of(number))


def test_a_closed_ticket_is_history_for_supervisors_but_not_for_administrators(
    supervisor, administrator, tickets
):
    address = change_of(tickets["closed"])
    shown = supervisor.get(address)
    assert shown.status_code == 200
    assert "This ticket is closed" in shown.content.decode()
    assert 'name="subject"' not in shown.content.decode()
    assert supervisor.post(address, {"subject": "x"}).status_code == 403

    given = form_in(administrator.get(address))
    administrator.post(address, given | {"subject": "Corrected"})
    assert stored(tickets["closed"]).subject == "Corrected"


def test_archiving_is_for_administrators_and_keeps_the_figures(supervisor, administrator, tickets):
    from reporting.services.report import sla_report  # noqa: F401 (the figures exist)

    delete = reverse("admin:tickets_ticket_delete", args=[tickets["closed"]])
    assert supervisor.post(delete, {"post": "yes"}).status_code == 403
    opened = reverse("admin:tickets_ticket_delete", args=[tickets["plain"]])
    assert administrator.post(opened, {"post": "yes"}).status_code == 403
    page = administrator.get(delete)
    assert "They still count in reports" in page.content.decode()

    administrator.post(delete, {"post": "yes"})
    settle()

    ticket = stored(tickets["closed"])
    assert ticket.archived_at
    assert ticket.status == "Closed"
    for query in (
        "",
        "status__exact=Closed",
        f"q={tickets['closed']}",
        f"customer_id={ticket.customer_id}&order=-created_at",
    ):
        assert tickets["closed"] not in numbers_in(administrator.get(f"{LIST}?{query}")), query
    assert "Archived" in administrator.get(change_of(tickets["closed"])).content.decode()

    restore = reverse("admin:tickets_ticket_restore", args=[tickets["closed"]])
    assert supervisor.post(restore).status_code == 403
    administrator.post(restore)
    settle()
    assert tickets["closed"] in numbers_in(administrator.get(f"{LIST}?status__exact=Closed"))
    assert LogEntry.objects.filter(object_id=tickets["closed"]).count() == 2


HOSTILE = [
    "o=99",
    "o=-1.2.x",
    "o=%00",
    "p=-5",
    "p=zzz",
    "p=99999999",
    "all=",
    "e=1",
    "_popup=1",
    "_facets=True",
    "_to_field=subject",
    "_to_field=nothing",
    "subject__regex=((a%2B)%2B)%2B$",
    "subject__iregex=(",
    "nothing=1",
    "nothing__nested__deep=1",
    "status__nothing=1",
    "status__exact=Nowhere",
    "status__in=",
    "status__isnull=maybe",
    "created_at__gte=yesterday",
    "created_at__gte=0001-01-01",
    "created_at__year=2026",
    "created_at__lt=9999-12-31T23:59:59",
    "ticket_id__in=1,2,3",
    "ticket_id=' OR 1=1 --",
    "version=abc",
    "version=99999999999999999999999",
    "escalation_level__gt=0",
    "escalation_level__gt=5",
    "tags__contains=x",
    "tags__0=x",
    "words__search=x",
    "words=x",
    "assignee=99999999999999999999",
    "assignee=me",
    "assigned_to=me",
    "sla_status=met",
    "sla_status=%F0%9F%9A%97",
    "order=subject",
    "order=?",
    "from=tampered",
    "from=WyJhIl0:1abc:xyz",
    "q=" + "x" * 10_000,
    "q=status:nowhere",
    "q=%00",
    "q=%22%27%29%28*:",
    "customer_id=" + "x" * 10_000,
    "status__exact=" + "x" * 10_000,
    "created_at__gte=" + "9" * 10_000,
    "x" * 10_000 + "=1",
    "assignee=" + "9" * 10_000,
    "status__exact=Open&status__exact=Closed",
    "pk=1",
    "pk__in=" + ",".join(map(str, range(2_000))),
    "description__icontains=x",
    "customer__name=x",
]


STORED = (
    "tickets/ticket",
    "tickets/communication",
    "tickets/escalation",
    "customers/customer",
    "customers/vehicle",
)
"""The models whose objects are in DynamoDB."""


def test_no_address_is_an_error_of_the_server(supervisor, tickets, subtests):
    for query in HOSTILE:
        with subtests.test(query[:40]):
            for model in STORED:
                answer = supervisor.get(f"/admin/{model}/?{query}", follow=True)
                assert answer.status_code in (200, 400, 403, 422), f"{model}: {answer.status_code}"


KEYS = ["0", "none", "_5F", "x" * 10_000, "1/../../2", "%00", "1-2-3", "é"]


def test_no_key_is_an_error_of_the_server(supervisor, tickets, subtests):
    for key, model in product(KEYS, STORED):
        with subtests.test(f"{model} {key[:40]}"):
            for view in ("change", "history", "delete"):
                answer = supervisor.get(f"/admin/{model}/{key}/{view}/")
                assert answer.status_code in (302, 403, 404), f"{view}: {answer.status_code}"


def test_a_list_costs_four_requests_and_seven_statements_at_most(
    # and one for the names of people, one for those of teams, once in some seconds
    supervisor,
    tickets,
    django_assert_max_num_queries,
    subtests,
):
    for query in FILTERS:
        with subtests.test(query):
            cache.clear()
            most = 7 + more_statements({query.partition("=")[0]})
            for cold in (True, False):
                if cold:
                    cache.delete(people.KEY)
                with counting() as usage, django_assert_max_num_queries(most + cold):
                    supervisor.get(f"{LIST}?{query}")
                assert usage.requests <= 4, usage.operations


def test_tags_are_listed_with_the_tickets_that_have_them(supervisor, desk):
    for number, tags in enumerate((["vip"], ["vip", "broker"], [])):
        desk.ticket(now=this_second(), tags=tags, subject=f"Ticket {number}")
    settle()

    page = supervisor.get("/admin/tickets/tag/")

    assert [(tag.name, tag.tickets) for tag in page.context["cl"].result_list] == [
        ("broker", 1),
        ("vip", 2),
    ]
    assert len(numbers_in(supervisor.get(f"{LIST}?tags__contains=vip"))) == 2
    assert numbers_in(supervisor.get(f"{LIST}?tags__contains=vi")) == []
