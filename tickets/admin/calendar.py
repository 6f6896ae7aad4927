"""Business hours calendars in the admin: a week of hours, holidays by country and region."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.actors import actor_of
from helpdesk.place_names import country_name, zone_called, zone_names
from tickets.admin.draft_simulation import SimulatedForm
from tickets.admin.hours import HoursWidget
from tickets.admin.impact_preview import PREVIEW, impact_in_words
from tickets.admin.policy import DeletedIfUnused, announce_recalculation
from tickets.models import Calendar, public_holidays
from tickets.models.policy import WEEKDAYS
from tickets.services.sla import impact
from tickets.services.sla.configure import save_calendar
from tickets.services.sla.delete import delete_calendar
from tickets.services.sla.impact import Scope
from tickets.services.sla.recalculation import start_recalculation

COPY = "copy"
YEARS = 3


class ZoneInput(forms.TextInput):
    """A text field that suggests time zones by place, name and distance from UTC."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attrs = {**(attrs or {}), "list": "time-zones", "autocomplete": "off"}
        field = super().render(name, value, attrs, renderer)
        zones = dict(zone_names(_language(), timezone.localdate()))
        context = {"zones": zones.items(), "present": zones.get(value)}
        return field + render_to_string("admin/tickets/calendar/zone.html", context)


class CalendarForm(SimulatedForm):
    class Meta:
        model = Calendar
        fields = [
            *("name", "always", "time_zone", *WEEKDAYS),
            *("holiday_country", "holiday_region", "own_holidays"),
        ]

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        if data is not None and data.get(PREVIEW) == COPY:
            data = _monday_copied(data)
        super().__init__(data, *args, **kwargs)
        for name in WEEKDAYS:
            label = self.fields[name].label
            self.fields[name].widget = HoursWidget(label, to_copy=name == "monday")
        self.fields["time_zone"].widget = ZoneInput()
        country = str(self["holiday_country"].value() or "").upper()
        language = _language()
        named = {code: country_name(code, language) for code in public_holidays.countries()}
        listed = sorted(named.items(), key=lambda one: one[1].casefold())
        if country and country not in named:
            listed.append((country, country))  # the model says what is wrong with it
        self.fields["holiday_country"].widget = forms.Select(choices=[("", _("None")), *listed])
        self.fields["holiday_region"].widget = forms.Select(choices=_regions(country))

    def clean_time_zone(self) -> str:
        return zone_called(str(self.cleaned_data["time_zone"]))

    def reach(self) -> tuple[Scope, list[str]]:
        found = impact.of_calendar(self.instance, by=self.actor)
        return found, impact_in_words(found)


@admin.register(Calendar)
class CalendarAdmin(DeletedIfUnused):
    form = CalendarForm
    change_form_template = "admin/tickets/calendar/change_form.html"
    list_display = ("name", "always", "time_zone", "country")
    fieldsets = (
        (None, {"fields": ("name", "always", "time_zone")}),
        (
            _("Business hours"),
            {
                "classes": ("week",),
                "fields": WEEKDAYS,
                "description": _(
                    "Two ranges make a break. A day without any is closed. 00:00 as an end is "
                    "midnight. For further ranges use “Preview”."
                ),
            },
        ),
        (_("Holidays"), {"fields": ("holiday_country", "holiday_region", "own_holidays")}),
    )

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "holidays/",
            self.admin_site.admin_view(self.holidays_view),
            name="tickets_calendar_holidays",
        )
        return [own, *super().get_urls()]

    def holidays_view(self, request: HttpRequest) -> HttpResponse:
        """Return the regions of a country, and its public holidays as HTML."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        country, region = (request.GET.get(name, "") for name in ("country", "region"))
        if country not in public_holidays.countries():
            country = ""
        if region not in public_holidays.regions(country):
            region = ""
        shown = Calendar(holiday_country=country, holiday_region=region)
        return JsonResponse(
            {"regions": _regions(country), "holidays": str(_holidays_in_html(shown))}
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["holidays"] = _holidays_in_html(context["adminform"].form.instance)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("public holidays of"), empty_value="–")
    def country(self, calendar: Calendar) -> str:
        if not calendar.holiday_country:
            return ""
        region = public_holidays.regions(calendar.holiday_country).get(calendar.holiday_region)
        name = country_name(calendar.holiday_country, _language())
        return f"{name}, {region}" if region else name

    def save_model(self, request: HttpRequest, obj: Calendar, form: Any, change: bool) -> None:
        if save_calendar(obj):
            run = start_recalculation(str(_("Calendar %s was saved") % obj.name))
            announce_recalculation(self, request, run)

    def delete_model(self, request: HttpRequest, obj: Calendar) -> None:
        delete_calendar(obj, by=actor_of(request.user))


def _monday_copied(data: Any) -> Any:
    """Return what was typed, with Monday's hours on each weekday."""
    copied = data.copy()
    monday = HoursWidget("").value_from_datadict(data, None, "monday")
    for name in WEEKDAYS[:5]:
        copied[name] = monday
    return copied


def _regions(country: str) -> list[tuple[str, str]]:
    whole = gettext("The whole country") if country else "–"
    return [("", whole), *public_holidays.regions(country).items()]


def _holidays_in_html(calendar: Calendar) -> str:
    """Return the holidays of this and the next years, the calendar's own among them."""
    this_year = timezone.localdate().year
    years = range(this_year, this_year + YEARS)
    days: dict[date, str] = {day: gettext("own") for day in calendar.own_days()}
    country, region = calendar.holiday_country.upper(), calendar.holiday_region
    if country in public_holidays.countries() and (
        not region or region in public_holidays.regions(country)
    ):
        days |= public_holidays.holidays_of(country, region, years, language=_language())
    by_year = [
        {"year": year, "days": sorted(one for one in days.items() if one[0].year == year)}
        for year in years
    ]
    return render_to_string("admin/tickets/calendar/holidays.html", {"years": by_year})


def _language() -> str:
    return get_language() or "en"
