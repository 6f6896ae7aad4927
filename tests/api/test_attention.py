"""What the user of a token asks for themselves: to follow, to snooze, to be reminded."""

from datetime import timedelta

from helpdesk.clock import this_second
from tests.api.problems import is_problem
from tests.world import settle, stored
from tickets.models import Attention

NOTHING = {"follows": False, "snoozed": False, "snoozedUntil": None, "remindAt": None}


def written(at):
    return at.isoformat().replace("+00:00", "Z")


def test_each_is_set_and_ended_and_a_repeat_changes_nothing(program, desk):
    number = desk.ticket(assigned_to=desk.rep.user_id).ticket_id
    settle()
    before, later = stored(number).version, this_second() + timedelta(days=1)
    steps = [
        ("put", "follow", None, {"follows": True}),
        ("put", "snooze", {"until": None}, {"snoozed": True}),
        ("put", "snooze", {"until": written(later)}, {"snoozedUntil": written(later)}),
        ("put", "reminder", {"at": written(later)}, {"remindAt": written(later)}),
        ("delete", "snooze", None, {"snoozed": False, "snoozedUntil": None}),
        ("delete", "reminder", None, {"remindAt": None}),
        ("delete", "follow", None, {"follows": False}),
    ]
    now = {"ticketId": number, **NOTHING}
    assert program.get(f"/tickets/{number}/attention").json() == now
    for method, what, body, changed in steps:
        now |= changed
        for _again in range(2):
            answer = program.ask(method.upper(), f"/tickets/{number}/{what}", body)
            assert answer.status_code == 200, answer.json()
            assert answer.json() == now, (method, what)
        if what == "follow":
            listed = program.get("/tickets?followed=true").json()["items"]
            assert [one["ticketId"] for one in listed] == ([number] if now["follows"] else [])
    assert program.get(f"/tickets/{number}/attention").json() == now
    assert stored(number).version == before, "it is nobody else's"

    past, far = written(this_second() - timedelta(days=1)), written(later + timedelta(days=400))
    wrong = [
        ("snooze", {}),
        ("snooze", {"until": past}),
        ("snooze", {"until": None, "lastMessage": "x" * 27}),
        ("reminder", {"at": far}),
        ("reminder", {"at": None}),
        ("reminder", {"at": "2099-01-01T09:00:00"}),
    ]
    for what, body in wrong:
        is_problem(program.put(f"/tickets/{number}/{what}", body), 422)
    assert Attention.objects.get().remind_at is None


def test_no_ticket_is_followed_that_is_not_there(program):
    for nobody in ("999", "nonsense", "9" * 40):
        is_problem(program.get(f"/tickets/{nobody}/attention"), 404)
        is_problem(program.put(f"/tickets/{nobody}/snooze", {"until": None}), 404)
        for what in ("follow", "snooze", "reminder"):
            is_problem(program.delete(f"/tickets/{nobody}/{what}"), 404)
    assert not Attention.objects.exists()
