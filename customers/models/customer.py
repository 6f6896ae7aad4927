"""Customers and vehicles as Django's admin sees them. They are stored in DynamoDB: see
customers/store, and for the queries they serve customers/admin/paths.py."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.domain.choices import Segment, ShipmentStatus
from customers.models.labels import choices
from helpdesk.dynamo_admin.fields import InstantField, WordsField
from helpdesk.dynamo_admin.query import PlannedModel


class Customer(PlannedModel):
    """A person or company that ships vehicles."""

    customer_id = models.CharField(_("number"), primary_key=True, max_length=40, editable=False)
    name = models.CharField(_("name"), max_length=200)
    email = models.CharField(_("email"), max_length=200, null=True, blank=True)  # noqa: DJ001
    phone = models.CharField(_("phone"), max_length=200, null=True, blank=True)  # noqa: DJ001
    company = models.CharField(_("company"), max_length=200, null=True, blank=True)  # noqa: DJ001
    segment = models.CharField(_("segment"), max_length=20, choices=choices(Segment))
    address = models.CharField(_("address"), max_length=200, null=True, blank=True)  # noqa: DJ001
    language = models.CharField(_("language"), max_length=200, null=True, blank=True)  # noqa: DJ001
    time_zone = models.CharField(_("time zone"), max_length=200, null=True, blank=True)  # noqa: DJ001
    notes = models.TextField(_("notes"), null=True, blank=True)  # noqa: DJ001
    custom_fields = models.JSONField(_("custom fields"), null=True)
    external_id = models.CharField(  # noqa: DJ001
        _("External ID"), max_length=200, null=True, blank=True
    )
    created_at = InstantField(_("created"))
    merged_into = models.CharField(_("merged into"), max_length=40, null=True)  # noqa: DJ001
    erased_at = InstantField(_("erased"), null=True)
    version = models.IntegerField(_("version"))
    name_key = models.CharField(_("sort by name"), max_length=300, null=True)  # noqa: DJ001
    """Without case and accents, and of those in lists alone: merged and erased ones have none."""
    words = WordsField(_("search"), null=True)

    class Meta(PlannedModel.Meta):
        ordering = ["name_key"]
        default_permissions = ("view", "add", "change")
        verbose_name = _("customer")
        verbose_name_plural = _("customers")

    def __str__(self) -> str:
        return self.name


class Vehicle(PlannedModel):
    """A vehicle that is shipped for a customer."""

    vehicle_id = models.CharField(_("number"), primary_key=True, max_length=40, editable=False)
    customer_id = models.CharField(_("owner"), max_length=40)
    vin = models.CharField(_("VIN"), max_length=40, null=True, blank=True)  # noqa: DJ001
    make = models.CharField(_("make"), max_length=200, blank=True)
    model = models.CharField(_("model"), max_length=200, blank=True)
    year = models.IntegerField(_("year"), null=True, blank=True)
    shipment_status = models.CharField(
        _("shipment status"),
        max_length=20,
        choices=choices(ShipmentStatus),
    )
    booking = models.CharField(  # noqa: DJ001
        _("booking / container no."), max_length=200, null=True, blank=True
    )
    vessel = models.CharField(  # noqa: DJ001
        _("vessel"), max_length=200, null=True, blank=True
    )
    eta = models.CharField(  # noqa: DJ001
        _("expected arrival"),
        max_length=10,
        null=True,
        blank=True,
        help_text=_("A date, such as 2026-11-24."),
    )
    tracking_url = models.CharField(  # noqa: DJ001
        _("tracking link"), max_length=200, null=True, blank=True
    )
    custom_fields = models.JSONField(_("custom fields"), null=True)
    version = models.IntegerField(_("version"))
    label_key = models.CharField(_("sort by make"), max_length=300, null=True)  # noqa: DJ001
    words = WordsField(_("search"), null=True)

    class Meta(PlannedModel.Meta):
        ordering = ["label_key"]
        default_permissions = ("view", "add", "change")
        verbose_name = _("vehicle")
        verbose_name_plural = _("vehicles")

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.year, self.make, self.model) if part)
