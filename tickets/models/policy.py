"""SLA policies: calendars, targets, and the versions that tickets have had."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import validate_time_zone
from helpdesk.audit.audited import Audited
from helpdesk.errors import worded
from helpdesk.short_text import LineField
from tickets.domain import calendar, target
from tickets.domain.errors import (
    CalendarHasNoWorkingTime,
    CalendarRefused,
    TargetRefused,
    UnknownTimeZone,
    WindowsOverlap,
)
from tickets.domain.ticket import Category, Priority
from tickets.models import public_holidays

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""The fields of a calendar's hours."""
HOLIDAY_YEARS = range(2010, 2041)
"""A country's holidays are written into a version for these years, so that a newer list of
holidays changes no deadline of the past."""


class Calendar(Audited):
    """A business hours calendar."""

    shown_texts = frozenset(
        {"name", "time_zone", *WEEKDAYS, "holiday_country", "holiday_region", "own_holidays"}
    )

    name = LineField(_("name"), max_length=80, unique=True)
    always = models.BooleanField(
        _("around the clock"),
        default=False,
        help_text=_("Open 24 hours every day, including holidays. The hours below are ignored."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text=_("The business hours below are in this time zone, for example Europe/Rome."),
    )
    monday = models.CharField(_("Monday"), max_length=120, blank=True, default="09:00-17:00")
    tuesday = models.CharField(_("Tuesday"), max_length=120, blank=True, default="09:00-17:00")
    wednesday = models.CharField(_("Wednesday"), max_length=120, blank=True, default="09:00-17:00")
    thursday = models.CharField(_("Thursday"), max_length=120, blank=True, default="09:00-17:00")
    friday = models.CharField(_("Friday"), max_length=120, blank=True, default="09:00-17:00")
    saturday = models.CharField(_("Saturday"), max_length=120, blank=True)
    sunday = models.CharField(_("Sunday"), max_length=120, blank=True)
    holiday_country = models.CharField(
        _("public holidays of"), max_length=2, blank=True, help_text=_("Blank means none.")
    )
    holiday_region = models.CharField(
        _("region"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text=_("Adds its own holidays to those of the whole country."),
    )
    own_holidays = models.TextField(
        _("other holidays"),
        blank=True,
        help_text=_("Dates such as 2027-01-01, separated by spaces or line breaks."),
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("business hours calendar")
        verbose_name_plural = _("business hours calendars")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        country = self.holiday_country = self.holiday_country.upper()
        if country and country not in public_holidays.countries():
            raise ValidationError(
                {"holiday_country": _("Holidays for this country are not available.")}
            )
        if self.holiday_region and self.holiday_region not in public_holidays.regions(country):
            raise ValidationError({"holiday_region": _("Select a region of this country.")})
        if errors := self._refused_fields():
            raise ValidationError(errors)
        try:
            calendar.parse(self.as_written())
        except CalendarHasNoWorkingTime as refused:
            raise ValidationError(
                {"monday": _("Enter hours for at least one day, or select around the clock.")}
            ) from refused
        except UnknownTimeZone:
            pass  # its field says so
        except CalendarRefused as refused:
            raise ValidationError(worded(refused)) from refused

    def _refused_fields(self) -> dict[str, Any]:
        """Return what is wrong with each field by its name, as text for a person."""
        errors: dict[str, Any] = {}
        for name in () if self.always else WEEKDAYS:
            text = getattr(self, name)
            if not text.strip():
                continue
            try:
                calendar.parse({"timezone": "UTC", "hours": {"mon": _windows(text)}})
            except WindowsOverlap:
                errors[name] = _("These time ranges overlap.")
            except CalendarRefused:
                errors[name] = _(
                    "Enter hours such as 09:00-12:00, 13:00-17:00, up to 24:00. Each time range "
                    "ends after it begins."
                )
        wrong = [text for text in _dates(self.own_holidays) if not _is_date(text)]
        if wrong and not self.always:
            errors["own_holidays"] = _("“%(text)s” is not a date such as 2027-01-01.") % {
                "text": wrong[0][:40]
            }
        return errors

    def own_days(self) -> list[date]:
        """Return the holidays beside public ones, in order; those that are dates."""
        return sorted(
            date.fromisoformat(text) for text in _dates(self.own_holidays) if _is_date(text)
        )

    def as_written(self) -> Any:
        """Return the calendar in SLA.md's form, every holiday as a date."""
        week = self.week_as_written()
        if self.always:
            return week
        dates = set(_dates(self.own_holidays))
        known = public_holidays.holidays_of(
            self.holiday_country, self.holiday_region, HOLIDAY_YEARS
        )
        dates |= {day.isoformat() for day in known}
        return {**week, "holidays": sorted(dates)}

    def week_as_written(self) -> Any:
        """Return the calendar in SLA.md's form without its holidays, which cost a tenth of a
        second."""
        if self.always:
            return "24x7"
        texts = [getattr(self, name) for name in WEEKDAYS]
        hours = {day: _windows(text) for day, text in zip(DAYS, texts, strict=True) if text.strip()}
        return {"timezone": self.time_zone, "hours": hours}


def _dates(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _windows(text: str) -> list[list[str]]:
    """Return windows in SLA.md's form from `09:00-12:00, 13:00-17:00`; the domain refuses malformed
    ones."""
    return [
        [end.strip() for end in window.replace("–", "-").split("-")] for window in text.split(",")
    ]


def validate_allowance(text: str) -> None:
    try:
        target.parse(text)
    except TargetRefused as refused:
        raise ValidationError(
            _("Enter business time such as 2h, 1d 4h or 90m (1d is 24 hours).")
        ) from refused


def _seconds(text: str) -> int | None:
    """Return a target in seconds; None if the field itself refuses it."""
    try:
        return target.parse(text)
    except TargetRefused:
        return None


def _target(label: Any, default: str) -> models.CharField:
    return models.CharField(label, max_length=40, default=default, validators=[validate_allowance])


def _optional_target(label: Any) -> models.CharField:
    return models.CharField(
        label, max_length=40, default="", db_default="", blank=True, validators=[validate_allowance]
    )


CLOCKS = {"response": "response", "nextResponse": "next_response", "resolution": "resolution"}
"""The targets of a version, and how their fields of a policy end."""


def target_field(priority: Priority, clock: str) -> str:
    """Return the field of a policy that holds the target of a clock in CLOCKS."""
    return f"{priority.value.lower()}_{CLOCKS[clock]}"


class Policy(Audited):
    """Targets for the tickets that match its conditions. The first active policy that matches
    applies."""

    shown_texts = frozenset(
        {
            *("name", "slug", "categories", "segments"),
            *(target_field(priority, clock) for priority in Priority for clock in CLOCKS),
        }
    )

    name = LineField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(
        _("key"),
        unique=True,
        help_text=_(
            "Identifies the policy on tickets, together with the version, such as default-1."
        ),
    )
    order = models.PositiveIntegerField(
        _("order"),
        default=100,
        help_text=_("Lower numbers are evaluated first. The default policy comes last."),
    )
    active = models.BooleanField(_("active"), default=True)
    is_default = models.BooleanField(_("default"), default=False, editable=False)
    categories = models.JSONField(_("categories"), default=list, blank=True)
    segments = models.JSONField(_("customer segments"), default=list, blank=True)
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, verbose_name=_("business hours calendar")
    )
    at_risk_percent = models.PositiveIntegerField(
        _("at risk from (%)"),
        default=75,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text=_("A ticket is at risk when this share of the target has been used."),
    )
    critical_response = _target(_("Critical: first reply"), "2h")
    critical_resolution = _target(_("Critical: resolution"), "24h")
    high_response = _target(_("High: first reply"), "4h")
    high_resolution = _target(_("High: resolution"), "48h")
    medium_response = _target(_("Medium: first reply"), "8h")
    medium_resolution = _target(_("Medium: resolution"), "72h")
    low_response = _target(_("Low: first reply"), "24h")
    low_resolution = _target(_("Low: resolution"), "5d")
    critical_next_response = _optional_target(_("Critical: next reply"))
    high_next_response = _optional_target(_("High: next reply"))
    medium_next_response = _optional_target(_("Medium: next reply"))
    low_next_response = _optional_target(_("Low: next reply"))

    class Meta:
        ordering = ["is_default", "order", "name"]
        verbose_name = _("SLA policy")
        verbose_name_plural = _("SLA policies")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors = {}
        if self.pk is None and PolicyVersion.of_a_deleted_policy(self.slug):
            errors["slug"] = _("A deleted policy had this key, and tickets name it. Use another.")
        for priority in Priority:
            name = priority.value.lower()
            response, resolution = (
                _seconds(getattr(self, f"{name}_{clock}")) for clock in ("response", "resolution")
            )
            if response and resolution and response > resolution:
                errors[f"{name}_response"] = _(
                    "The first reply target must not be longer than the resolution target."
                )
        if errors := errors | self.lacking():
            raise ValidationError(errors)

    def lacking(self) -> dict[str, Any]:
        """Return the fields of next replies that lack a target which others have, with a text."""
        fields = [target_field(priority, "nextResponse") for priority in Priority]
        empty = [field for field in fields if not getattr(self, field)]
        if len(empty) == len(fields):
            return {}
        text = _("Enter a next reply target for every priority, or for none.")
        return dict.fromkeys(empty, text)

    def matches(self, *, category: Category, segment: str) -> bool:
        """Return whether the policy's conditions match; an empty condition always does."""
        return self.is_default or (
            (not self.categories or category.value in self.categories)
            and (not self.segments or segment in self.segments)
        )

    def as_written(self) -> dict[str, Any]:
        """Return the policy as a version stores it; targets in seconds, those it has."""
        return {
            "calendar": self.calendar.as_written(),
            "targets": {
                priority.value: {
                    clock: target.parse(text)
                    for clock in CLOCKS
                    if (text := getattr(self, target_field(priority, clock)))
                    or clock != "nextResponse"
                }
                for priority in Priority
            },
            "atRiskPercent": self.at_risk_percent,
        }


class PolicyVersion(models.Model):
    """A policy as of some time. Never changed: tickets keep the version they have, when its policy
    is deleted, too."""

    policy = models.ForeignKey(
        Policy, models.SET_NULL, related_name="versions", verbose_name=_("policy"), null=True
    )
    number = models.PositiveIntegerField(_("version"))
    key = models.CharField(_("key"), max_length=80, unique=True)
    terms = models.JSONField(_("targets and calendar"))
    made_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ["policy", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="one_version_of_a_number")
        ]
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")

    def __str__(self) -> str:
        return self.key

    @classmethod
    def of_a_deleted_policy(cls, slug: str) -> bool:
        """Return whether versions of this key are left of a policy that was deleted."""
        left = cls.objects.filter(policy=None, key__startswith=f"{slug}-")
        return any(version.key == f"{slug}-{version.number}" for version in left)
