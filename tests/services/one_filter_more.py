"""A desk whose source has one filter more: what test_one_filter_more.py runs, in its own process.

As pytest's plugin it adds a field to `Filters` and a row to the table while Python reads them, and
nothing else; as a module it has the tests of where the filter is then.
"""

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader

import pytest

FIELD = "    vehicle_id: str | None = None\n"
ROWS = "FILTERS: tuple[Filter, ...] = (\n"
ROW = """
    Filter(
        name="source",
        field="source",
        label=gettext_lazy("Source"),
        description="Where the ticket is from.",
        example="api",
        kind=str,
        control=Control.SELECT,
        read=values.identifier,
        condition=lambda source, now: Q(channel=source),
        holds=lambda source, ticket, now: ticket.channel == source,
        box="source",
        choices=lambda: [("api", "Another system"), ("web", "A colleague")],
        admin=("channel", "exact"),
    ),
"""
ADDED = {
    "tickets.domain.filters": (FIELD, "    source: str | None = None\n"),
    "tickets.services.lists.filters": (ROWS, ROW),
}


class _WithOneMore(SourceFileLoader):
    def get_code(self, fullname):  # never from the cache of compiled modules
        path = self.get_filename(fullname)
        source = self.get_data(path).decode()
        line, added = ADDED[fullname]
        assert line in source
        return self.source_to_code(source.replace(line, line + added), path)


class _Finder(MetaPathFinder):
    def find_spec(self, fullname, path, target=None):
        if fullname not in ADDED:
            return None
        found = PathFinder.find_spec(fullname, path)
        return ModuleSpec(fullname, _WithOneMore(fullname, found.origin), origin=found.origin)


if not set(ADDED) & set(sys.modules):  # as the plugin, before Django reads its models
    sys.meta_path.insert(0, _Finder())


@pytest.fixture
def sent(desk):
    """The number of a ticket that the filter finds, beside one that it does not."""
    from tickets.domain.ticket import Channel

    desk.ticket()
    return desk.ticket(channel=Channel.API).ticket_id


def test_a_page_offers_it_and_names_what_is_chosen(rep_client, sent):
    page = rep_client.get("/tickets/?source=api")

    assert [line.ticket_id for line in page.context["lines"]] == [sent]
    text = page.content.decode()
    assert "Another system" in text
    assert "A colleague" in text
    assert "Source" in text


def test_the_search_box_knows_its_word(rep_client, sent):
    page = rep_client.get("/tickets/?q=source:api")

    assert [line.ticket_id for line in page.context["lines"]] == [sent]


def test_the_api_describes_and_takes_it(rep_client, sent):
    description = rep_client.get("/api/openapi.json").json()
    [parameter] = [
        one
        for one in description["paths"]["/api/tickets"]["get"]["parameters"]
        if one["name"] == "source"
    ]
    assert parameter["description"] == "Where the ticket is from."

    found = rep_client.get("/api/tickets?source=api").json()["items"]
    assert [one["ticketId"] for one in found] == [sent]


def test_the_admin_offers_and_applies_it(client, desk, sent):
    client.force_login(desk.supervisor_user)

    page = client.get("/admin/tickets/ticket/?source=api")

    assert [ticket.pk for ticket in page.context["cl"].result_list] == [sent]
    assert "A colleague" in page.content.decode()
