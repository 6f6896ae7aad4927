"""Other systems hear of tickets: signed, in order, again if they did not listen, nowhere inside."""

import hmac
import json
import threading
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.exceptions import ValidationError

from helpdesk.safe_http import AddressRefused, Unreachable, check_url, post
from tests.world import after, settle, waiting_events
from tickets.models import Webhook
from tickets.services.conversation.communicate import note, respond
from tickets.services.delivery import webhooks
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.escalate import escalate
from tickets.store import webhook as store


class Receiver:
    """Another system, on this machine. `answers` decides on the status of each request."""

    def __init__(self):
        self.heard = []
        self.answers = lambda body: 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                body = json.loads(text)
                outer.heard.append((body, dict(self.headers), text))
                status = outer.answers(body)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?a=b"

    @property
    def events(self):
        return [(body["ticketId"], body["event"]) for body, _headers, _text in self.heard]


@pytest.fixture
def receiver(settings):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def hook(desk, receiver):
    return Webhook.objects.create(name="Booking", url=receiver.url)


def test_events_arrive_signed_and_in_order(desk, hook, receiver):
    number = desk.ticket().ticket_id
    note(number, content="Secret words", by=desk.rep, now=after(minutes=1))
    escalate(number, reason="angry", by=desk.rep, now=after(minutes=2))
    settle()

    assert webhooks.send(hook.pk, now=after(minutes=3)) == 3

    assert [event for _ticket, event in receiver.events] == [
        "ticket.created",
        "ticket.communication",
        "ticket.escalated",
    ]
    body, headers, text = receiver.heard[2]
    assert body["data"] == {
        "escalationLevel": 1,
        "milestones": [{"rule": "manual", "level": 1}],
    }
    assert headers["Helpdesk-Delivery"] == body["id"]
    at, signed = (part.partition("=")[2] for part in headers["Helpdesk-Signature"].split(","))
    hook.refresh_from_db()
    right = hmac.new(hook.secret.encode(), f"{at}.{text}".encode(), sha256).hexdigest()
    assert signed == right
    heard = "".join(text for _body, _headers, text in receiver.heard)
    assert "Secret words" not in heard
    assert "angry" not in heard
    assert [one["answer"] for one in hook.answers] == ["200"] * 3
    assert webhooks.send(hook.pk, now=after(minutes=4)) == 0


def test_no_message_carries_what_people_wrote_whenever_it_was_queued(desk, hook, receiver):
    number = desk.ticket(tags=["ilyushin"]).ticket_id
    at = after(minutes=1)
    words = {"subject": "Ilyushin", "description": "Ilyushin"}
    edit(number, **words, priority="High", by=desk.rep, now=at)
    edit(number, tags=["ilyushin", "more"], by=desk.rep, now=at)
    respond(number, content="Ilyushin", by=desk.rep, now=at)
    note(number, content="Ilyushin", by=desk.rep, now=at)
    escalate(number, reason="Ilyushin", by=desk.rep, now=at)
    settle()
    # What an earlier release has queued holds it.
    old = store.messages(hook.pk, after=None, limit=9)[-1]
    said = json.loads(old.body)
    said["data"] |= {"reason": "Ilyushin", "changes": {"subject": "Ilyushin", "status": "Open"}}
    old.body = json.dumps(said)
    old.save()

    webhooks.send(hook.pk)

    assert len(receiver.heard) >= 6
    texts = [text for _body, _headers, text in receiver.heard]
    assert [text for text in texts if "ilyushin" in text.lower()] == []
    changes = [
        body["data"]["changes"] for body, _h, _t in receiver.heard if "changes" in body["data"]
    ]
    assert {"priority": "High", "subject": None, "description": None} in changes
    assert {"tags": None} in changes


@pytest.mark.parametrize(
    "url",
    [
        "https://192.0.0.192/",
        "https://[2002:7f00:1::]/",
        "https://[fec0::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://example.com:22/",
        "https://example.com:80/",
        "https://example.com:6379/",
    ],
)
def test_no_target_leads_inside_or_to_other_services(url):
    with pytest.raises(AddressRefused):
        check_url(url, private=False)


@pytest.mark.parametrize("url", ["https://example.com/", "https://example.com:8443/hook"])
def test_ordinary_targets_are_taken(url):
    check_url(url, private=False)


def test_only_what_is_wanted_is_sent(desk, hook, receiver):
    Webhook.objects.filter(pk=hook.pk).update(events=["ticket.resolved"])
    desk.ticket()
    settle()
    assert store.messages(hook.pk, after=None, limit=9) == []
    Webhook.objects.filter(pk=hook.pk).update(events=[], active=False)
    desk.ticket()
    settle()
    assert store.messages(hook.pk, after=None, limit=9) == []
    assert webhooks.send(hook.pk) == 0


def test_what_is_not_taken_holds_up_its_own_ticket_and_no_other(desk, hook, receiver):
    bad, good = desk.ticket().ticket_id, desk.ticket(now=after(seconds=1)).ticket_id
    for number in (bad, good):
        note(number, content="x", by=desk.rep, now=after(minutes=1))
    settle()
    receiver.answers = lambda body: 500 if body["ticketId"] == bad else 200

    assert webhooks.send(hook.pk, now=after(minutes=2)) == 2
    assert receiver.events == [
        (bad, "ticket.created"),
        (good, "ticket.created"),
        (good, "ticket.communication"),
    ]
    receiver.heard.clear()
    receiver.answers = lambda body: 200
    # The pause is not over yet; then both come, in order.
    assert webhooks.send(hook.pk, now=after(minutes=2, seconds=29)) == 0
    assert webhooks.send(hook.pk, now=after(minutes=2, seconds=30)) == 2
    assert receiver.events == [(bad, "ticket.created"), (bad, "ticket.communication")]


def test_pauses_grow_and_end(desk, hook, receiver):
    number = desk.ticket().ticket_id
    settle()
    receiver.answers = lambda body: 503
    now = after(minutes=1)
    for pause in webhooks.PAUSES:
        webhooks.send(hook.pk, now=now)
        webhooks.send(hook.pk, now=now + timedelta(seconds=pause - 1))
        now += timedelta(seconds=pause)
    webhooks.send(hook.pk, now=now)

    assert len(receiver.heard) == len(webhooks.PAUSES) + 1
    hook.refresh_from_db()
    assert hook.answers[0]["answer"] == "503. No more retries."
    assert hook.answers[0]["ticketId"] == number
    assert store.messages(hook.pk, after=None, limit=9) == []


def test_a_receiver_that_is_down_is_left_alone_for_a_while(desk, hook, receiver):
    for _ in range(5):
        desk.ticket()
    settle()
    receiver.answers = lambda body: 500

    webhooks.send(hook.pk, now=after(minutes=1))

    assert len(receiver.heard) == webhooks.MOST_MISSES


def test_an_event_that_is_passed_on_twice_is_sent_once(desk, hook, receiver):
    desk.ticket()
    events = waiting_events()
    webhooks.handle_events(events)
    webhooks.handle_events(events)
    webhooks.send(hook.pk, now=after(minutes=1))
    webhooks.handle_events(events)
    webhooks.send(hook.pk, now=after(minutes=1))

    assert len(receiver.heard) == 1
    assert webhooks.forget_marks(now=after(hours=23)) == 0
    Webhook.objects.update(active=False)  # what it has left behind goes all the same
    assert webhooks.forget_marks(now=after(days=1, minutes=1)) == 1


def test_two_workers_do_not_send_side_by_side(desk, hook, receiver, monkeypatch):
    desk.ticket()
    settle()
    counts = []
    sends = webhooks._post

    def meanwhile_another_comes(*args):
        counts.append(webhooks.send(hook.pk, now=after(minutes=1)))
        return sends(*args)

    monkeypatch.setattr(webhooks, "_post", meanwhile_another_comes)

    assert webhooks.send(hook.pk, now=after(minutes=1)) == 1
    assert counts == [0]
    assert len(receiver.heard) == 1


def test_no_redirect_is_followed(desk, hook, receiver):
    desk.ticket()
    settle()
    receiver.answers = lambda body: 302

    assert webhooks.send(hook.pk, now=after(minutes=1)) == 0
    assert len(receiver.heard) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1]/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "http://example.com/",
        "https://user:secret@example.com/",
        "ftp://example.com/",
        "https:///x",
        "https://example.com:99999/",
        "javascript:alert(1)",
        "",
    ],
)
def test_nothing_is_sent_to_places_inside(url):
    with pytest.raises(AddressRefused):
        check_url(url, private=False)
    with pytest.raises(ValidationError):
        Webhook(name="x", url=url).clean()


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1"])
def test_a_name_that_leads_inside_is_refused_when_it_is_resolved(host):
    with pytest.raises((AddressRefused, Unreachable)):
        post(f"https://{host}/", "{}", {}, private=False)


def test_an_address_inside_is_refused_at_sending_too(desk, receiver, settings):
    hook = Webhook.objects.create(name="Inside", url=receiver.url)
    desk.ticket()
    settle()
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False

    assert webhooks.send(hook.pk, now=after(minutes=1)) == 0
    assert receiver.heard == []


def test_supervisors_set_webhooks_up_and_try_them(client, desk, receiver):
    client.force_login(desk.supervisor_user)
    answer = client.post(
        "/admin/tickets/webhook/add/",
        {"name": "App", "url": receiver.url, "active": "on", "events": ["ticket.created"]},
    )
    assert answer.status_code == 302
    hook = Webhook.objects.get()
    client.post("/admin/tickets/webhook/", {"action": "send_ping", "_selected_action": [hook.pk]})
    shown = client.get(f"/admin/tickets/webhook/{hook.pk}/change/").content.decode()

    assert receiver.heard[0][0]["event"] == "ping"
    assert hook.secret in shown
    assert "<td>200</td>" in shown
    client.force_login(desk.rep_user)
    assert client.get("/admin/tickets/webhook/").status_code == 302
