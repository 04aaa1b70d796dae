"""The files of a receipt as what was known: enough to assess the one figure again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from trueline.assessment.assess import Known
from trueline.assessment.short_series import ShortGranule, ShortSeries
from trueline.calendars.instants import parse_instant, seconds
from trueline.calendars.intervals import Interval
from trueline.errors import InputError, Place
from trueline.inventory.values import InventorySnapshot, Product
from trueline.measurement.events import parse_stop_clock
from trueline.measurement.values import Event
from trueline.offerings.parse import parse_offerings
from trueline.offerings.values import Catalog


def known_from(files: Mapping[str, bytes], about: Mapping[str, object]) -> Known:
    """`files` by name, `about` = receipt.json. InputError names the file and line at fault."""
    product = _product(files["products.csv"])
    return Known(
        delivery=1,
        as_of_s=seconds(parse_instant(str(about["as_of"]))),
        catalog=_catalog(files["standard.yaml"], about),
        snapshot=InventorySnapshot(1, {product.id: product}, {}, {}, {}),
        exclusions={product.id: list(_exclusions(files["exclusions.csv"]))},
        events={product.id: list(_events(files["events.csv"]))},
        lake=ShortSeries(list(_granules(files["measurements.csv"]))),
    )


def _catalog(data: bytes, about: Mapping[str, object]) -> Catalog:
    parsed = parse_offerings(data, "standard.yaml")
    for row in parsed.set_aside:
        raise InputError(row.reason, place=Place("standard.yaml", row.line, row.field))
    versions = about["versions"]
    if not isinstance(versions, Mapping):
        raise InputError("It names no versions", place=Place("receipt.json", field="versions"))
    offerings = {
        offering.id: replace(
            offering,
            objectives=tuple(replace(o, version=int(versions[o.id])) for o in offering.objectives),
        )
        for offering in parsed.offerings
    }
    return Catalog(1, {p.id: p for p in parsed.parameters}, offerings)


def _rows(data: bytes, name: str) -> Iterator[Mapping[str, str]]:
    """Rows of a CSV file of ours; a fault in one is told with its line."""
    reader = csv.DictReader(io.StringIO(data.decode("utf-8", "replace")), strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise InputError("The row is short or long", place=Place(name, reader.line_num))
            yield row
    except csv.Error as error:
        raise InputError(f"Not valid CSV: {error}", place=Place(name, reader.line_num)) from None


def _product(data: bytes) -> Product:
    for row in _rows(data, "products.csv"):
        return Product(
            id=row["product_id"],
            offering_id=row["offering_id"],
            customer_id=row["customer_id"],
            status=row["status"],
            start=parse_instant(row["start"]),
            end=parse_instant(row["end"]) if row["end"] else None,
            time_zone=row["time_zone"],
        )
    raise InputError("It names no sold offering", place=Place("products.csv"))


def _exclusions(data: bytes) -> Iterator[Interval]:
    for row in _rows(data, "exclusions.csv"):
        yield seconds(parse_instant(row["start"])), seconds(parse_instant(row["end"]))


def _events(data: bytes) -> Iterator[Event]:
    for row in _rows(data, "events.csv"):
        yield Event(
            event_id=row["event_id"],
            product_id=row["product_id"],
            kind=row["kind"],
            start_s=seconds(parse_instant(row["start"])),
            end_s=seconds(parse_instant(row["end"])) if row["end"] else None,
            source=row["source"],
            stop_clock=parse_stop_clock(row["stop_clock"]),
        )


def _granules(data: bytes) -> Iterator[ShortGranule]:
    for row in _rows(data, "measurements.csv"):
        yield ShortGranule(
            row["product_id"],
            row["parameter"],
            seconds(parse_instant(row["start"])),
            int(row["duration_s"]),
            _number(row["value"]),
            _number(row["denominator"]) if row["denominator"] else None,
            row["suspect"] == "true",
        )


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InputError(f"{text!r} is no number", place=Place("measurements.csv")) from None
