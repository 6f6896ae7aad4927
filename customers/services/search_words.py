"""Keep the search words of a customer in line with the customer and their vehicles."""

import re
import unicodedata

from customers.domain import search_words
from customers.domain.search_words import WordKind
from customers.store.items import Customer, SearchWord, Vehicle, email_pk, search_word
from helpdesk.dynamo.transaction import Transaction

_EMAIL = email_pk("")
_FIRST_ACCENTS = re.compile("[\u0300-\u036f]")
_FIRST_MOST = 12


def set_words(item: Customer | Vehicle) -> None:
    """Set the search words of a record that is about to be stored."""
    if isinstance(item, Vehicle):
        words = search_words.words_of_vehicle(vin=item.vin, booking=item.booking)
    else:
        known = [str(key).removeprefix(_EMAIL) for key in item.also_known if _EMAIL in str(key)]
        words = search_words.words_of_customer(
            name=item.name,
            company=item.company,
            addresses=[*filter(None, [item.email]), *known],
            phone=item.phone,
        )
    item.found_by = sorted(f"{kind} {word}" for kind, word in words)


def write(
    transaction: Transaction, before: Customer | Vehicle | None, after: Customer | Vehicle
) -> None:
    """Write the search words of `after`, and delete those that only `before` had.

    At most 2 * (finding.MOST_WORDS + finding.MOST_TAILS + 1) items.
    """
    held, wanted = _stored(before), set(after.found_by or ())
    if isinstance(before, Customer) and isinstance(after, Customer) and after.erased_at:
        # An earlier release that ran beside this one wrote words, and none of them on the record.
        held |= _of_first_releases(before)
    moved = before is not None and before.customer_id != after.customer_id
    for word in wanted if moved else wanted - held:
        transaction.put(_item(word, after))
    for word in held - wanted:
        transaction.delete(_item(word, after))


def _stored(item: Customer | Vehicle | None) -> set[str]:
    if item is None:
        return set()
    if item.found_by is not None or isinstance(item, Vehicle):
        return set(item.found_by or ())
    return _of_first_releases(item) if item.name_key else set()  # a signpost, or erased


def _of_first_releases(item: Customer) -> set[str]:
    """Return the words of the first releases, which no record lists."""
    plain = unicodedata.normalize("NFKD", f"{item.name} {item.company or ''}".casefold())
    words = _FIRST_ACCENTS.sub("", plain).split()[:_FIRST_MOST]
    return {f"{WordKind.NAME} {word}" for word in words}


def _item(stored: str, of: Customer | Vehicle) -> SearchWord:
    kind, _space, word = stored.partition(" ")
    item_id = of.vehicle_id if isinstance(of, Vehicle) else of.customer_id
    return search_word(WordKind(kind), word, item_id, of.customer_id)
