"""Labels of a customer's fields on pages."""

from django.utils.translation import gettext_lazy

FIELD_LABELS = {
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("Email address"),
    "phone": gettext_lazy("Phone"),
    "company": gettext_lazy("Company"),
    "segment": gettext_lazy("Segment"),
    "external_id": gettext_lazy("External ID"),
    "address": gettext_lazy("Address"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "notes": gettext_lazy("Notes"),
}
