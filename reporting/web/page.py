"""What a part of a report knows of the page that it is shown on."""

from dataclasses import dataclass
from datetime import date, datetime

from helpdesk.accounts.actors import Actor
from reporting.services.query import GroupBy, ReportQuery


@dataclass(frozen=True)
class Page:
    """A report as it was asked for: the query, by what time its charts are grouped, by whom and
    when."""

    asked: ReportQuery
    part: str
    group_by: GroupBy
    by: Actor
    today: date
    """In the zone of the query."""
    now: datetime
    minutes_a_reply: int
