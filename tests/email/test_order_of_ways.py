"""A mail that names several tickets goes where EMAIL.md's order says: by signed address, by one of
our ids, by a foreign id, by a number; among ids the newest counts."""

import pytest

from tests.email.conftest import after, passed, send, take
from tests.world import log_of, stored
from tickets.domain.mail.outcome import Outcome
from tickets.services.conversation.communicate import respond


@pytest.fixture
def two(desk, checked, mailoutbox):
    """Two tickets of Giulia, each with a reply: what their mails name."""

    def begun(name, place):
        first = take(
            message_id=f"{name}@posta.example",
            body=name,
            authentication_results=passed(),
            now=after(minutes=place),
        )
        respond(first.ticket_id, content="Yes?", by=desk.rep, now=after(minutes=place))
        [sent] = send(mailoutbox, after(minutes=place + 1))
        return {
            "ticket": first.ticket_id,
            "address": sent.extra_headers["Reply-To"],
            "ours": sent.extra_headers["Message-ID"],
            "theirs": f"<{name}@posta.example>",
            "number": f"[#{first.ticket_id}]",
        }

    return begun("a", 1), begun("b", 11)


FIELDS = {"address": "to", "ours": "references", "theirs": "references", "number": "subject"}


@pytest.mark.parametrize(
    ("before", "after_it"), [("address", "ours"), ("ours", "theirs"), ("theirs", "number")]
)
@pytest.mark.parametrize("swapped", [False, True])
def test_one_way_goes_before_the_next(two, before, after_it, swapped):
    wins, loses = reversed(two) if swapped else two
    fields = {}
    # What wins stands first, where it is the older of two ids.
    for way, of in ((before, wins), (after_it, loses)):
        field = FIELDS[way]
        fields[field] = f"{fields.get(field, '')} {of[way]}".strip()

    found = take(
        message_id="c@posta.example",
        body="c",
        authentication_results=passed(),
        now=after(hours=1),
        **fields,
    )

    assert (found.outcome, found.ticket_id) == (Outcome.REPLY, wins["ticket"])


@pytest.mark.parametrize("way", ["ours", "theirs"])
@pytest.mark.parametrize("swapped", [False, True])
def test_the_newest_id_counts(two, way, swapped):
    older, newer = reversed(two) if swapped else two

    found = take(
        references=f"{older[way]} {newer[way]}",
        message_id="c@posta.example",
        body="c",
        authentication_results=passed(),
        now=after(hours=1),
    )

    assert (found.outcome, found.ticket_id) == (Outcome.REPLY, newer["ticket"])


@pytest.mark.parametrize(("others", "outcome"), [(19, Outcome.REPLY), (20, Outcome.TICKET)])
def test_at_most_twenty_ids_are_looked_up(desk, mailbox, others, outcome):
    take()
    unknown = " ".join(f"<{place}@lost.example>" for place in range(others))

    found = take(
        references=f"<first@posta.example> {unknown}",
        message_id="c@posta.example",
        body="c",
        now=after(minutes=5),
    )

    assert found.outcome is outcome


def test_where_senders_are_not_checked_a_number_opens_a_ticket_of_its_own(desk, mailbox):
    first = take(cc="Bea <bea@posta.example>")
    before = stored(first.ticket_id).version

    for sender in ("giulia@posta.example", "bea@posta.example"):
        found = take(
            sender=sender,
            subject=f"Re: [#{first.ticket_id}] Where is my car?",
            message_id=f"n-{sender}",
            now=after(minutes=5),
        )

        assert found.outcome is Outcome.TICKET
        assert found.ticket_id != first.ticket_id
        [line] = [one for one in log_of(found.ticket_id) if one.email]
        assert "new-because-refused" in line.email.remarks
    assert stored(first.ticket_id).version == before
