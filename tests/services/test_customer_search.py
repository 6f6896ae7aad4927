"""People are found by what others know: a word, the end of a number, a part of an address."""

import pytest

from customers.domain.choices import Segment
from customers.domain.search_words import WordKind
from customers.services import refresh
from customers.services.changes import changed_customers
from customers.services.create import create_customer, create_vehicle, edit_customer
from customers.services.erase import erase_person, erase_vehicles
from customers.services.read import find_customers, find_vehicles
from customers.services.vehicles import change_owner, edit_vehicle
from customers.store.items import Customer, SearchWord, Vehicle
from helpdesk.dynamo import capacity
from tests.world import NOON
from tickets.services.customer_records import merge_and_erase

VIN = "1HGCM82633A004352"


def someone(desk, name="Somebody", **fields):
    return create_customer(name=name, by=desk.rep, now=NOON, **fields).customer_id


def found(text):
    return [one.customer_id for one in find_customers(text)]


def words_left():
    """The keys of all words that are stored."""
    return [item.sk for item in SearchWord.scan() if item.pk.partition("#")[0] in set(WordKind)]


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("Zoë Müller-Lüdenscheidt", ["ludenscheidt", "Lüdensch", "zoe-muller", "müller zoë"]),
        ("Bianchi/Verdi", ["verdi", "Verdi Bianchi"]),
        ("Kraftwerk (Logistik)", ["logistik", "(Logistik)"]),
        ("Sean O’Brien", ["O'Brien", "OBrien", "o’brien sean", "brien"]),
        ("Picard, Jean-Luc", ["luc", "jean-luc picard", "Picard,"]),
        ("山田太郎", ["太郎", "山田", "山田太郎"]),
        ("Łukasz Sørensen Đorđević", ["lukasz", "SORENSEN", "dordevic", "łuk"]),
        ("Işıl Strauß", ["isil", "strauss", "STRAUẞ"]),
    ],
)
def test_a_customer_is_found_by_every_word_of_the_name(desk, name, asked):
    own = someone(desk, name)
    someone(desk, "Somebody Else")

    for text in asked:
        assert found(text) == [own], text


@pytest.mark.parametrize(
    "text",
    [
        "+49 30 5550 1842",
        "0049 30 5550 1842",
        "(0049) 30/5550-1842",
        "+49 (0)30 55501842",
        "030 5550 1842",
        "55501842",
        "1842",
        "0 1842",
        "+49 30 5550 1842 ext. 7",
    ],
)
def test_a_phone_is_found_whole_or_by_its_end(desk, text):
    own = someone(desk, phone="+49 30 5550 1842")
    someone(desk, phone="+49 30 5550 1843")

    assert found(text) == [own]


def test_fewer_than_four_digits_are_no_end_of_a_number(desk):
    someone(desk, phone="+49 30 5550 1842")

    assert found("842") == []


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0039 02 5550 3318", "+390255503318"),
        ("+39 02 5550 3318 ext. 12", "+390255503318 ext. 12"),
        ("+39 02 5550 3318 x12", "+390255503318 ext. 12"),
        ("tel:+39-02-5550-3318;ext=12", "+390255503318 ext. 12"),
        ("+390255503318 ext. 12", "+390255503318 ext. 12"),
    ],
)
def test_a_number_may_begin_with_00_and_keeps_its_extension(desk, written, kept):
    own = create_customer(name="A", phone=written, by=desk.rep, now=NOON)

    assert own.phone == kept
    assert found("3318") == found(written) == [own.customer_id]


@pytest.mark.parametrize(
    "text",
    ["zoe.ang", "angstrom", "Posta1.Example", "@posta1.example", "mail.posta1", "angstrom@mail"],
)
def test_an_address_is_found_by_a_part_of_it(desk, text):
    own = someone(desk, email="zoe.angstrom@mail.posta1.example")
    someone(desk, email="zoe.b@elsewhere.example")

    assert found(text) == [own]


def test_a_customer_is_found_by_a_booking_or_a_container(desk):
    own = someone(desk)
    create_vehicle(customer_id=own, make="Fiat", booking="BKG-77 / MSCU 123456-7", by=desk.rep)

    for text in ("MSCU1234567", "mscu 123456-7", "BKG77", "bkg-77", "BKG-77 / MSCU 123456-7"):
        assert found(text) == [own], text
    assert found("MSCU1234568") == []


@pytest.mark.parametrize(
    "text",
    [VIN, VIN.lower(), "1HG-CM826 33A 004352", "3A004352", "004352", "3A-00 4352", f"*{VIN}*"],
)
def test_a_customer_is_found_by_a_vin_or_its_end(desk, text):
    own = someone(desk)
    vehicle = create_vehicle(customer_id=own, vin="1HG-CM826 33A004352", by=desk.rep)

    assert vehicle.vin == VIN
    assert found(text) == [own]
    assert [one.vehicle_id for one in find_vehicles(text)] == [vehicle.vehicle_id]


def test_words_follow_what_is_changed_handed_over_and_merged(desk):
    own = someone(desk, "Ann First", phone="+390255503318", email="ann@posta1.example")
    car = create_vehicle(customer_id=own, vin=VIN, booking="B-100", by=desk.rep).vehicle_id
    edit_customer(own, name="Ann Second", phone="+390255503319", by=desk.rep)
    edit_vehicle(car, booking="B-200", by=desk.rep)
    assert found("First") == found("3318") == found("B-100") == []
    assert found("Second") == found("3319") == found("B-200") == [own]

    other = someone(desk, "Bob Third")
    change_owner(car, to=other, by=desk.rep)
    assert found("B-200") == found("004352") == [other]

    job = merge_and_erase.start_merge(own, into=other, takes=["name"], by=desk.rep)
    while not job.finished_at:
        job = merge_and_erase.step(job.pk)
    assert found("Second") == found("3319") == found("posta1.example") == [other]
    assert found("Third") == []
    assert not [sk for sk in words_left() if own in sk]


def test_nothing_leads_to_somebody_who_was_erased(desk):
    own = someone(desk, "Ann First", phone="+390255503318", email="ann@posta1.example")
    create_vehicle(customer_id=own, vin=VIN, booking="B-100", by=desk.rep)
    before = words_left()
    erase_vehicles(own)
    erase_person(own, now=NOON)

    gone = set(before) - set(words_left())
    assert len(gone) >= 8
    assert not [sk for sk in words_left() if own in sk]
    for text in ("Ann", "3318", "posta1", "B-100", "004352"):
        assert found(text) == []


def test_a_search_costs_the_same_however_many_there_are(desk):
    def costs():
        with capacity.counting() as used:
            for text in ("zoe", "1842", "zoe angstrom", "004352"):
                find_customers(text)
        return used.requests, used.capacity

    def grow(first, last):
        for number in range(first, last):
            own = someone(desk, f"Zoë Ångström {number}", email=f"zoe{number}@x.example")
            create_vehicle(customer_id=own, make="Fiat", booking=f"1842{number}", by=desk.rep)

    grow(0, 120)
    few = costs()
    grow(120, 200)

    requests, units = costs()
    assert requests == few[0] <= 21
    assert units <= few[1] * 1.1


def test_of_many_with_one_word_those_with_both_are_found(desk):
    for number in range(120):
        someone(desk, f"Throckmorton {number}")
    own = someone(desk, "Throckmorton Zed")

    assert found("throckmorton zed") == [own]


def test_a_whole_name_is_found_though_many_have_each_of_its_words(desk):
    for number in range(105):
        someone(desk, f"Throckmorton {number}")
        someone(desk, f"Featherstone {number}")
    own = someone(desk, "Throckmorton Featherstone")

    assert own in found("throckmorton featherstone")


def test_long_names_of_any_script_are_kept(desk):
    for name in ("\ufdfa" * 200, "𠮷" * 200, "a " * 100, "ß" * 200):
        own = someone(desk, name)
        edit_customer(own, company=name, by=desk.rep)
        create_vehicle(customer_id=own, make=name, model=name, booking=name, by=desk.rep)
        assert own in found(name[:60])


def test_two_with_as_many_words_as_there_can_be_become_one(desk):
    def whole(letter):
        return someone(
            desk,
            " ".join(f"{letter}{n}" for n in range(30)),
            company=" ".join(f"{letter}x{n}" for n in range(30)),
            email=f"{'.'.join(f'{letter}{n}' for n in range(9))}@{letter}.posta.example",
            phone=f"+39 02 5550 331{ord(letter) % 10}",
            external_id=letter,
        )

    goes, stays = whole("a"), whole("b")
    takes = ["name", "company", "email", "phone", "external_id"]
    job = merge_and_erase.start_merge(goes, into=stays, takes=takes, by=desk.rep)
    while not job.finished_at:
        job = merge_and_erase.step(job.pk)

    assert found("a7") == [stays]
    assert found("b7") == []


class Older:
    """Records as a release before this one wrote them."""

    def __init__(self, desk):
        self.own = someone(desk, "Ægir Łuk-Ø", email="aegir@posta1.example", phone="+4930555501842")
        car = create_vehicle(customer_id=self.own, vin=VIN, booking="B-100", by=desk.rep)
        self.car = car.vehicle_id
        for item in SearchWord.scan(SearchWord.customer_id == self.own):
            item.delete()
        for word in ("ægir", "łuk-ø"):
            SearchWord("WORDS#0", f"{word}#{self.own}", customer_id=self.own).save()
        customer = Customer.get(f"CUSTOMER#{self.own}", "DETAILS")
        customer.update(
            [Customer.found_by.remove(), Customer.name_key.set(f"ægir łuk-ø#{self.own}")]
        )
        vehicle = Vehicle.get(f"CUSTOMER#{self.own}", f"VEHICLE#{self.car}")
        vehicle.update(
            [Vehicle.found_by.remove(), Vehicle.label_key.remove(), Vehicle.shipment_shard.remove()]
        )


def test_what_an_older_release_stored_is_brought_along_and_a_repeat_changes_nothing(desk):
    older = Older(desk)
    assert found("aegir") == []

    first = refresh.refresh_customers()
    assert older.own not in {one.customer_id for one in changed_customers(limit=10)}
    version = Customer.get(f"CUSTOMER#{older.own}", "DETAILS").version
    second = refresh.refresh_customers()

    assert (first.customers, first.vehicles) == (1, 1)
    assert (second.customers, second.vehicles) == (0, 0)
    assert Customer.get(f"CUSTOMER#{older.own}", "DETAILS").version == version == 2
    for text in ("aegir", "luk", "1842", "posta1.example", "B-100", "3A004352"):
        assert found(text) == [older.own], text
    assert not [sk for sk in words_left() if sk.startswith(("æ", "ł"))]


def test_somebody_of_an_older_release_is_erased_with_every_word(desk):
    older = Older(desk)
    erase_vehicles(older.own)
    erase_person(older.own, now=NOON)

    assert not [sk for sk in words_left() if older.own in sk or older.car in sk]


def test_words_that_an_older_release_wrote_beside_this_one_are_erased_too(desk):
    own = someone(desk, "Ann Müller-Łuk")
    SearchWord("WORDS#0", f"muller-łuk#{own}", customer_id=own).save()
    erase_person(own, now=NOON)

    assert not [sk for sk in words_left() if own in sk]


def test_segments_and_ids_are_found_as_before(desk):
    own = someone(desk, external_id="C-77", segment=Segment.VIP)

    assert found("C-77") == [own]
