"""Import customers and vehicles from a CSV file.

Every row is checked before anything is written. Once the user has confirmed, valid rows are
imported, each in one transaction, in steps that a worker finishes if nobody else does. The others
are listed with the reason, and can be corrected and uploaded again.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.domain.choices import Segment, ShipmentStatus
from customers.models import CustomerFile
from customers.services.create import (
    checked_customer,
    checked_vehicle,
    create_customer,
    create_vehicle,
)
from customers.store import queries
from customers.store.items import email_pk, external_pk, vin_pk
from helpdesk import csv_files, jobs
from helpdesk.accounts.actors import Actor, on_behalf_of, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.custom_fields.defined import active_fields
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.custom_fields.values import PREFIX
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Invalid, NotFound
from helpdesk.mail.address import AddressRefused, as_kept

LARGEST = 2 * 1024 * 1024
"""Bytes."""

MOST_ROWS = 5_000
STEP = 50
KEPT = timedelta(days=1)
"""How long a file waits to be confirmed."""

COLUMNS = {
    CustomerFile.Kind.CUSTOMERS: {
        "name": "name",
        "email": "email",
        "phone": "phone",
        "company": "company",
        "segment": "segment",
        "externalId": "external_id",
        "address": "address",
        "language": "language",
        "timeZone": "time_zone",
        "notes": "notes",
    },
    CustomerFile.Kind.VEHICLES: {
        "owner": "owner",
        "vin": "vin",
        "make": "make",
        "model": "model",
        "year": "year",
        "shipmentStatus": "shipment_status",
        "booking": "booking",
        "vessel": "vessel",
        "eta": "eta",
        "trackingUrl": "tracking_url",
        "confirmVin": "confirm_vin",
    },
}
"""What the columns of a file are called, and the fields that they fill. The column of a custom
field is called as in exports, `customFields.<key>`, and fills a field of that name."""

_RECORDS = {
    CustomerFile.Kind.CUSTOMERS: RecordKind.CUSTOMER,
    CustomerFile.Kind.VEHICLES: RecordKind.VEHICLE,
}

_NEEDED = {CustomerFile.Kind.CUSTOMERS: ["name"], CustomerFile.Kind.VEHICLES: ["owner"]}

Row = dict[str, Any]


def columns_of(kind: CustomerFile.Kind) -> dict[str, str]:
    """Return the columns that a file can have, and the fields that they fill. One SQL query."""
    own = [f"{PREFIX}{field.key}" for field in active_fields(_RECORDS[kind])]
    return COLUMNS[kind] | dict(zip(own, own, strict=True))


def upload(*, kind: str, name: str, content: bytes, by: Actor) -> CustomerFile:
    """Read a file and check every row. Nothing is imported yet.

    Raises Invalid for a file that cannot be read at all; NotAllowed.
    """
    require_ticket_work(by)
    if kind not in CustomerFile.Kind.values:
        raise Invalid({"kind": _("Select customers or vehicles.")})
    rows = _read(CustomerFile.Kind(kind), content)
    wrong = _wrong_customers(rows) if kind == CustomerFile.Kind.CUSTOMERS else _wrong_vehicles(rows)
    good = [row for row in rows if row["number"] not in wrong]
    return CustomerFile.objects.create(
        kind=kind,
        name=name[-120:],
        rows=[{**row, "id": new_ulid()} for row in good],
        refused=[_refused(row, wrong[row["number"]]) for row in rows if row["number"] in wrong],
        total=len(rows),
        asked_by_id=int(by.user_id),
    )


def file_of(file_id: int, *, by: Actor) -> CustomerFile:
    """Return a file that the actor uploaded. Raises NotFound."""
    found = CustomerFile.objects.filter(pk=file_id, asked_by_id=int(by.user_id or 0)).first()
    if found is None:
        raise NotFound(_("File not found."))
    return found


def confirm(file_id: int, *, by: Actor) -> CustomerFile:
    """Confirm the import of the valid rows. A repeat changes nothing."""
    found = file_of(file_id, by=by)
    CustomerFile.objects.filter(pk=found.pk, confirmed_at=None).update(confirmed_at=timezone.now())
    return step(found.pk)


def step(file_id: int) -> CustomerFile:
    """Import the next STEP rows, unless somebody else has the lease.

    A confirmed import is finished even if its user has lost the permission for it.
    """
    file = jobs.lease(CustomerFile, file_id)
    if file is None:
        return CustomerFile.objects.get(pk=file_id)
    if file.confirmed_at is None:
        jobs.step_done(file, finished=False)
        return file
    by = on_behalf_of(file.asked_by)
    for row in file.rows[file.worked : file.worked + STEP]:
        try:
            _TAKE[file.kind](row, by)
        except Invalid as refused:  # another worker was first
            reason = " ".join(_reasons(refused))
            file.refused.append(_refused(row, reason))
        else:
            file.taken += 1
        file.worked += 1
    finished = file.worked >= len(file.rows)
    if finished:
        file.rows = []  # people's data is kept in one place
        file.worked = 0
    jobs.step_done(file, finished=finished)
    return file


def left() -> QuerySet[CustomerFile]:
    """Return confirmed files that are not imported to the end, and that nobody works on."""
    return jobs.abandoned(CustomerFile).exclude(confirmed_at=None)


def forget_old() -> None:
    """Delete files that were never confirmed, and old reports."""
    CustomerFile.objects.filter(asked_at__lt=timezone.now() - KEPT, confirmed_at=None).delete()
    CustomerFile.objects.filter(finished_at__lt=timezone.now() - KEPT).delete()


def report(file: CustomerFile) -> Iterable[list[object]]:
    """Yield the refused rows as CSV, to be corrected and uploaded again."""
    columns = columns_of(CustomerFile.Kind(file.kind))
    yield ["row", "reason", *columns]
    for refused in file.refused:
        cells = refused["cells"]
        beyond = refused.get("beyond", ())
        said = (cells.get(name) for name in columns.values())
        yield [refused["row"], refused["reason"], *said, *beyond]


def _refused(row: Row, reason: str) -> Row:
    return {
        "row": row["number"],
        "reason": reason,
        "cells": row["fields"],
        "beyond": row.get("beyond", []),
    }


def _read(kind: CustomerFile.Kind, content: bytes) -> list[Row]:
    if len(content) > LARGEST:
        raise Invalid({"file": _("The file is larger than 2 MB. Split it into smaller files.")})
    try:
        text = content.decode("utf-8-sig")
        table = [
            row for row, _limit in zip(csv_files.read(text), range(MOST_ROWS + 2), strict=False)
        ]
    except UnicodeDecodeError as wrong:
        raise Invalid({"file": _("The file is not UTF-8 text. Save it as “CSV UTF-8”.")}) from wrong
    except csv.Error as wrong:
        raise Invalid(
            {"file": _("The file is not valid CSV: %(reason)s.") % {"reason": wrong}}
        ) from wrong
    if len(table) < 2:
        raise Invalid({"file": _("The file has no rows below the header.")})
    if len(table) > MOST_ROWS + 1:
        raise Invalid(
            {
                "file": _("The file has more than %(most)s rows. Split it into smaller files.")
                % {"most": f"{MOST_ROWS:,}"}
            }
        )
    head, *below = table
    if head.unreadable:
        raise Invalid({"file": _("Can’t read row 1. %(why)s") % {"why": _unreadable()}})
    names = _columns(kind, head.cells)
    return [
        {
            "number": row.number,
            "fields": {
                **dict.fromkeys(filter(_is_custom, names), ""),
                **{
                    name: cell
                    for name, cell in zip(names, row.cells, strict=False)
                    if name and cell
                },
            },
            "beyond": row.cells[len(names) :] if any(row.cells[len(names) :]) else [],
            "unreadable": row.unreadable,
        }
        for row in below
    ]


def _unreadable() -> str:
    return _(
        "Unmatched quotation mark. Put the cell in quotation marks and double each "
        "quotation mark inside it."
    )


def _columns(kind: CustomerFile.Kind, head: list[str]) -> list[str | None]:
    """Return the field of each column of a file; None for the columns of an earlier report."""
    columns = columns_of(kind)
    known = {_plain(column): field for column, field in COLUMNS[kind].items()}
    known |= {column.lower(): field for column, field in columns.items() if _is_custom(column)}
    names = [known.get(name.strip().lower()) or known.get(_plain(name)) for name in head]
    of_a_report = {"row", "reason", ""}
    unknown = [
        name
        for name, field in zip(head, names, strict=True)
        if not field and _plain(name) not in of_a_report
    ]
    if unknown:
        raise Invalid(
            {
                "file": _("Unknown column “%(name)s”. Use: %(known)s.")
                % {"name": unknown[0][:60], "known": ", ".join(columns)}
            }
        )
    twice = [name for name, count in Counter(filter(None, names)).items() if count > 1]
    if twice:
        raise Invalid({"file": _("Column “%(name)s” appears twice.") % {"name": twice[0]}})
    missing = [name for name in _NEEDED[kind] if name not in names]
    if missing:
        raise Invalid({"file": _("Column “%(name)s” is missing.") % {"name": missing[0]}})
    return names


def _is_custom(name: str | None) -> bool:
    return bool(name and name.startswith(PREFIX))


def _custom(fields: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str] | None]:
    """Return the fields of a row, and its custom values by key: None if the file has no column for
    one, and then none is required."""
    own = {name.removeprefix(PREFIX): cell for name, cell in fields.items() if _is_custom(name)}
    return {name: cell for name, cell in fields.items() if not _is_custom(name)}, own or None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _wrong_customers(rows: list[Row]) -> dict[int, str]:
    """Return why rows cannot be imported, by row number."""
    wrong: dict[int, list[str]] = {}
    keys: dict[int, list[str]] = {}
    for row in rows:
        fields, own = _custom(row["fields"])
        given = {"segment": Segment.INDIVIDUAL.value, "name": "", **fields, "custom_fields": own}
        checked = _checked(row, given, partial(checked_customer, new=True), wrong)
        keys[row["number"]] = [
            key(checked[name])
            for name, key in (("email", email_pk), ("external_id", external_pk))
            if checked.get(name)
        ]
    return _with_taken(wrong, keys)


def _wrong_vehicles(rows: list[Row]) -> dict[int, str]:
    """Return why rows cannot be imported, by row number. Adds the owner's id to the others."""
    wrong: dict[int, list[str]] = {}
    keys: dict[int, list[str]] = {}
    holders = {
        str(guard.pk): guard.customer_id
        for guard in queries.guards(
            key for row in rows for key in _owner(row["fields"].get("owner", ""))
        )
    }
    for row in rows:
        fields = COLUMNS[CustomerFile.Kind.VEHICLES].values()
        given = {name: row["fields"].get(name) for name in fields}
        owner = given.pop("owner") or ""
        given["year"] = given["year"] or ""
        confirmed = _confirmed(given.pop("confirm_vin"))
        check = partial(checked_vehicle, confirm_vin=confirmed, new=True)
        given["custom_fields"] = _custom(row["fields"])[1]
        given["shipment_status"] = given["shipment_status"] or ShipmentStatus.BOOKED.value
        checked = _checked(row, given, check, wrong)
        keys[row["number"]] = [vin_pk(checked["vin"])] if checked.get("vin") else []
        row["customer_id"] = next((holders[key] for key in _owner(owner) if key in holders), None)
        if row["customer_id"] is None:
            reason = _("No customer has this email address or ID: “%(owner)s”.")
            wrong.setdefault(row["number"], []).append(reason % {"owner": owner[:80]})
    return _with_taken(wrong, keys)


def _confirmed(cell: str | None) -> bool:
    return (cell or "").casefold() in ("yes", "true", "1", "x")


def _owner(text: str) -> list[str]:
    keys = [external_pk(text)]
    with suppress(AddressRefused):
        keys.append(email_pk(as_kept(text)))
    return keys


def _checked(
    row: Row,
    given: dict[str, Any],
    check: Callable[[dict[str, Any]], dict[str, Any]],
    wrong: dict[int, list[str]],
) -> dict[str, Any]:
    """Return the row in its canonical form; empty, with the reasons in `wrong`, if it
    is invalid."""
    if row["unreadable"] or row["beyond"]:
        more = _("The row has more cells than the header.")
        wrong[row["number"]] = [_unreadable() if row["unreadable"] else more]
        return {}
    try:
        return check(given)
    except Invalid as refused:
        wrong[row["number"]] = _reasons(refused)
        return {}


def _reasons(refused: Invalid) -> list[str]:
    """Return what is wrong with a row; errors of custom fields do not say of which."""
    return [
        f"{name}: {reason}" if _is_custom(name) else reason
        for name, reason in refused.errors.items()
    ]


def _with_taken(wrong: dict[int, list[str]], keys: dict[int, list[str]]) -> dict[int, str]:
    """Note rows whose address, id or VIN is in use, in the desk or further up in the file."""
    first: dict[str, int] = {}
    guards = queries.guards({key for own in keys.values() for key in own})
    held = {str(guard.pk): guard.customer_id for guard in guards}
    names = {found: one.name for found, one in queries.customers(held.values()).items()}
    for number, own in keys.items():
        reasons = wrong.get(number, [])
        for key in own:
            value = key.partition("#")[2]
            if key in held:
                name = names.get(held[key], _("Another customer"))
                words = _("%(name)s already has %(value)s.")
                reasons.append(words % {"name": name, "value": value})
            elif key in first:
                words = _("%(value)s already appears in row %(row)s.")
                reasons.append(words % {"value": value, "row": first[key]})
        if reasons:
            wrong[number] = reasons
        else:
            first.update(dict.fromkeys(own, number))
    return {number: " ".join(reasons) for number, reasons in wrong.items()}


def _take_customer(row: Row, by: Actor) -> None:
    fields, own = _custom({"name": "", **row["fields"]})
    create_customer(**fields, custom_fields=own, customer_id=row["id"], by=by, now=this_second())


def _take_vehicle(row: Row, by: Actor) -> None:
    fields, own = _custom(row["fields"])
    fields.pop("owner", None)
    confirmed = _confirmed(fields.pop("confirm_vin", None))
    create_vehicle(
        **fields,
        custom_fields=own,
        confirm_vin=confirmed,
        customer_id=row["customer_id"],
        vehicle_id=row["id"],
        by=by,
    )


_TAKE: dict[str, Callable[[Row, Actor], None]] = {
    CustomerFile.Kind.CUSTOMERS: _take_customer,
    CustomerFile.Kind.VEHICLES: _take_vehicle,
}
