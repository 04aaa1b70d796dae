"""A contract workspace as a value, and how it is written as a folder."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

PARAMETERS: list[dict[str, Any]] = [
    {"id": "frame_delay", "unit": "ms", "family": "technical", "kind": "sampled"},
    {"id": "frame_loss", "unit": "ratio", "family": "technical", "kind": "ratio"},
    {"id": "service_outage", "family": "technical", "kind": "event", "event_kinds": ["outage"]},
    {"id": "repair", "unit": "s", "family": "time", "kind": "event", "event_kinds": ["ticket"]},
]


@dataclass(frozen=True)
class Active:
    """A sold offering, active over [start_s, end_s)."""

    product_id: str
    start_s: int
    end_s: int | None
    zone: str


@dataclass(frozen=True)
class Row:
    """One row of measurements.csv; numbers as the text that is written."""

    product_id: str
    parameter: str
    start_s: int
    duration_s: int
    value: str
    denominator: str = ""
    suspect: bool = False


@dataclass(frozen=True)
class Happening:
    """One row of events.csv."""

    event_id: str
    product_id: str
    kind: str
    start_s: int
    end_s: int | None
    stop_clock: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class WorkspaceSpec:
    """Everything that `write_workspace` writes, and the question that is asked of it."""

    period: str
    as_of_s: int
    objectives: list[dict[str, Any]]
    products: list[Active]
    rows: list[Row] = field(default_factory=list)
    events: list[Happening] = field(default_factory=list)
    exclusions: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def as_of(self) -> str:
        return stamp(self.as_of_s)


def stamp(second: int | None) -> str:
    if second is None:
        return ""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_workspace(folder: Path, spec: WorkspaceSpec) -> None:
    """The six files of the contract in `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    write_offerings(folder / "offerings.yaml", spec)
    write_table(folder / "customers.csv", "customer_id,name,segment", [["c0", "Zero", "gold"]])
    write_table(
        folder / "products.csv",
        "product_id,offering_id,customer_id,status,start,end,time_zone,region",
        [
            [
                one.product_id,
                "eline",
                "c0",
                "active" if one.end_s is None else "terminated",
                stamp(one.start_s),
                stamp(one.end_s),
                one.zone,
                "north",
            ]
            for one in spec.products
        ],
    )
    write_table(
        folder / "exclusions.csv",
        "product_id,start,end,reason",
        [[product, stamp(start), stamp(end), "work"] for product, start, end in spec.exclusions],
    )
    write_events(folder / "events.csv", spec.events)
    write_measurements(folder / "measurements.csv", spec.rows)


def write_offerings(path: Path, spec: WorkspaceSpec) -> None:
    offering = {"id": "eline", "name": "E-Line", "objectives": spec.objectives}
    document = {"apiVersion": "trueline/v1", "parameters": PARAMETERS, "offerings": [offering]}
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def write_events(path: Path, events: list[Happening]) -> None:
    """`stop_clock` holds segments as ISO 8601 intervals, `start/end;start/end`."""
    write_table(
        path,
        "event_id,product_id,kind,start,end,impact,cause,source,stop_clock",
        [
            [
                one.event_id,
                one.product_id,
                one.kind,
                stamp(one.start_s),
                stamp(one.end_s),
                "outage",
                "",
                "test",
                ";".join(f"{stamp(start)}/{stamp(end)}" for start, end in one.stop_clock),
            ]
            for one in events
        ],
    )


def write_measurements(path: Path, rows: list[Row]) -> None:
    write_table(
        path,
        "product_id,parameter,start,duration_s,value,denominator,suspect",
        [
            [
                row.product_id,
                row.parameter,
                stamp(row.start_s),
                str(row.duration_s),
                row.value,
                row.denominator,
                "true" if row.suspect else "false",
            ]
            for row in rows
        ],
    )


def write_table(path: Path, header: str, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)
