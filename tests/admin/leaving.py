"""Users who leave, and what they held."""

from helpdesk.clock import this_second
from tests.world import settle
from tickets.models import Bulk
from tickets.services.lists import bulk


def open_tickets(desk, count, **more):
    made = [
        desk.ticket(assigned_to=desk.rep.user_id, now=this_second(), **more).ticket_id
        for _ in range(count)
    ]
    settle()
    return made


def leave(desk):
    desk.rep_user.is_active = False
    desk.rep_user.save()


def finish(jobs):
    for job in jobs:
        while not bulk.step(job.pk).finished_at:
            pass
    settle()
    return [found for job in jobs for found in Bulk.objects.get(pk=job.pk).results]
