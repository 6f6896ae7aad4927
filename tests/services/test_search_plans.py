"""How PostgreSQL goes about searches and lists of 100,000 tickets, with hardly any memory.

What a plan reads is counted, not timed. SQLite's plans are in test_find_cost.py.
"""

import json

import pytest
from django.db import connection
from django.db.models import Q

from tests.services.test_find_cost import hits as listed
from tickets.domain.filters import ACTIVE, Filters, Sort
from tickets.domain.ticket import Category, Priority, Status
from tickets.store import search as index
from tickets.store.fulltext import engine
from tickets.store.fulltext.postgres import LOOKED_AT

TICKETS = 100_000
PAGE = 51
A_PAGE = 4 * LOOKED_AT
"""Rows that may be read for a page, of whatever is common."""

ENTRIES = """
INSERT INTO tickets_entry (number, version, text_version, active, status, priority, category,
  assignee, team, customer, vehicle, level, waiting, created, updated, urgency, due_at)
SELECT n, 1, 1, n % 20 = 0, CASE WHEN n % 20 = 0 THEN 'Open' ELSE 'Closed' END,
  CASE WHEN n % 10 < 2 THEN 'High' ELSE 'Low' END,
  CASE WHEN n % 10 < 3 THEN 'Customs' ELSE 'General' END, (n % 50)::text, (n % 4)::text,
  'customer ' || n % 20000, '', 0, n % 10000 = 0, n, n, n, CASE WHEN n % 20 = 0 THEN n END
FROM generate_series(1, %s) n
"""
# Each text has "car" in it, half of them "even" and the others "odd", and each names a "golf".
TEXTS = """
INSERT INTO tickets_text (number, strong, anywhere, original)
SELECT n, array_to_tsvector(strong), array_to_tsvector(strong || weak), 'Where is my car?'
FROM (
  SELECT n, ARRAY[n::text, 'name' || n % 20000, 'golf', 'half' || n % 2] AS strong,
    ARRAY['car', CASE n % 2 WHEN 0 THEN 'even' ELSE 'odd' END]
      || CASE WHEN n % 25000 = 7 THEN ARRAY['rare'] ELSE ARRAY[]::text[] END
      || ARRAY(SELECT 'w' || n * k % 5003 FROM generate_series(1, 20) k) AS weak
  FROM generate_series(1, %s) n) made
"""


@pytest.fixture
def tickets(db):
    """The index of TICKETS, in a transaction that is rolled back: its own indexes included."""
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's plans")
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX tickets_text_strong; DROP INDEX tickets_text_anywhere")
        cursor.execute(ENTRIES.replace(" % ", " %% "), [TICKETS])
        cursor.execute(TEXTS.replace(" % ", " %% "), [TICKETS])
        engine().create()
        cursor.execute("ANALYZE tickets_entry; ANALYZE tickets_text")
        cursor.execute("SET LOCAL work_mem = '64kB'; SET LOCAL statement_timeout = '30s'")


class Plans:
    """What the statements of a block do: their nodes, and how many rows these have looked at."""

    def __init__(self):
        self.nodes = []

    def __enter__(self):
        self._watched = connection.execute_wrapper(self._explain)
        self._watched.__enter__()
        return self

    def __exit__(self, *failure):
        self._watched.__exit__(*failure)

    def _explain(self, execute, sql, params, many, context):
        if sql.startswith("SELECT"):
            with context["cursor"].db.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
                self._walk(cursor.fetchone()[0][0]["Plan"])
        return execute(sql, params, many, context)

    def _walk(self, node):
        self.nodes.append(node)
        for inner in node.get("Plans", ()):
            self._walk(inner)

    @property
    def kinds(self):
        return {node["Node Type"] for node in self.nodes}

    def looked_at(self, table):
        """Rows of a table that any node has read; entries of GIN are not rows."""
        scans = [node for node in self.nodes if node.get("Relation Name") == table]
        return sum(
            (
                node["Actual Rows"]
                + node.get("Rows Removed by Filter", 0)
                + node.get("Rows Removed by Index Recheck", 0)
            )
            * node["Actual Loops"]
            for node in scans
        )

    def __str__(self):
        return json.dumps(self.nodes[:1], indent=1)[:3_000]


SEARCHES = {
    "common": (["car"], {}, PAGE),
    "common in the subject": (["golf"], {}, PAGE),
    "rare": (["rare"], {}, 4),
    "rare and common": (["rare", "car"], {}, 4),
    "common, and never together": (["even", "odd"], {}, 0),
    "never together, in an order": (["even", "odd"], {"sort": Sort.CREATED}, 0),
    "rare, by time left": (["rare"], {"sort": Sort.TIME_LEFT}, 4),
    "rare, of those that are open": (["rare"], {"condition": Q(status="Open")}, 0),
    "common, of one customer": (["car"], {"condition": Q(customer="customer 77")}, 5),
    "one": (["name19999"], {}, 5),
    "one number": (["99999"], {}, 1),
}
# Pages after all that have the words in subject or people: each match is looked at, but once.
BEYOND = {
    "all": (["golf"], {"place": [2, TICKETS + 1]}, 0, TICKETS),
    "half, and back": (["half1"], {"place": [2, 0], "back": True}, PAGE, TICKETS // 2),
}


LISTS = [
    {},
    {"statuses": frozenset([Status.CLOSED])},
    {"statuses": ACTIVE},
    {"priorities": frozenset([Priority.HIGH])},
    {"categories": frozenset([Category.CUSTOMS])},
    {"assigned_to": "7"},
    {"team": "1"},
]


def test_searches_and_lists_read_a_page_or_what_matches(tickets, subtests):
    asked = {"condition": Q(), "sort": None, "limit": PAGE, "place": None, "back": False}
    searches = {name: (*search, 0) for name, search in SEARCHES.items()} | BEYOND
    for name, (words, more, found, matches) in searches.items():
        with subtests.test(name), Plans() as plans:
            assert len(index.hits(words=words, **{**asked, **more})) == found
            assert "Seq Scan" not in plans.kinds, str(plans)
            assert plans.looked_at("tickets_text") <= A_PAGE + matches, str(plans)
    for condition, words, found in (
        (Q(), ["golf"], 1_000),
        (Q(status="Open"), ["car"], 1_000),
        (Q(), ["rare", "car"], 4),
    ):
        with subtests.test(f"total of {words}"), Plans() as plans:
            assert index.matching(condition, words, most=1_000) == found
            assert "Seq Scan" not in plans.kinds, str(plans)
            assert plans.looked_at("tickets_text") <= 21 * found, str(plans)
    for one_value in LISTS:
        for sort in (Sort.CREATED, Sort.TIME_LEFT):
            with subtests.test(f"{one_value} {sort}"), Plans() as plans:
                assert len(listed(Filters(sort=sort, **one_value))) == PAGE
                assert not {"Seq Scan", "Sort"} & plans.kinds, str(plans)
                assert plans.looked_at("tickets_entry") <= A_PAGE, str(plans)
