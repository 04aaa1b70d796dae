"""Read the five files of a contract workspace with nothing but csv and yaml."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml
from tests.oracle.intervals import Interval


@dataclass(frozen=True)
class Granule:
    start: int
    duration: int
    value: Fraction
    denominator: Fraction | None
    suspect: bool

    @property
    def end(self) -> int:
        return self.start + self.duration


@dataclass(frozen=True)
class Event:
    kind: str
    start: int
    end: int | None
    stop_clock: tuple[Interval, ...]


@dataclass(frozen=True)
class Product:
    id: str
    offering: str
    start: int
    end: int | None
    zone: str


@dataclass(frozen=True)
class Parameter:
    kind: str
    event_kinds: tuple[str, ...]


@dataclass
class Folder:
    parameters: dict[str, Parameter] = field(default_factory=dict)
    objectives: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by offering
    products: list[Product] = field(default_factory=list)
    granules: dict[tuple[str, str], list[Granule]] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)
    exclusions: dict[str, list[Interval]] = field(default_factory=dict)


def second(text: str) -> int:
    moment = datetime.fromisoformat(text.strip())
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


def local_day(value: object) -> date | None:
    """A date of the YAML file, quoted or not."""
    return None if value is None else date.fromisoformat(str(value))


def exact(value: object) -> Fraction:
    """The number as it is written in the file: 20.1 is 201/10."""
    return Fraction(str(value))


def read_folder(folder: Path) -> Folder:
    found = Folder()
    read_offerings(folder / "offerings.yaml", found)
    for row in rows(folder / "products.csv"):
        found.products.append(
            Product(
                row["product_id"],
                row["offering_id"],
                second(row["start"]),
                second(row["end"]) if row["end"] else None,
                row.get("time_zone") or "UTC",
            )
        )
    for row in rows(folder / "exclusions.csv"):
        interval = (second(row["start"]), second(row["end"]))
        found.exclusions.setdefault(row["product_id"], []).append(interval)
    read_events(folder / "events.csv", found)
    read_granules(folder / "measurements.csv", found)
    return found


def rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_offerings(path: Path, found: Folder) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for parameter in document["parameters"]:
        kinds = tuple(parameter.get("event_kinds", ()))
        found.parameters[parameter["id"]] = Parameter(parameter["kind"], kinds)
    for offering in document["offerings"]:
        found.objectives[offering["id"]] = list(offering["objectives"])


def read_events(path: Path, found: Folder) -> None:
    latest = {row["event_id"]: row for row in rows(path)}
    for row in latest.values():
        pairs = [pair.split("/") for pair in (row.get("stop_clock") or "").split(";") if pair]
        event = Event(
            row["kind"],
            second(row["start"]),
            second(row["end"]) if row["end"] else None,
            tuple((second(start), second(end)) for start, end in pairs),
        )
        found.events.setdefault(row["product_id"], []).append(event)


def read_granules(path: Path, found: Folder) -> None:
    latest: dict[tuple[str, str], dict[int, Granule]] = {}
    for row in rows(path):
        granule = Granule(
            second(row["start"]),
            int(row["duration_s"]),
            exact(row["value"]),
            exact(row["denominator"]) if row.get("denominator") else None,
            (row.get("suspect") or "").lower() in ("true", "1"),
        )
        latest.setdefault((row["product_id"], row["parameter"]), {})[granule.start] = granule
    for key, by_start in latest.items():
        found.granules[key] = [by_start[start] for start in sorted(by_start)]
