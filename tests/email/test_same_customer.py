"""Every address of a customer acts as the customer, also one that came with a merge."""

import pytest

from customers.services.read import customer_with_email
from tests.email.conftest import after, take
from tests.world import log_of, stored
from tickets.services.conversation.communicate import respond
from tickets.services.customer_records import merge_and_erase

OLD = "g@vecchia.example"


@pytest.fixture
def merged(desk, mailbox):
    """Giulia's customer, with the address of another that was merged into it."""
    number = take(sender=OLD, message_id="old@vecchia.example").ticket_id
    job = merge_and_erase.start_merge(
        stored(number).customer_id, into=desk.customer.customer_id, by=desk.supervisor
    )
    while not job.finished_at:
        job = merge_and_erase.step(job.pk)
    assert customer_with_email(OLD).customer_id == desk.customer.customer_id


def writes(sender, name):
    return take(
        sender=sender,
        in_reply_to="<first@posta.example>",
        message_id=name,
        now=after(hours=2),
    )


@pytest.mark.usefixtures("merged")
@pytest.mark.parametrize(("sender", "acts"), [(OLD, True), ("bea@posta.example", False)])
@pytest.mark.parametrize("done", ["waiting", "resolve"])
def test_it_ends_a_wait_and_reopens(desk, sender, acts, done):
    number = take(cc="bea@posta.example", now=after(minutes=1)).ticket_id
    respond(number, content="Well?", by=desk.rep, now=after(hours=1), **{done: True})
    before = stored(number)
    assert (before.waiting, before.status) == (
        (True, "In Progress") if done == "waiting" else (False, "Resolved")
    )

    found = writes(sender, "b@x.example")

    assert found.ticket_id == number
    now = stored(number)
    if acts:
        assert (now.waiting, now.status) == (False, "In Progress")
        [line] = [one for one in log_of(number) if one.communication_id == found.communication_id]
        assert line.author_id == desk.customer.customer_id
        assert now.participants == ["<bea@posta.example>"]
    else:
        assert (now.waiting, now.status) == (before.waiting, before.status)
