"""When customers write and when they are answered, and how many people that takes."""

from typing import Any

from django.utils.translation import gettext as _

from reporting.services.heat import heat
from reporting.web.page import Page
from reporting.web.parts import heat_maps
from reporting.web.parts.heat_maps import HOURS


def context(page: Page) -> dict[str, Any]:
    found = heat(page.asked, now=page.now)
    backlog = [[found.backlog(weekday, hour) for hour in HOURS] for weekday in range(7)]
    return {
        "hours": [f"{hour:02}" for hour in HOURS],
        "minutes": page.minutes_a_reply,
        "replies_a_ticket": heat_maps.replies_a_ticket(found),
        "maps": [
            {
                "title": _("Created"),
                "means": _("Tickets created in this hour of the week, all weeks together."),
                "total": _("Total"),
                "days": heat_maps.days(found.created, total=sum, decimals=0),
            },
            {
                "title": _("People needed"),
                "means": _(
                    "Tickets created in the hour, on average, times the replies that a ticket "
                    "takes in the range, times the minutes of a reply, divided by 60; rounded up."
                ),
                "total": _("Hours of work"),
                "days": heat_maps.days(
                    heat_maps.needed(found, minutes=page.minutes_a_reply),
                    total=sum,
                    decimals=1,
                    up=True,
                ),
            },
            {
                "title": _("Replies"),
                "means": _("Replies to customers in this hour of the week, all weeks together."),
                "total": _("Total"),
                "days": heat_maps.days(found.replies, total=sum, decimals=0),
            },
            {
                "title": _("Backlog"),
                "means": _("Active tickets in this hour of the week, on average."),
                "total": _("Average"),
                "days": heat_maps.days(backlog, total=lambda there: sum(there) / len(there)),
            },
        ],
    }
