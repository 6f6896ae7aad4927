"""Customers and vehicles in the JSON API."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Query, Router
from ninja import Status as Answer
from pydantic import Field, StrictBool, StrictInt, StringConstraints

from customers import api_descriptions  # noqa: F401 (what it describes is in these shapes)
from customers.domain.choices import Segment, ShipmentStatus
from customers.services import create, custom_filters, read, vehicles
from customers.services.merge import current
from customers.store.items import Customer, Vehicle
from helpdesk.accounts.actors import Actor, actor_of, require_ticket_work
from helpdesk.api.conditions import requested_version, set_etag
from helpdesk.api.custom_fields import (
    CHANGED_FIELDS,
    CustomFields,
    GivenFields,
    custom_fields_out,
)
from helpdesk.api.headers import IDEMPOTENCY_KEY, IF_MATCH, reads
from helpdesk.api.idempotency import token_of
from helpdesk.api.schema import ApiSchema, Items, Moment, RequestSchema, silent
from helpdesk.clock import this_second
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.errors import Invalid, NotFound
from helpdesk.parsing import BadValue

router = Router(tags=["customers and vehicles"])

Short = Annotated[str, StringConstraints(max_length=create.LONGEST)]
Notes = Annotated[str, StringConstraints(max_length=create.LONGEST_NOTES)]
Email = Annotated[Short, Field(examples=["giulia@posta.example"], description="Must be unique.")]
Phone = Annotated[
    Short,
    Field(
        examples=["+390255503318"],
        description="Include the country code, as +39 or 0039. Stored as E.164, with an extension "
        "after it, as in `+390255503318 ext. 12`.",
    ),
]
ExternalId = Annotated[
    Short,
    Field(
        examples=["CRM-88213"], description="The customer's ID in another system. Must be unique."
    ),
]
Vin = Annotated[
    Short,
    Field(examples=["1HGCM82633A004352"], description="17 characters. Must be unique."),
]
ConfirmVin = Annotated[
    StrictBool,
    Field(
        description="Accept a VIN that does not follow the standard, such as a chassis number "
        "before 1981 or one without a check digit. Send it after a 422 with an error"
        " for this field."
    ),
]
Year = Annotated[StrictInt, Field(ge=create.YEARS.start, lt=create.YEARS.stop, examples=[2021])]


class CustomerOut(ApiSchema):
    """A customer. Absent values are null."""

    customer_id: str
    name: str
    email: Email | None
    phone: Phone | None
    company: str | None
    segment: Segment
    external_id: ExternalId | None
    address: str | None
    language: str | None
    time_zone: str | None
    notes: str | None = Field(description="Internal. Never shown to the customer.")
    custom_fields: CustomFields
    created_at: Moment
    version: int = Field(ge=1, description="Increases with every change.")


class CustomerPage(Items[CustomerOut]):
    pass


class NewCustomer(RequestSchema):
    name: Annotated[Short, StringConstraints(min_length=1)] = Field(examples=["Giulia Bianchi"])
    email: Email | None = None
    phone: Phone | None = None
    company: Short | None = None
    segment: Segment = Segment.INDIVIDUAL
    external_id: ExternalId | None = None
    address: Short | None = None
    language: Short | None = None
    time_zone: Short | None = None
    notes: Notes | None = None
    custom_fields: GivenFields = {}


class CustomerChange(RequestSchema):
    """The fields to change. Absent fields stay unchanged; null removes a value."""

    name: Annotated[Short, StringConstraints(min_length=1)] = silent("")
    email: Email | None = None
    phone: Phone | None = None
    company: Short | None = None
    segment: Segment = silent(Segment.INDIVIDUAL)
    external_id: ExternalId | None = None
    address: Short | None = None
    language: Short | None = None
    time_zone: Short | None = None
    notes: Notes | None = None
    custom_fields: GivenFields = silent({}, description=CHANGED_FIELDS)
    version: StrictInt | None = Field(
        None, ge=1, description="Update only if this is still the current version."
    )


class VehicleOut(ApiSchema):
    """A vehicle that is shipped for a customer. Absent values are null."""

    vehicle_id: str
    customer_id: str = Field(description="The current owner.")
    vin: Vin | None
    make: str
    model: str
    year: int | None
    shipment_status: ShipmentStatus
    booking: str | None = Field(description="A booking or container number.")
    vessel: str | None
    eta: date | None
    tracking_url: str | None
    custom_fields: CustomFields
    version: int = Field(ge=1, description="Increases with every change.")


class VehiclePage(Items[VehicleOut]):
    pass


class NewVehicle(RequestSchema):
    vin: Vin | None = Field(
        None,
        description="If `make` is absent, it is taken from the VIN. If `year` is absent, it is "
        "taken from the VIN where that is certain (North American cars). A year of "
        "null stays null.",
    )
    confirm_vin: ConfirmVin = False
    make: Short = Field("", description="Required without a VIN.", examples=["Honda"])
    model: Short = ""
    year: Year | None = None
    shipment_status: ShipmentStatus = ShipmentStatus.BOOKED
    booking: Short | None = None
    vessel: Short | None = None
    eta: date | None = None
    tracking_url: Short | None = None
    custom_fields: GivenFields = {}


class VehicleChange(RequestSchema):
    """The fields to change. Absent fields stay unchanged."""

    vin: Vin | None = None
    confirm_vin: ConfirmVin = silent(False)
    make: Short = silent("")
    model: Short = silent("")
    year: Year | None = None
    shipment_status: ShipmentStatus = silent(ShipmentStatus.BOOKED)
    booking: Short | None = None
    vessel: Short | None = None
    eta: date | None = None
    tracking_url: Short | None = None
    custom_fields: GivenFields = silent({}, description=CHANGED_FIELDS)
    version: StrictInt | None = Field(
        None, ge=1, description="Update only if this is still the current version."
    )


FIELD_FILTER = (
    "`key:value` of a custom field; of numbers and dates also `key:5..10`, without one of the "
    "bounds too. Several values of one key match any of them. Returns one page, of the newest 100."
)


class VehicleListQuery(ApiSchema):
    q: str = Field(
        "",
        max_length=200,
        description="Search by VIN (complete or its end), booking or container number, or words of "
        "custom fields.",
        examples=["004352"],
    )
    field: list[str] = Field([], description=FIELD_FILTER, examples=[["port:Antwerp"]])
    limit: int = Field(25, ge=1, le=100)
    cursor: str = Field("", description="The `nextCursor` of the previous page.")


class CustomerListQuery(ApiSchema):
    q: str = Field(
        "",
        max_length=200,
        description="Search by name or company (prefixes match), email address or a part of it, "
        "phone number or VIN (complete or its end), booking or container number, or "
        "external ID. Returns at most 100 results on one page.",
        examples=["bianchi"],
    )
    segment: Segment | None = None
    field: list[str] = Field([], description=FIELD_FILTER, examples=[["port:Antwerp"]])
    limit: int = Field(25, ge=1, le=100)
    cursor: str = Field("", description="The `nextCursor` of the previous page.")


@router.get("/customers", response=CustomerPage, by_alias=True, operation_id="listCustomers")
def list_customers(
    request: HttpRequest, asked: Annotated[CustomerListQuery, Query()]
) -> dict[str, Any]:
    """List customers by name."""
    by = _worker(request)
    if asked.field or asked.q.strip():
        found = (
            read.customers_with(
                _conditions(RecordKind.CUSTOMER, asked.field), text=asked.q, limit=asked.limit
            )
            if asked.field
            else read.find_customers(asked.q, limit=asked.limit)
        )
        fitting = [one for one in found if asked.segment in (None, one.segment)]
        return {"items": [_customer(one) for one in fitting], "next_cursor": None}
    page = read.list_customers(
        segment=asked.segment, cursor_text=asked.cursor or None, limit=asked.limit, by=by
    )
    whole = read.get_customers(one.customer_id for one in page.customers)
    found = [whole[one.customer_id] for one in page.customers if one.customer_id in whole]
    return {"items": [_customer(one) for one in found], "next_cursor": page.next}


@router.post(
    "/customers",
    response={201: CustomerOut},
    by_alias=True,
    operation_id="createCustomer",
    openapi_extra=reads(IDEMPOTENCY_KEY),
)
def make_customer(
    request: HttpRequest, response: HttpResponse, asked: NewCustomer
) -> Answer[dict[str, Any]]:
    """Create a customer. Repeating the request with the same `Idempotency-Key` creates no other."""
    by = actor_of(request.user)
    made = create.create_customer(
        **{"custom_fields": {}, **asked.fields_sent()},
        token=token_of(request),
        by=by,
        now=this_second(),
    )
    set_etag(response, made.version)
    response["Location"] = reverse("api:get_customer", args=[made.customer_id])
    return Answer(201, _customer(made))


@router.get(
    "/customers/{customer_id}", response=CustomerOut, by_alias=True, operation_id="getCustomer"
)
def get_customer(request: HttpRequest, response: HttpResponse, customer_id: str) -> dict[str, Any]:
    """Return a customer. For a merged customer, this is the one it was merged into."""
    _worker(request)
    found = current(customer_id)
    if found is None:
        raise NotFound(_("Customer not found."))
    set_etag(response, found.version)
    return _customer(found)


@router.put(
    "/customers/{customer_id}",
    response=CustomerOut,
    by_alias=True,
    operation_id="updateCustomer",
    openapi_extra=reads(IDEMPOTENCY_KEY, IF_MATCH),
)
def change_customer(
    request: HttpRequest, response: HttpResponse, customer_id: str, asked: CustomerChange
) -> dict[str, Any]:
    """Update fields. With `version` or `If-Match`, only if nothing has changed since."""
    fields = asked.fields_sent()
    version = requested_version(request, fields.pop("version", None))
    changed = create.edit_customer(
        customer_id,
        version=version,
        token=token_of(request),
        by=actor_of(request.user),
        **fields,
    )
    set_etag(response, changed.version)
    return _customer(changed)


@router.get(
    "/customers/{customer_id}/vehicles",
    response=VehiclePage,
    by_alias=True,
    operation_id="listCustomerVehicles",
)
def vehicles_of_customer(
    request: HttpRequest,
    customer_id: str,
    cursor: Annotated[str, Query(description="The `nextCursor` of the previous page.")] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
) -> dict[str, Any]:
    """List a customer's vehicles, in the order they were added."""
    page = read.vehicle_page(
        customer_id, cursor_text=cursor or None, limit=limit, by=_worker(request)
    )
    return {"items": [_vehicle(one) for one in page.vehicles], "next_cursor": page.next}


@router.post(
    "/customers/{customer_id}/vehicles",
    response={201: VehicleOut},
    by_alias=True,
    operation_id="createVehicle",
    openapi_extra=reads(IDEMPOTENCY_KEY),
)
def make_vehicle(
    request: HttpRequest, response: HttpResponse, customer_id: str, asked: NewVehicle
) -> Answer[dict[str, Any]]:
    """Create a vehicle for a customer. Repeating the request with the same `Idempotency-Key`
    creates no other."""
    by = _worker(request)
    owner = current(customer_id)
    if owner is None:
        raise NotFound(_("Customer not found."))
    made = create.create_vehicle(
        customer_id=owner.customer_id,
        **{"custom_fields": {}, **asked.fields_sent()},
        token=token_of(request),
        by=by,
    )
    set_etag(response, made.version)
    response["Location"] = reverse("api:get_vehicle", args=[made.vehicle_id])
    return Answer(201, _vehicle(made))


@router.get("/vehicles", response=VehiclePage, by_alias=True, operation_id="listVehicles")
def list_vehicles(
    request: HttpRequest, asked: Annotated[VehicleListQuery, Query()]
) -> dict[str, Any]:
    """List the vehicles of all customers by make, or those that a search or custom fields find."""
    by, more = _worker(request), None
    if asked.field:
        found = read.vehicles_with(_conditions(RecordKind.VEHICLE, asked.field))
    elif asked.q.strip():
        found = read.find_vehicles(asked.q)
    else:
        page = read.list_vehicles(cursor_text=asked.cursor or None, limit=asked.limit, by=by)
        found, more = page.vehicles, page.next
    return {"items": [_vehicle(one) for one in found], "next_cursor": more}


@router.get("/vehicles/{vehicle_id}", response=VehicleOut, by_alias=True, operation_id="getVehicle")
def get_vehicle(request: HttpRequest, response: HttpResponse, vehicle_id: str) -> dict[str, Any]:
    """Return a vehicle."""
    _worker(request)
    found = read.find_vehicle(vehicle_id)
    if found is None:
        raise NotFound(_("Vehicle not found."))
    set_etag(response, found.version)
    return _vehicle(found)


@router.put(
    "/vehicles/{vehicle_id}",
    response=VehicleOut,
    by_alias=True,
    operation_id="updateVehicle",
    openapi_extra=reads(IDEMPOTENCY_KEY, IF_MATCH),
)
def change_vehicle(
    request: HttpRequest, response: HttpResponse, vehicle_id: str, asked: VehicleChange
) -> dict[str, Any]:
    """Update fields. With `version` or `If-Match`, only if nothing has changed since."""
    fields = asked.fields_sent()
    version = requested_version(request, fields.pop("version", None))
    changed = vehicles.edit_vehicle(
        vehicle_id,
        version=version,
        token=token_of(request),
        by=actor_of(request.user),
        **fields,
    )
    set_etag(response, changed.version)
    return _vehicle(changed)


def _conditions(of: RecordKind, written: list[str]) -> frozenset[str]:
    """Return the conditions of a filter by custom fields. Raises Invalid."""
    try:
        return custom_filters.conditions(of, written)
    except BadValue as bad:
        raise Invalid({"field": str(bad)}) from bad


def _worker(request: HttpRequest) -> Actor:
    by = actor_of(request.user)
    require_ticket_work(by)
    return by


def _customer(customer: Customer) -> dict[str, Any]:
    plain = (
        *("customer_id", "name", "email", "phone", "company", "segment", "external_id"),
        *("address", "language", "time_zone", "notes", "created_at"),
    )
    return {
        **{name: getattr(customer, name) for name in plain},
        "custom_fields": custom_fields_out(customer.custom_fields),
        "version": customer.version,
    }


def _vehicle(vehicle: Vehicle) -> dict[str, Any]:
    plain = (
        *("vehicle_id", "customer_id", "vin", "make", "model", "shipment_status", "booking"),
        *("vessel", "tracking_url"),
    )
    return {
        **{name: getattr(vehicle, name) for name in plain},
        "year": vehicle.year if vehicle.year else None,
        "eta": vehicle.arrives,
        "custom_fields": custom_fields_out(vehicle.custom_fields),
        "version": vehicle.version,
    }
