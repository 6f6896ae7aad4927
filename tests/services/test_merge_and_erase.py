"""Two records of a person become one; a person is forgotten. All tickets go along, in steps."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from customers.services.create import create_customer, create_vehicle, edit_customer
from customers.services.read import (
    customer_with_email,
    find_customers,
    find_vehicle,
    get_customer,
    list_customers,
)
from customers.store import queries as customers
from customers.store.items import email_pk
from helpdesk import jobs
from helpdesk.accounts.models import User
from helpdesk.dynamo.transaction import Transaction
from helpdesk.errors import Invalid, NotAllowed, NotFound
from tests.death import at_call, die_until_done, dies_of_9
from tests.world import NOON, after, escalations_of, log_of, settle, stored
from tickets.domain.ticket import ERASED, Status
from tickets.models import CustomerJob
from tickets.services.conversation import attachments
from tickets.services.conversation.attachments import kept
from tickets.services.conversation.communicate import note, respond
from tickets.services.customer_records import follow as customers_changed
from tickets.services.customer_records import merge_and_erase
from tickets.services.customer_records.detail import customer_page
from tickets.services.lifecycle import links_and_merges
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.escalate import escalate
from tickets.services.lifecycle.status import change_status
from tickets.services.lists.filters import read_filters
from tickets.services.lists.find import find
from tickets.services.maintenance.verify import verify
from tickets.store import queries
from tickets.tasks import resume_records


def twin(desk, **fields):
    given = {"name": "Giulia B.", "email": "giulia@work.example", "phone": "+390255503318"}
    return create_customer(**{**given, **fields}, by=desk.rep, now=NOON)


def merge(desk, other):
    return merge_and_erase.start_merge(
        other.customer_id, into=desk.customer.customer_id, by=desk.rep
    )


def finish(job):
    for _ in range(100):
        job = merge_and_erase.step(job.pk)
        if job.finished_at:
            return job
    raise AssertionError("it does not come to an end")


def tickets_of(customer_id):
    page = queries.tickets_about(customer_id=customer_id, limit=500)
    return sorted(row.ticket_id for row in page.rows)


def numbers(text, desk):
    query = read_filters({"q": [text]}, by=desk.rep)
    return [row.ticket_id for row in find(query, by=desk.rep, now=NOON).tickets]


def test_a_merge_carries_tickets_vehicles_and_contact(desk):
    other = twin(desk, company="Bianchi Srl", notes="Calls on Mondays")
    car = create_vehicle(customer_id=other.customer_id, make="Fiat", by=desk.rep)
    moved = desk.ticket(customer_id=other.customer_id, vehicle_id=car.vehicle_id).ticket_id
    own = desk.ticket().ticket_id

    job = finish(merge(desk, other))

    assert (job.tickets, job.vehicles) == (1, 1)
    assert tickets_of(desk.customer.customer_id) == sorted([own, moved])
    assert tickets_of(other.customer_id) == []
    assert find_vehicle(car.vehicle_id).customer_id == desk.customer.customer_id
    into = get_customer(desk.customer.customer_id)
    assert (into.email, into.company) == ("giulia@posta.example", "Bianchi Srl")
    assert "Mondays" in into.notes
    # The old address and the old record lead to the one that stays.
    assert customer_with_email("giulia@work.example").customer_id == into.customer_id
    assert get_customer(other.customer_id).merged_into == into.customer_id
    listed = [one.customer_id for one in list_customers(by=desk.rep).customers]
    assert other.customer_id not in listed
    assert [one.customer_id for one in find_customers("Giulia B.")] == [into.customer_id]
    line = log_of(moved)[-1]
    assert [(one.field, one.after) for one in line.changes] == [("customerId", into.customer_id)]
    settle()
    assert list(verify()) == []


BOTH = {
    "name": ("Giulia B.", "Giulia Bianchi"),
    "email": ("giulia@work.example", "giulia@posta.example"),
    "phone": ("+390255503318", "+390255503399"),
    "company": ("Bianchi Srl", "Bianchi SpA"),
    "address": ("Via Roma 1", "Via Milano 2"),
    "language": ("it", "de"),
    "time_zone": ("Europe/Rome", "Europe/Berlin"),
    "segment": ("VIP", "Individual"),
    "external_id": ("C-1", "C-2"),
    "notes": ("Calls on Mondays", "Writes on Fridays"),
}
"""What the record that goes, and the one that stays, say of each field."""


def two_whole(desk):
    other = twin(desk, **{name: goes for name, (goes, _stays) in BOTH.items()})
    stays = {name: stays for name, (_goes, stays) in BOTH.items()}
    edit_customer(desk.customer.customer_id, **stays, by=desk.rep)
    return other


@pytest.mark.parametrize("taken", [[], ["phone", "name"], sorted(BOTH)])
def test_where_both_have_a_value_a_person_chooses_and_the_other_is_kept(desk, taken):
    other = two_whole(desk)

    finish(
        merge_and_erase.start_merge(
            other.customer_id, into=desk.customer.customer_id, takes=taken, by=desk.rep
        )
    )

    into = get_customer(desk.customer.customer_id)
    left = {one["field"]: one["value"] for one in into.merged_values}
    for name, (goes, stays) in BOTH.items():
        kept = getattr(into, name)
        if name == "notes" and "notes" not in taken:
            assert goes in kept and stays in kept  # noqa: PT018
        else:
            assert kept == (goes if name in taken else stays), name
            assert left[name] == (stays if name in taken else goes), f"{name} is lost"
    assert find_customers(into.name)[0].customer_id == into.customer_id
    for address in BOTH["email"]:
        assert customer_with_email(address).customer_id == into.customer_id
    settle()
    assert list(verify()) == []


def test_the_page_shows_both_and_takes_the_choice(desk, rep_client):
    other = two_whole(desk)
    address = f"/customers/{other.customer_id}/merge/"

    page = rep_client.get(address, {"q": "Bianchi"}).content.decode()
    for goes, stays in BOTH.values():
        assert goes in page
        assert stays in page
    rep_client.post(address, {"into": desk.customer.customer_id, "phone": "goes"})
    finish(CustomerJob.objects.get())

    into = get_customer(desk.customer.customer_id)
    assert (into.phone, into.address) == ("+390255503318", "Via Milano 2")
    shown = rep_client.get(f"/customers/{into.customer_id}/").content.decode()
    assert "Via Roma 1" in shown


def test_the_page_says_who_merged_what_and_offers_to_recalculate(desk, rep_client):
    other = two_whole(desk)
    desk.ticket()
    rep_client.post(
        f"/customers/{other.customer_id}/merge/",
        {"into": desk.customer.customer_id, "segment": "goes"},
    )
    job = finish(CustomerJob.objects.get())

    done = rep_client.get(f"/customer-jobs/{job.pk}/").content.decode()
    assert f"/customers/{desk.customer.customer_id}/?segment=changed" in done
    shown = rep_client.get(f"/customers/{desk.customer.customer_id}/?segment=changed")
    page = shown.content.decode()
    assert "Recalculate open tickets" in page
    assert "Giulia B., merged" in page
    assert f"by {desk.rep_user.get_full_name() or desk.rep_user.username}" in page
    assert "external_id" not in page


def test_notes_that_are_too_long_together_are_kept_apart(desk):
    other = twin(desk, notes="a" * 6_000)
    edit_customer(desk.customer.customer_id, notes="b" * 6_000, by=desk.rep)

    finish(merge(desk, other))

    into = get_customer(desk.customer.customer_id)
    left = {one["field"]: one["value"] for one in into.merged_values}
    assert (into.notes, left["notes"]) == ("b" * 6_000, "a" * 6_000)


def test_the_page_of_two_customers_shows_long_values_whole(desk, rep_client):
    other = twin(desk, notes="Long story. " * 80 + "The end of it")
    edit_customer(desk.customer.customer_id, notes="Short", by=desk.rep)

    page = rep_client.get(f"/customers/{other.customer_id}/merge/", {"q": "Bianchi"})

    assert "The end of it" in page.content.decode()


def test_merged_duplicates_are_no_part_of_a_customers_attainment(desk):
    source, target = desk.ticket().ticket_id, desk.ticket().ticket_id
    change_status(target, to=Status.RESOLVED, by=desk.rep, now=after(minutes=5))
    before = customer_page(desk.customer.customer_id, by=desk.rep).attainment

    links_and_merges.merge(source, into=target, by=desk.rep, now=after(minutes=9))

    assert before.of > 0
    assert customer_page(desk.customer.customer_id, by=desk.rep).attainment == before


def test_what_was_not_chosen_is_erased_with_the_person(desk):
    other = two_whole(desk)
    finish(merge(desk, other))

    finish(merge_and_erase.start_erasure(desk.customer.customer_id, by=desk.supervisor))

    assert get_customer(desk.customer.customer_id).merged_values is None


@pytest.mark.django_db(transaction=True)
def test_a_merge_whose_process_dies_as_it_begins_is_finished_or_never_began(desk):
    other = twin(desk)
    number = desk.ticket(customer_id=other.customer_id).ticket_id

    for after_it, into in ((False, other.customer_id), (True, desk.customer.customer_id)):

        def begin(after_it=after_it):
            at_call(Transaction, "__exit__", after=after_it)
            merge(desk, other)

        assert dies_of_9(begin)
        CustomerJob.objects.update(asked_at=timezone.now() - jobs.LEASE)
        resume_records()

        assert stored(number).customer_id == into
        assert not CustomerJob.objects.filter(finished_at=None).exists()
    assert get_customer(other.customer_id).merged_into == desk.customer.customer_id


@pytest.mark.django_db(transaction=True)
def test_a_merge_of_many_comes_in_bounded_steps_and_survives_deaths(desk, monkeypatch):
    monkeypatch.setattr(merge_and_erase, "STEP", 3)
    other = twin(desk)
    sent = [desk.ticket(customer_id=other.customer_id).ticket_id for _ in range(8)]
    job = merge(desk, other)
    CustomerJob.objects.update(asked_at=timezone.now() - jobs.LEASE)  # nobody drives it
    left = set()

    def lease_runs_out():
        left.add(len(tickets_of(other.customer_id)))
        assert merge_and_erase.step(job.pk).finished_at is None, "the dead one's lease still runs"
        CustomerJob.objects.update(leased_until=timezone.now())

    deaths = die_until_done(resume_records, then=lease_runs_out)

    assert deaths > 3
    assert left & set(range(1, 8)), "it never died between the tickets"
    assert CustomerJob.objects.get().finished_at
    assert tickets_of(desk.customer.customer_id) == sorted(sent)
    assert get_customer(other.customer_id).merged_into == desk.customer.customer_id
    for number in sent:
        changes = [one.field for line in log_of(number) for one in line.changes or ()]
        assert changes.count("customerId") == 1


@pytest.mark.parametrize("kind", CustomerJob.Kind.values)
def test_what_somebody_began_is_finished_after_they_have_left(desk, monkeypatch, kind):
    monkeypatch.setattr(merge_and_erase, "STEP", 1)
    other = twin(desk)
    numbers = [desk.ticket(customer_id=other.customer_id).ticket_id for _ in range(3)]
    if kind == CustomerJob.Kind.MERGE:
        job = merge_and_erase.start_merge(
            other.customer_id, into=desk.customer.customer_id, by=desk.supervisor
        )
    else:
        job = merge_and_erase.start_erasure(other.customer_id, by=desk.supervisor)
    merge_and_erase.step(job.pk)
    User.objects.filter(pk=desk.supervisor_user.pk).update(is_active=False)
    CustomerJob.objects.update(asked_at=timezone.now() - jobs.LEASE)

    resume_records()

    job.refresh_from_db()
    assert job.finished_at
    if kind == CustomerJob.Kind.MERGE:
        assert tickets_of(desk.customer.customer_id) == sorted(numbers)
    else:
        assert {stored(number).subject for number in numbers} == {ERASED}


def test_a_worker_leaves_a_job_to_whoever_is_at_it(desk):
    job = merge(desk, twin(desk))
    CustomerJob.objects.update(leased_until=timezone.now() + jobs.LEASE)
    asked = []

    def step(job_id):
        asked.append(job_id)
        assert len(asked) == 1, "it asks again and again instead of leaving"
        return merge_and_erase.step(job_id)

    jobs.drive(step, job.pk)

    assert asked == [job.pk]
    assert not CustomerJob.objects.get().finished_at


def test_what_is_written_to_a_merged_record_reaches_the_one_that_stays(desk):
    other = twin(desk)
    merge(desk, other)

    ticket = desk.ticket(customer_id=other.customer_id)

    assert ticket.customer_id == desk.customer.customer_id
    with pytest.raises(NotFound):
        edit_customer(other.customer_id, name="x", by=desk.rep)
    with pytest.raises(Invalid):
        create_vehicle(customer_id=other.customer_id, make="Fiat", by=desk.rep)


def test_a_ticket_that_the_index_showed_late_is_found_by_the_second_look(desk, monkeypatch):
    other = twin(desk)
    late = desk.ticket(customer_id=other.customer_id).ticket_id
    nothing = queries.Page(rows=[], next=None, previous=None)
    monkeypatch.setattr(merge_and_erase.queries, "tickets_about", lambda **asked: nothing)
    job = finish(merge(desk, other))
    monkeypatch.undo()
    assert list(merge_and_erase.due_for_a_second_look()) == []  # not yet
    hour = timedelta(hours=1)
    CustomerJob.objects.update(finished_at=job.finished_at - hour, asked_at=job.asked_at - hour)

    resume_records()

    assert stored(late).customer_id == desk.customer.customer_id
    assert list(merge_and_erase.due_for_a_second_look()) == []


def test_records_are_never_merged_in_a_circle(desk, race):
    other = twin(desk)
    with pytest.raises(Invalid):
        merge_and_erase.start_merge(other.customer_id, into=other.customer_id, by=desk.rep)
    one, two = other.customer_id, desk.customer.customer_id

    with pytest.raises(Invalid, match="already merged"):
        race.run(
            there=lambda: merge_and_erase.merge.begin(one, into=two, by=desk.rep),
            back=lambda: merge_and_erase.merge.begin(two, into=one, by=desk.rep),
        )

    assert race.failed == 1
    merged = [get_customer(found).merged_into for found in (one, two)]
    assert merged in ([two, None], [None, one])


def test_erasing_keeps_tickets_and_figures_and_forgets_the_person(desk):
    edit_customer(desk.customer.customer_id, phone="+390255503318", notes="likes tea", by=desk.rep)
    ticket = desk.ticket(subject="Giulia's car", vehicle_id=desk.vehicle.vehicle_id)
    number = ticket.ticket_id
    with kept(number, [SimpleUploadedFile("pass.txt", b"secret")]) as files:
        respond(number, content="Dear Giulia", attachments=files, by=desk.rep, now=after(minutes=5))
    note(number, content="Giulia called", by=desk.rep, now=after(minutes=6))
    edit(number, subject="Giulia Bianchi's car", by=desk.rep, now=after(minutes=7))
    escalate(number, reason="Giulia is angry", by=desk.rep, now=after(minutes=8))
    change_status(number, to="Resolved", by=desk.rep, now=after(minutes=9))
    settle()
    before = stored(number)
    vin = find_vehicle(desk.vehicle.vehicle_id).vin
    [file] = [one for line in log_of(number) for one in line.attachments or ()]

    job = finish(merge_and_erase.start_erasure(desk.customer.customer_id, by=desk.supervisor))
    settle()
    customers_changed.sync_changed_customers()

    assert job.tickets == 1
    now = stored(number)
    assert (now.subject, now.description) == (ERASED, ERASED)
    assert now.serialize()["sla"] == before.serialize()["sla"]
    assert (now.status, now.priority, now.created_at) == (
        before.status,
        before.priority,
        before.created_at,
    )
    said = " ".join(
        f"{line.content} {[(one.before, one.after) for one in line.changes or ()]}"
        for line in log_of(number)
    )
    assert "Giulia" not in said
    assert "personal data was erased" in said
    assert desk.supervisor.user_id in {line.created_by for line in log_of(number)}
    assert [one.reason for one in escalations_of(number) if one.reason] == [ERASED]
    with pytest.raises(NotFound):
        attachments.opened(file)
    customer = get_customer(desk.customer.customer_id)
    left = {name for name, value in customer.attribute_values.items() if value}
    assert not left & {"email", "phone", "notes", "company", "external_id", "name_key"}
    assert customer.name == "Erased customer"
    assert find_vehicle(desk.vehicle.vehicle_id).vin is None
    assert numbers("giulia", desk) == []
    assert numbers(vin, desk) == []
    assert list(verify()) == []
    # The address and the VIN are free again; nothing new is tied to who is gone.
    create_customer(name="New", email="giulia@posta.example", by=desk.rep, now=NOON)
    create_vehicle(
        customer_id=customer_with_email("giulia@posta.example").customer_id, vin=vin, by=desk.rep
    )
    with pytest.raises(Invalid):
        desk.ticket()


def test_erasing_can_be_repeated_and_is_for_supervisors(desk):
    number = desk.ticket().ticket_id
    with pytest.raises(NotAllowed):
        merge_and_erase.start_erasure(desk.customer.customer_id, by=desk.rep)
    finish(merge_and_erase.start_erasure(desk.customer.customer_id, by=desk.supervisor))
    lines = len(log_of(number))

    finish(merge_and_erase.start_erasure(desk.customer.customer_id, by=desk.supervisor))

    assert len(log_of(number)) == lines


def test_erasing_many_goes_on_where_it_stopped(desk, monkeypatch):
    monkeypatch.setattr(merge_and_erase, "STEP", 2)
    sent = [desk.ticket().ticket_id for _ in range(5)]
    job = merge_and_erase.start_erasure(desk.customer.customer_id, by=desk.supervisor)
    merge_and_erase.step(job.pk)
    assert sum(stored(number).subject == ERASED for number in sent) == 2

    assert finish(job).tickets == 5

    assert all(stored(number).subject == ERASED for number in sent)


def test_an_erased_record_of_a_merge_gives_its_old_addresses_free(desk):
    other = twin(desk)
    finish(merge(desk, other))
    with pytest.raises(Invalid):
        merge_and_erase.start_erasure(other.customer_id, by=desk.supervisor)

    finish(merge_and_erase.start_erasure(desk.customer.customer_id, by=desk.supervisor))

    assert customers.guard(email_pk("giulia@work.example")) is None
    assert customers.guard(email_pk("giulia@posta.example")) is None
