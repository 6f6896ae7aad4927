"""Send events to other systems: at least once, and each ticket's events in order.

The outbox creates a message for each event that a webhook subscribes to. A sender holds a lease on
the webhook, so that no two workers send side by side. A message that is not accepted delays those
of its own ticket, and is retried with growing pauses; after the last one it is dropped, as the
webhook's list of responses shows. A message leaves a mark for a day, so that a repeated event is
not sent twice.
"""

import json
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from helpdesk import leases
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.safe_http import AddressRefused, Unreachable, post
from tickets.domain import instant, webhooks
from tickets.models import Webhook
from tickets.store import webhook as store
from tickets.store.events import OutboxEvent
from tickets.store.webhook import Message, Sent

log = structlog.get_logger(__name__)

PAUSES = (30, 120, 600, 3_600, 14_400, 43_200)
"""Seconds between tries; the last one comes after some 17 hours."""

BATCH = 100
MOST_BATCHES = 10
BUDGET = 40
"""Seconds that one worker sends to one webhook; the rest is for the next."""

LEASE = timedelta(seconds=90)
MOST_MISSES = 3
"""After so many in a row the webhook is left alone until the next sweep."""

ANSWERS = 20
MARKS = timedelta(days=1)


def handle_events(events: Sequence[OutboxEvent]) -> None:
    """Create a message of each event for each webhook that subscribes to it. A repeat
    creates none."""
    hooks = list(Webhook.objects.filter(active=True))
    for event in events if hooks else ():
        name = webhooks.event_name(event.what)
        for hook in hooks:
            if name and hook.wants(name):
                _write(hook, event, name)


def due() -> list[int]:
    """Return the webhooks that may have something to send. One SQL query."""
    return list(Webhook.objects.filter(active=True).values_list("pk", flat=True))


def send(webhook_id: int, *, now: datetime | None = None) -> int:
    """Send what is due to one webhook, unless another worker does; return how many were
    accepted."""
    if not leases.take(Webhook.objects.filter(pk=webhook_id, active=True), span=LEASE):
        return 0
    hook = Webhook.objects.get(pk=webhook_id)
    try:
        return _send_all(hook, now or this_second())
    finally:
        Webhook.objects.filter(pk=webhook_id).update(leased_until=None, answers=hook.answers)


def ping(hook: Webhook) -> dict[str, str]:
    """Send a test message, and return its result."""
    at = this_second()
    body = {"id": new_ulid(), "event": webhooks.PING, "at": instant.text(at), "data": {}}
    _taken, answer = _post(hook, webhooks.PING, str(body["id"]), json.dumps(body))
    _keep(hook, at, webhooks.PING, "", answer)
    Webhook.objects.filter(pk=hook.pk).update(answers=hook.answers)
    return hook.answers[0]


def forget_waiting(ticket_ids: Collection[str]) -> None:
    """Remove people's texts from waiting messages about these tickets.

    Only earlier releases wrote such texts into them. Cost: reads all that wait.
    """
    wanted = set(ticket_ids)
    for webhook_id in Webhook.objects.values_list("pk", flat=True):
        for message in store.all_messages(webhook_id):
            if message.ticket_id in wanted:
                body = {**json.loads(message.body), "data": {}}
                message.update(
                    actions=[Message.body.set(json.dumps(body))], condition=Message.pk.exists()
                )


def forget_marks(*, now: datetime | None = None) -> int:
    """Delete marks that no repeat can need any more."""
    before = (now or this_second()) - MARKS
    forgotten = 0
    for webhook_id in Webhook.objects.values_list("pk", flat=True):
        while gone := store.forget_sent(webhook_id, before=before, limit=1_000):
            forgotten += gone
    return forgotten


def _write(hook: Webhook, event: OutboxEvent, name: str) -> None:
    body = webhooks.body(
        event.what,
        event_id=event.event_id,
        ticket_id=event.ticket_id,
        at=event.at,
        by=event.by,
    )
    message = Message(
        store.message_pk(hook.pk),
        event.event_id,
        ticket_id=event.ticket_id,
        event=name,
        body=body,
        not_before=event.at,
    )
    try:
        with Transaction() as transaction:
            transaction.check(
                Sent, store.sent_pk(hook.pk), event.event_id, Sent.pk.does_not_exist()
            )
            transaction.put(message, Message.pk.does_not_exist())
    except ConditionFailed:
        return  # it is there, or was sent, already


def _send_all(hook: Webhook, now: datetime) -> int:
    until = time.monotonic() + BUDGET
    taken = misses = 0
    held: set[str] = set()  # tickets of which an earlier message waits
    place: str | None = None
    for _batch in range(MOST_BATCHES):
        batch = store.messages(hook.pk, after=place, limit=BATCH)
        for message in batch:
            if misses >= MOST_MISSES or time.monotonic() > until:
                return taken
            if message.ticket_id in held:
                continue
            if message.not_before > now:
                held.add(message.ticket_id)
                continue
            body = webhooks.without_words(message.body)
            sent, answer = _post(hook, message.event, str(message.sk), body)
            if sent:
                _end(hook, message)
                taken, misses = taken + 1, 0
            else:
                misses += 1
                if _later(hook, message, now):
                    held.add(message.ticket_id)
                else:
                    answer = _("%(answer)s. No more retries.") % {"answer": answer}
            _keep(hook, now, message.event, message.ticket_id, answer)
        if len(batch) < BATCH:
            break
        place = str(batch[-1].sk)
    return taken


def _post(hook: Webhook, event: str, event_id: str, body: str) -> tuple[bool, str]:
    """Send one message; return whether it was accepted, and the response."""
    signed = webhooks.signature(hook.secret, body, at=int(time.time()))
    headers = {
        "Helpdesk-Event": event,
        "Helpdesk-Delivery": event_id,
        "Helpdesk-Signature": signed,
    }
    private = settings.WEBHOOKS_TO_PRIVATE_ADDRESSES
    try:
        reply = post(hook.url, body, headers, private=private)
    except AddressRefused as refused:
        return False, str(refused)
    except Unreachable as error:
        log.info("webhook_unreachable", webhook=hook.pk, reason=str(error))
        return False, _("no response (%(why)s)") % {"why": error}
    return 200 <= reply.status < 300, str(reply.status)


def _end(hook: Webhook, message: Message) -> None:
    with Transaction() as transaction:
        transaction.delete(message)
        transaction.put(Sent(store.sent_pk(hook.pk), str(message.sk)))


def _later(hook: Webhook, message: Message, now: datetime) -> bool:
    """Postpone a message; return False if that was the last try and it was dropped."""
    tries = message.tries
    if tries >= len(PAUSES):
        log.warning("webhook_given_up", webhook=hook.pk, ticket_id=message.ticket_id)
        _end(hook, message)
        return False
    message.update(
        actions=[
            Message.tries.add(1),
            Message.not_before.set(now + timedelta(seconds=PAUSES[tries])),
        ],
        condition=Message.pk.exists(),
    )
    return True


def _keep(hook: Webhook, at: datetime, event: str, ticket_id: str, answer: str) -> None:
    kept = {"at": instant.text(at), "event": event, "ticketId": ticket_id, "answer": answer[:200]}
    hook.answers = [kept, *hook.answers][:ANSWERS]
