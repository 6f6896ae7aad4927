"""Custom fields as columns of ticket lists: chosen, remembered, shown; their cost."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.clock import this_second
from helpdesk.custom_fields.models import CustomField
from helpdesk.dynamo import capacity
from tests.custom_fields.test_everywhere import OTHER, WANTED
from tests.web.test_lists import headings
from tests.world import settle
from tickets.services.lifecycle.edit import edit
from tickets.services.lists.list_settings import set_display

ALL = [f"field.{key}" for key in WANTED]
CELL = r'<td class="wide name" title=".*?">\s*<bdi>(.*?)</bdi>\s*</td>'


@pytest.fixture
def numbers(fields):
    now = this_second()
    found = [
        fields.ticket(custom_fields=values, now=now).ticket_id for values in (WANTED, OTHER, {})
    ]
    settle()
    return found


def cells(page, number):
    row = page.partition(f'data-ticket="{number}"')[2].partition("</tr>")[0]
    return re.findall(CELL, row, re.DOTALL)


def test_each_type_is_a_column_in_the_readers_words(rep_client, fields, numbers):
    form = rep_client.get("/tickets/?view=active").content.decode()
    assert 'value="field.a_text"' in form
    rep_client.post("/tickets/display/", {"column": ["status", *ALL, "field.none"], "asked": ""})

    for address in ("/tickets/?view=active", "/tickets/?view=all&q=car"):
        page = rep_client.get(address).content.decode()
        assert list(headings(page)) == [
            *("Subject", "Status", "Text of ticket", "Number of ticket", "Date of ticket"),
            *("Choice of ticket", "Yes-no of ticket"),
        ]
        assert cells(page, numbers[0]) == [
            *("The Blue Star", "1250.5", "30 Nov 2026", "Antwerp", "No"),
        ]
        assert cells(page, numbers[1])[4] == "Yes"
        assert cells(page, numbers[2]) == [""] * 5
    form = rep_client.get("/tickets/?view=active").content.decode()
    assert len(re.findall(r'value="field\.\w+" checked', form)) == 5

    edit(numbers[2], custom_fields={"a_text": "<b> & co"}, by=fields.rep)
    CustomField.objects.filter(key="a_number", record="ticket").update(active=False)
    CustomField.objects.filter(key="a_date", record="ticket").delete()
    settle()
    page = rep_client.get("/tickets/?view=active").content.decode()
    assert cells(page, numbers[2]) == ["&lt;b&gt; &amp; co", "", ""]


def test_they_cost_one_query_of_sql_and_no_request(rep_client, fields, numbers):
    def cost(address):
        rep_client.get(address)
        with capacity.counting() as usage, CaptureQueriesContext(connection) as asked:
            rep_client.get(address)
        return sorted(usage.operations), len(asked)

    for address in ("/tickets/?view=active", "/tickets/?priority=Medium"):
        set_display(fields.rep_user, columns=["status"], compact=False)
        requests, statements = cost(address)
        set_display(fields.rep_user, columns=["status", *ALL], compact=False)
        assert cost(address) == (requests, statements + 1)
