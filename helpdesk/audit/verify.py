"""Whether the audit record is whole: each number is there, and each entry is as it was written."""

from collections.abc import Iterator
from dataclasses import dataclass

from helpdesk.audit import store


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that does not fit, at a number of the chain."""

    sequence: int
    why: str


@dataclass
class Checked:
    """How far the record was read: the number of the last entry that was there, and its hash."""

    sequence: int = 0
    hash: str = ""


def verify(checked: Checked, *, noted: dict[int, str] | None = None) -> Iterator[Broken]:
    """Yield what is broken, from the first entry to the last, and keep `checked` up to date.

    `noted` has hashes by number that somebody wrote down elsewhere; each may be shortened to its
    beginning. Without such notes nobody sees that the whole record was written anew. Cost: reads
    the whole record, a Query for each MB.
    """
    left = dict(noted or {})
    for entry in store.chain():
        expected = checked.sequence + 1
        if entry.sequence != expected:
            missing = f"{expected} to {entry.sequence - 1}" if entry.sequence > expected else "none"
            yield Broken(entry.sequence, f"follows {checked.sequence}; missing: {missing}")
        elif (entry.previous or "") != checked.hash:
            yield Broken(entry.sequence, "does not continue the entry before it")
        if entry.hash != entry.expected_hash:
            yield Broken(entry.sequence, "was changed")
        note = left.pop(entry.sequence, None)
        if note is not None and not entry.hash.startswith(note):
            yield Broken(entry.sequence, "has another hash than was noted")
        checked.sequence, checked.hash = entry.sequence, entry.hash
    last = store.head()
    if last and (last.sequence, last.hash) != (checked.sequence, checked.hash):
        yield Broken(checked.sequence, f"is the last, but {last.sequence} entries were written")
    for sequence in sorted(left):
        yield Broken(sequence, "was noted, and is missing")
