"""How old the tickets are that are active now."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.domain import days
from reporting.services.query import ReportQuery
from reporting.web import charts
from reporting.web.page import Page
from theme.templatetags.desk import number
from tickets.domain.filters import NOBODY
from tickets.services.lists.counts import active_by_age

OLDEST = (1, 3, 7, 14, 30, 90)
"""Days before today of which each bar still counts the tickets; one more has what is older."""


def ages(page: Page) -> dict[str, Any]:
    """Return the chart of the ages, and its numbers with links to lists of these tickets.

    Days are those of lists: the reader's own. One SQL query.
    """
    asked, zone = page.asked, timezone.get_current_timezone_name()
    today = days.day_of(page.now, zone)
    starts = [today - timedelta(days=oldest) for oldest in OLDEST]
    counts = active_by_age(
        [days.bounds(start, zone)[0] for start in starts],
        priorities=asked.priorities,
        categories=asked.categories,
        channels=asked.channels,
        assignee=asked.assignee,
        by=page.by,
    )
    labels = [*(_("≤ %(days)s d") % {"days": oldest} for oldest in OLDEST)]
    labels.append(_("> %(days)s d") % {"days": OLDEST[-1]})
    ends = [None, *(start - days.DAY for start in starts)]
    urls = [_list(asked, start, end) for start, end in zip([*starts, None], ends, strict=True)]
    says = [f"{text}: {number(count)}" for text, count in zip(labels, counts, strict=True)]
    return {
        "chart": charts.bars(labels, [counts], [says], [urls]),
        "rows": [
            {"name": text, "cells": [(number(count), url if count else "")]}
            for text, count, url in zip(labels, counts, urls, strict=True)
        ],
    }


def _list(asked: ReportQuery, start: date | None, end: date | None) -> str:
    """Return the URL of the list of active tickets that were created on these days."""
    assignee = NOBODY if asked.assignee == "" else asked.assignee
    pairs = [
        ("view", "active"),
        *(("priority", word) for word in sorted(asked.priorities)),
        *(("category", word) for word in sorted(asked.categories)),
        *(("channel", word) for word in sorted(asked.channels)),
        *([("assignedTo", assignee)] if assignee else []),
        *([("createdFrom", str(start))] if start else []),
        *([("createdTo", str(end))] if end else []),
    ]
    return f"{reverse('ticket_list')}?{urlencode(pairs)}"
