"""Every operation on DynamoDB and, side by side, on an SQL twin with the same rows."""

import random
from datetime import timedelta

import pytest
from django.core.exceptions import FieldError
from django.db import NotSupportedError, connection
from django.db.models import Count, F, Max, Q, Value
from django.db.models.functions import Lower

from helpdesk.accounts.models import User
from helpdesk.dynamo.capacity import counting
from tests.dynamo_admin.crates import COLOURS, Crate, StoredCrate, TwinCrate, fill
from tests.world import NOON


@pytest.fixture(scope="module", autouse=True)
def crates(django_db_setup, django_db_blocker):
    """Made once: no test changes them."""
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(TwinCrate)
        StoredCrate.create_table(wait=True)
        fill()
        yield
        StoredCrate.delete_table()
        with connection.schema_editor() as editor:
            editor.delete_model(TwinCrate)


pytestmark = pytest.mark.django_db


KEYS = ["0003", "0010", "0011", "0042", "0099", "0000"]
HALF_PAST = NOON + timedelta(minutes=30)
OF_KEYS = Q(pk__in=KEYS)

# What is asked, and of whom no path is asked too much.
SERVED = {
    # By key, with anything else
    "one": lambda crates: crates.filter(pk="0010"),
    "one by attribute": lambda crates: crates.filter(crate_id="0010"),
    "none of that key": lambda crates: crates.filter(pk="none"),
    "keys": lambda crates: crates.filter(pk__in=KEYS),
    "no keys": lambda crates: crates.filter(pk__in=[]),
    "keys that exclude each other": lambda crates: crates.filter(pk="0010").filter(pk="0011"),
    "keys that overlap": lambda crates: crates.filter(pk__in=KEYS).filter(pk__in=KEYS[:2]),
    "one key or another": lambda crates: crates.filter(Q(pk="0010") | Q(pk="0042")),
    "keys in an order": lambda crates: crates.filter(pk__in=KEYS).order_by("-weight", "pk"),
    "keys by what may be absent": lambda crates: crates.filter(pk__in=KEYS).order_by(
        "weight", "pk"
    ),
    "keys backwards": lambda crates: crates.filter(pk__in=KEYS).order_by("colour", "pk").reverse(),
    "a slice of keys": lambda crates: crates.filter(pk__in=KEYS).order_by("pk")[1:4],
    "keys by F": lambda crates: crates.filter(pk__in=KEYS).order_by(F("weight").desc(), "pk"),
    "keys and equality": lambda crates: crates.filter(pk__in=KEYS, colour="red"),
    "keys and exclusion": lambda crates: crates.filter(pk__in=KEYS).exclude(colour="red"),
    "keys and exclusion of the absent": lambda crates: crates.filter(pk__in=KEYS).exclude(weight=3),
    "keys and negation": lambda crates: crates.filter(OF_KEYS & ~Q(weight__gt=3)),
    "keys and either": lambda crates: crates.filter(OF_KEYS, Q(colour="red") | Q(weight__lt=4)),
    "keys and exclusive or": lambda crates: crates.filter(
        OF_KEYS, Q(fragile=True) ^ Q(colour="red")
    ),
    "keys and nested": lambda crates: crates.filter(
        OF_KEYS, ~(Q(colour="red") | ~Q(weight__isnull=False))
    ),
    "keys and comparison": lambda crates: crates.filter(pk__in=KEYS, weight__gte=3, weight__lt=11),
    "keys and range": lambda crates: crates.filter(pk__in=KEYS, weight__range=(3, 11)),
    "keys and absence": lambda crates: crates.filter(pk__in=KEYS, weight__isnull=True),
    "keys and presence": lambda crates: crates.filter(pk__in=KEYS, weight__isnull=False),
    "keys and None": lambda crates: crates.filter(pk__in=KEYS, note=None),
    "keys and texts": lambda crates: crates.filter(pk__in=KEYS, note__icontains="WITH"),
    "keys and beginnings": lambda crates: crates.filter(pk__in=KEYS, note__startswith="Handle 4"),
    "keys and ends": lambda crates: crates.filter(pk__in=KEYS, label__endswith="7"),
    "keys and any case": lambda crates: crates.filter(pk__in=KEYS, colour__iexact="RED"),
    "keys and lists": lambda crates: crates.filter(pk__in=KEYS, colour__in=["red", "blue"]),
    "keys and an empty list": lambda crates: crates.filter(pk__in=KEYS).exclude(colour__in=[]),
    "keys and time": lambda crates: crates.filter(pk__in=KEYS, packed_at__lt=HALF_PAST),
    "truth": lambda crates: crates.filter(pk__in=KEYS, fragile=True),
    # All of an owner, with anything else
    "of an owner": lambda crates: crates.filter(owner="owner 2"),
    "of an owner in an order": lambda crates: crates.filter(owner="owner 2").order_by("-pk"),
    "of an owner and more": lambda crates: crates.filter(
        Q(owner="owner 2") & (Q(shelf="C") | Q(weight=None))
    ),
    "of an owner, sliced": lambda crates: crates.filter(owner="owner 2").order_by("pk")[3:7],
    "of nobody known": lambda crates: crates.filter(owner="owner 99"),
    # Pages of a shelf
    "a shelf": lambda crates: crates.filter(shelf="A"),
    "two shelves": lambda crates: crates.filter(shelf__in=["B", "D"]),
    "one shelf or another": lambda crates: crates.filter(Q(shelf="B") | Q(shelf="D")),
    "a shelf twice": lambda crates: crates.filter(shelf__in=["B", "D"]).filter(shelf="D"),
    "no shelf can be both": lambda crates: crates.filter(shelf="A").filter(shelf="B"),
    "the first of a shelf": lambda crates: crates.filter(shelf="A")[:7],
    "a slice of a shelf": lambda crates: crates.filter(shelf="A")[5:12],
    "beyond a shelf": lambda crates: crates.filter(shelf="A")[100:120],
    "an empty slice": lambda crates: crates.filter(shelf="A")[3:3],
    "a shelf by label": lambda crates: crates.filter(shelf="A").order_by("label"),
    # The latest
    "the latest": lambda crates: crates.order_by("-packed_at"),
    "the latest ten": lambda crates: crates.order_by("-packed_at", "-crate_id")[:10],
    "the latest, said backwards": lambda crates: crates.order_by("packed_at", "pk").reverse()[:9],
    "the oldest": lambda crates: crates.order_by("packed_at", "crate_id"),
    "the oldest since": lambda crates: crates.filter(packed_at__gte=HALF_PAST).order_by(
        "packed_at", "crate_id"
    )[3:40],
    "a shelf from its other end": lambda crates: crates.filter(shelf__in=["A", "C"]).order_by(
        "-label", "-pk"
    ),
    "since": lambda crates: crates.filter(packed_at__gte=HALF_PAST).order_by("-packed_at"),
    "until": lambda crates: crates.filter(packed_at__lt=HALF_PAST).order_by("-packed_at"),
    "between": lambda crates: crates.filter(
        packed_at__gte=NOON + timedelta(minutes=10), packed_at__lt=HALF_PAST
    ).order_by("-packed_at"),
    "the tighter bound": lambda crates: (
        crates.filter(packed_at__gte=NOON).filter(packed_at__gte=HALF_PAST).order_by("-packed_at")
    ),
    "nothing": lambda crates: crates.none(),
    "joined": lambda crates: crates.filter(shelf="A") | crates.filter(shelf="C"),
    "met": lambda crates: crates.filter(shelf="A") & crates.filter(pk__in=KEYS),
}


def same(mine, twins, *, ordered):
    mine, twins = list(mine), list(twins)
    if not ordered:
        mine, twins = sorted(mine, key=str), sorted(twins, key=str)
    return mine == twins


def keys(crates):
    return [crate.pk for crate in crates]


@pytest.mark.parametrize("what", SERVED)
class TestWhatAPathServes:
    def test_gives_the_same_rows(self, what):
        mine, twins = SERVED[what](Crate.objects), SERVED[what](TwinCrate.objects)

        assert keys(mine) == keys(twins) or (
            # Where the order says nothing of ties, SQL says nothing either.
            len(mine.query.order_by) == 1 and sorted(keys(mine)) == sorted(keys(twins))
        )

    def test_gives_the_same_count_and_existence(self, what):
        mine, twins = SERVED[what](Crate.objects), SERVED[what](TwinCrate.objects)

        assert mine.count() == twins.count()
        assert mine.exists() is twins.exists()
        assert bool(mine) is bool(twins)

    def test_gives_the_same_values(self, what):
        mine, twins = SERVED[what](Crate.objects), SERVED[what](TwinCrate.objects)
        ordered = len(mine.query.order_by) != 1

        assert same(mine.values("pk", "note"), twins.values("pk", "note"), ordered=ordered)
        assert same(
            mine.values_list("label", flat=True),
            twins.values_list("label", flat=True),
            ordered=ordered,
        )
        assert same(mine.values_list(), twins.values_list(), ordered=ordered)

    def test_gives_whole_objects(self, what):
        mine = {crate.pk: crate for crate in SERVED[what](Crate.objects)}
        twins = {crate.pk: crate for crate in SERVED[what](TwinCrate.objects)}

        for pk in list(mine)[:5]:
            assert (mine[pk].note, mine[pk].weight) == (twins[pk].note, twins[pk].weight)

    def test_gives_the_first(self, what):
        mine, twins = SERVED[what](Crate.objects), SERVED[what](TwinCrate.objects)
        # Where the order says nothing of ties, the first is any of those that share its place.
        by = mine.query.order_by[0].lstrip("-") if len(mine.query.order_by) == 1 else "pk"

        assert getattr(mine.first(), by, None) == getattr(twins.first(), by, None)


def answer(ask):
    try:
        return ask()
    except (Crate.DoesNotExist, TwinCrate.DoesNotExist):
        return "does not exist"
    except (Crate.MultipleObjectsReturned, TwinCrate.MultipleObjectsReturned):
        return "several"
    except (FieldError, TypeError, ValueError, AttributeError) as error:
        return type(error)


OPERATIONS = {
    "get": lambda crates: crates.get(pk="0010").label,
    "get what is not there": lambda crates: crates.get(pk="9999"),
    "get one of several": lambda crates: crates.get(shelf="A"),
    "in bulk": lambda crates: sorted(crates.in_bulk(["0010", "0011", "none"])),
    "last of keys": lambda crates: crates.filter(pk__in=KEYS).order_by("pk").last().pk,
    "latest": lambda crates: crates.filter(pk__in=KEYS).latest("packed_at").pk,
    "earliest": lambda crates: crates.filter(pk__in=KEYS).earliest("packed_at").pk,
    "an index": lambda crates: crates.filter(shelf="B")[4].pk,
    "a step": lambda crates: keys(crates.filter(shelf="B")[0:10:3]),
    "iterate": lambda crates: [
        crate.pk for crate in crates.filter(shelf="B").iterator(chunk_size=5)
    ],
    "only": lambda crates: [crate.note for crate in crates.filter(shelf="B").only("note")[:4]],
    "defer": lambda crates: [crate.label for crate in crates.filter(shelf="B").defer("label")[:4]],
    "named tuples": lambda crates: crates.filter(pk="0010").values_list("pk", named=True)[0].pk,
    "contains": lambda crates: crates.filter(shelf="C").contains(crates.get(pk="0010")),
    "distinct": lambda crates: keys(crates.filter(shelf="B").distinct()),
    "refresh": lambda crates: refreshed(crates),
    "an unknown field": lambda crates: list(crates.filter(nothing="x")),
    "an unknown lookup": lambda crates: list(crates.filter(pk__sounds_like="x")),
    "an unknown order": lambda crates: list(crates.filter(pk="0010").order_by("nothing")),
    "a value of another kind": lambda crates: list(crates.filter(pk="0010", weight="heavy")),
    "a negative slice": lambda crates: crates.filter(shelf="A")[-1],
    "a filter after a slice": lambda crates: crates.filter(shelf="A")[:5].filter(pk="0010"),
}


def refreshed(crates):
    crate = crates.get(pk="0010")
    crate.label = "painted over"
    crate.refresh_from_db()
    return crate.label


@pytest.mark.parametrize("what", OPERATIONS)
def test_an_operation_ends_the_same(what):
    ask = OPERATIONS[what]

    assert answer(lambda: ask(Crate.objects)) == answer(lambda: ask(TwinCrate.objects))


REFUSED = {
    "everything": lambda: list(Crate.objects.all()),
    "a filter without a path": lambda: list(Crate.objects.filter(colour="red")),
    "a shelf and more": lambda: list(Crate.objects.filter(shelf="A", colour="red")),
    "a shelf in another order": lambda: list(Crate.objects.filter(shelf="A").order_by("weight")),
    "a shelf that is not": lambda: list(Crate.objects.exclude(shelf="A")),
    "a shelf or a colour": lambda: list(Crate.objects.filter(Q(shelf="A") | Q(colour="red"))),
    "an expression": lambda: list(Crate.objects.filter(pk="0010", weight=F("crate_id"))),
    "a transform": lambda: list(Crate.objects.filter(pk="0010", packed_at__year=2026)),
    "a function": lambda: list(Crate.objects.filter(pk="0010").order_by(Lower("label"))),
    "a pattern": lambda: list(Crate.objects.filter(pk="0010", label__regex="((a+)+)+$")),
    "chance": lambda: list(Crate.objects.filter(pk="0010").order_by("?")),
    "annotations": lambda: list(Crate.objects.filter(pk="0010").annotate(one=Value(1))),
    "sums": lambda: Crate.objects.filter(pk="0010").aggregate(Max("weight")),
    "groups": lambda: list(Crate.objects.values("shelf").annotate(Count("pk"))),
    "unions": lambda: list(Crate.objects.filter(pk="1").union(Crate.objects.filter(pk="2"))),
    "distinct values": lambda: list(Crate.objects.filter(shelf="A").values("colour").distinct()),
    "extra": lambda: list(Crate.objects.filter(pk="0010").extra(where=["1=1"])),
    "locks": lambda: list(Crate.objects.filter(pk="0010").select_for_update()),
    "raw SQL": lambda: list(Crate.objects.raw("SELECT 1")),
    "a part of SQL": lambda: list(User.objects.filter(username__in=Crate.objects.values("owner"))),
    "another database": lambda: list(Crate.objects.using("default").filter(colour="red")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_no_path_serves_is_refused_before_anything_is_read(what, django_assert_num_queries):
    with counting() as usage, django_assert_num_queries(0), pytest.raises(FieldError):
        REFUSED[what]()
    assert usage.requests == 0


def test_a_refusal_names_what_would_be_served():
    with pytest.raises(FieldError) as refused:
        list(Crate.objects.filter(colour="red"))

    words = str(refused.value)
    assert "No access path serves colour__in" in words
    assert "by shelf: filter by shelf* (in); order by label, crate_id" in words
    assert "of an owner: owner (exact), and anything else" in words


def test_reading_never_asks_sql(django_assert_num_queries):
    with django_assert_num_queries(0):
        for ask in SERVED.values():
            list(ask(Crate.objects))
            ask(Crate.objects).count()


def test_reading_never_scans():
    with counting() as usage:
        for ask in SERVED.values():
            list(ask(Crate.objects))
    assert "Scan" not in usage.operations


WRITES = {
    "save": lambda: Crate(pk="x", label="x").save(),
    "save what was read": lambda: Crate.objects.get(pk="0010").save(),
    "create": lambda: Crate.objects.create(pk="x"),
    "bulk": lambda: Crate.objects.bulk_create([Crate(pk="x")]),
    "update": lambda: Crate.objects.filter(pk="0010").update(label="x"),
    "update in bulk": lambda: Crate.objects.bulk_update([Crate(pk="x", label="x")], ["label"]),
    "delete": lambda: Crate.objects.filter(pk="0010").delete(),
    "delete one": lambda: Crate.objects.get(pk="0010").delete(),
    "get or create": lambda: Crate.objects.get_or_create(pk="x"),
}


@pytest.mark.parametrize("what", WRITES)
def test_nothing_is_written_past_services(what):
    with pytest.raises(NotSupportedError, match="written by services"):
        WRITES[what]()


def test_a_slice_reads_what_it_shows_and_no_more():
    with counting() as usage:
        list(Crate.objects.filter(shelf="A")[:5])
    assert usage.operations == ["Query"]


def test_values_that_an_index_lacks_are_read_by_key_at_once():
    with counting() as usage:
        list(Crate.objects.filter(shelf="A").values_list("note")[:5])
    assert usage.operations == ["Query", "BatchGetItem"]


def test_a_page_reads_the_same_wherever_it_is():
    query = Crate.objects.order_by("-packed_at").plan()
    page, seen, costs = query.page(limit=10, place=None), [], set()
    while True:
        seen += [row["crate_id"] for row in page]
        if page.next is None:
            break
        with counting() as usage:
            page = query.page(limit=10, place=page.next)
        costs.add((usage.requests, usage.capacity))
    assert seen == keys(TwinCrate.objects.order_by("-packed_at", "-pk"))
    assert len({requests for requests, _capacity in costs}) == 1


def test_counting_stops_where_it_is_told_to():
    with counting() as usage:
        assert Crate.objects.order_by("-packed_at").count_up_to(30) == 30
    assert usage.requests == 1
    assert Crate.objects.filter(shelf="A").count_up_to(100) == 30


def test_a_count_or_a_list_that_would_be_cut_short_is_refused(monkeypatch):
    monkeypatch.setattr("helpdesk.dynamo_admin.plan.MOST", 50)
    for ask in (list, len):
        with pytest.raises(FieldError, match="more than 50 rows"):
            ask(Crate.objects.order_by("-packed_at"))


def test_an_explanation_names_the_path():
    assert Crate.objects.filter(shelf="A").explain().startswith("by shelf")


def _random_query(chance):
    """A query of any shape, and whether a path could serve it."""
    filters, listing = [], None
    kind = chance.choice(["key", "owner", "shelf", "time", "none"])
    if kind == "key":
        filters.append(Q(pk__in=chance.sample([f"{n:04d}" for n in range(130)], 8)))
    elif kind == "owner":
        filters.append(Q(owner=f"owner {chance.randrange(9)}"))
    elif kind == "shelf":
        listing = "shelf"
        filters.append(Q(shelf__in=chance.sample("ABCD", chance.randint(1, 4))))
    elif kind == "time":
        listing = "time"
        filters.append(Q(packed_at__gte=NOON + timedelta(minutes=chance.randrange(60))))
    more = [
        Q(colour=chance.choice(COLOURS)),
        Q(weight__lte=chance.randrange(17)),
        Q(weight__isnull=chance.random() < 0.5),
        ~Q(weight=chance.randrange(17)),
        ~(Q(fragile=True) & Q(weight__gt=chance.randrange(17))),
        Q(note__contains=str(chance.randrange(10))) | Q(fragile=False),
        ~Q(note=None) ^ Q(colour="red"),
    ]
    extra = chance.sample(more, chance.choice([0, 0, 1, 2]))
    orders = {"shelf": ("label", "pk"), "time": ("-packed_at", "-pk")}
    order = orders.get(listing or "", ("pk",))
    if chance.random() < 0.3:
        order = chance.choice([("weight", "pk"), ("-colour", "pk"), ("-packed_at", "-pk")])
    served = kind in ("key", "owner") or (
        not extra
        and (order == orders.get(listing or "") or (kind == "none" and order[0] == "-packed_at"))
    )
    low = chance.choice([0, 0, 3])
    window = slice(low, low + chance.randrange(1, 20)) if chance.random() < 0.5 else slice(None)
    return Q(*filters, *extra), order, window, served


@pytest.mark.parametrize("seed", range(12))
def test_queries_of_any_shape_give_the_same_or_are_refused_where_no_path_could_serve(seed):
    chance = random.Random(seed)
    for _turn in range(25):
        where, order, window, served = _random_query(chance)
        wanted = keys(TwinCrate.objects.filter(where).order_by(*order)[window])
        if served:
            found = keys(Crate.objects.filter(where).order_by(*order)[window])
            assert found == wanted, f"{where} by {order} {window}"
        else:
            with pytest.raises(FieldError):
                keys(Crate.objects.filter(where).order_by(*order)[window])
