"""Labels of the customer schema's words, which are stored in English and shown in the reader's
language."""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.domain.choices import Segment, ShipmentStatus

Labels = Mapping[str, str | Promise]

LABELS: Labels = {
    Segment.INDIVIDUAL: _("Individual"),
    Segment.DEALER: _("Dealer"),
    Segment.CORPORATE: _("Corporate"),
    Segment.VIP: _("VIP"),
    ShipmentStatus.BOOKED: _("Booked"),
    ShipmentStatus.AT_ORIGIN_PORT: _("At Origin Port"),
    ShipmentStatus.IN_TRANSIT: _("In Transit"),
    ShipmentStatus.AT_CUSTOMS: _("At Customs"),
    ShipmentStatus.DELIVERED: _("Delivered"),
}


def choices(words: Iterable[str], labels: Labels = LABELS) -> list[tuple[str, str | Promise]]:
    """Return words with their labels, as fields of forms and models take them."""
    return [(str(word), labels[word]) for word in words]
