"""A contract folder straight into the assessment: the files' own readers, no database, no lake."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from trueline.assessment.assess import AssessmentRequest, Known, assess
from trueline.assessment.short_series import ShortGranule, ShortSeries
from trueline.assessment.store import row_dict
from trueline.calendars.instants import parse_instant, seconds
from trueline.calendars.periods import parse_period
from trueline.engine import Engine
from trueline.inventory.values import InventorySnapshot, Product
from trueline.measurement.events import parse_stop_clock
from trueline.measurement.values import Event
from trueline.offerings.parse import parse_offerings
from trueline.offerings.values import Catalog


def assess_in_memory(
    engine: Engine, folder: Path, period: str, *, as_of_s: int
) -> list[dict[str, Any]]:
    """Rows as `trueline assess --output FILE.json` writes them."""
    known = known_from(folder, as_of_s)
    result = assess(engine, known, AssessmentRequest(parse_period(period)))
    assert result.set_aside == []
    return [row_dict(row) for row in result.rows]


def known_from(folder: Path, as_of_s: int) -> Known:
    parsed = parse_offerings((folder / "offerings.yaml").read_bytes(), "offerings.yaml")
    assert parsed.set_aside == []
    exclusions: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in _rows(folder / "exclusions.csv"):
        exclusions[row["product_id"]].append((_second(row["start"]), _second(row["end"])))
    events: dict[str, list[Event]] = defaultdict(list)
    for row in _rows(folder / "events.csv"):
        events[row["product_id"]].append(_event(row))
    products = {r["product_id"]: _product(r) for r in _rows(folder / "products.csv")}
    return Known(
        delivery=1,
        as_of_s=as_of_s,
        catalog=Catalog(
            1, {p.id: p for p in parsed.parameters}, {o.id: o for o in parsed.offerings}
        ),
        snapshot=InventorySnapshot(1, products, {}, {}, {}),
        exclusions=exclusions,
        events=events,
        lake=ShortSeries([_granule(r) for r in _rows(folder / "measurements.csv")]),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _second(text: str) -> int:
    return seconds(parse_instant(text))


def _product(row: dict[str, str]) -> Product:
    return Product(
        id=row["product_id"],
        offering_id=row["offering_id"],
        customer_id=row["customer_id"],
        status=row["status"],
        start=parse_instant(row["start"]),
        end=parse_instant(row["end"]) if row["end"] else None,
        time_zone=row["time_zone"] or "UTC",
    )


def _event(row: dict[str, str]) -> Event:
    return Event(
        event_id=row["event_id"],
        product_id=row["product_id"],
        kind=row["kind"],
        start_s=_second(row["start"]),
        end_s=_second(row["end"]) if row["end"] else None,
        stop_clock=parse_stop_clock(row.get("stop_clock") or ""),
    )


def _granule(row: dict[str, str]) -> ShortGranule:
    return ShortGranule(
        product_id=row["product_id"],
        parameter=row["parameter"],
        start_s=_second(row["start"]),
        duration_s=int(row["duration_s"]),
        value=Decimal(row["value"]),
        denominator=Decimal(row["denominator"]) if row.get("denominator") else None,
        suspect=row.get("suspect") == "true",
    )
