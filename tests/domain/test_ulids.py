"""Ids are in the order of writing, and no two logs ever have the same one."""

from helpdesk.dynamo.ulids import new_ulid
from tests.world import NOON


def test_ids_of_logs_that_are_written_in_turn_in_one_second_never_meet():
    first = second = None
    made = []
    for _turn in range(200):
        first = new_ulid(after=first, at=NOON)
        second = new_ulid(after=second, at=NOON)
        new_ulid()  # something else is written meanwhile
        made += [first, second]

    assert len(set(made)) == len(made)
    assert made[::2] == sorted(made[::2])
    assert made[1::2] == sorted(made[1::2])


def test_an_id_follows_the_last_one_even_when_the_clock_has_gone_back():
    last = new_ulid(at=NOON)
    for _turn in range(50):
        after = new_ulid(after=last, at=NOON.replace(year=2020))
        assert after > last
        last = after
