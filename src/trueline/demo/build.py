"""Deliver a demo operator into a workspace through the ordinary loaders.

Record times are those at which such data would have arrived: the catalogue and the inventory before
the first month, each month's data on the first of the next, late and corrected data five days
after. So `--as-of` shows what was known then. None lies after the caller's `now`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from trueline.calendars.instants import instant
from trueline.demo import files
from trueline.demo.granule_tables import MonthOfGranules
from trueline.demo.happenings import MonthOfHappenings
from trueline.demo.operator import DemoOperator, plan_operator
from trueline.demo.portfolio import PORTFOLIO, products_of
from trueline.demo.scale import DemoScale, Month
from trueline.demo.truths import render_truths
from trueline.intake.ledger import Ledger
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.record import DeliverySource
from trueline.inventory.load import (
    load_agreements,
    load_customers,
    load_groups,
    load_products,
)
from trueline.measurement.append import append_granules
from trueline.measurement.granules import GranuleBatch
from trueline.measurement.lake import open_lake
from trueline.offerings.load import load_offerings
from trueline.outages.load import load_exclusions
from trueline.settings.workspace import Workspace

__all__ = ["DemoReport", "DemoScale", "build_demo"]

TRUTHS_FILE = "demo-truths.json"
FILES_FOLDER = "demo-files"
_LATER = timedelta(days=5)
_BEFORE = timedelta(days=7)


@dataclass(frozen=True)
class DemoReport:
    """What was built. `ledger` sums the ledgers of all deliveries."""

    scale: DemoScale
    products: int
    customers: int
    samples: int
    events: int
    deliveries: int
    ledger: Ledger
    truths: Path
    months: tuple[str, ...]  # labels of the months of data
    seconds: float


@dataclass
class _Building:
    workspace: Workspace
    options: LoadOptions
    operator: DemoOperator
    folder: Path
    reports: list[LoadReport]
    samples: int = 0
    events: int = 0

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def at(self, moment: datetime) -> LoadOptions:
        return replace(
            self.options, now=min(moment, self.options.now), recorded_by="demo", progress=None
        )


def build_demo(workspace: Workspace, scale: DemoScale, options: LoadOptions) -> DemoReport:
    """Build the operator of `scale` in `workspace`, which should be empty."""
    began = time.monotonic()
    operator = plan_operator(scale)
    folder = workspace.home / FILES_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    building = _Building(workspace, options, operator, folder, [])
    _deliver_records(building)
    for month, happened, granules in operator.months():
        _deliver_happenings(building, month, happened)
        _deliver_granules(building, month, granules)
    with open_lake(workspace) as lake:
        lake.compact()
    truths = workspace.home / TRUTHS_FILE
    truths.write_text(render_truths(scale, operator.truths), encoding="utf-8")
    ledger = Ledger()
    for report in building.reports:
        ledger.add(report.ledger)
    return DemoReport(
        scale=scale,
        products=len(operator.population.products),
        customers=len(operator.population.customers),
        samples=building.samples,
        events=building.events,
        deliveries=len(building.reports),
        ledger=ledger,
        truths=truths,
        months=tuple(month.label for month in scale.months_of_data()),
        seconds=time.monotonic() - began,
    )


def _deliver_records(building: _Building) -> None:
    workspace, population = building.workspace, building.operator.population
    first = building.operator.scale.months_of_data()[0]
    options = building.at(instant(first.start_s) - _BEFORE)
    for name, text, load in (
        ("offerings.yaml", files.render_offerings(), load_offerings),
        ("customers.csv", files.render_customers(population), load_customers),
        ("products.csv", files.render_products(population), load_products),
        ("agreements.csv", files.render_agreements(building.operator.agreements), load_agreements),
        ("groups.csv", files.render_groups(), load_groups),
    ):
        building.reports.append(load(workspace, building.write(name, text), options))


def _deliver_happenings(building: _Building, month: Month, happened: MonthOfHappenings) -> None:
    population = building.operator.population
    agreed = building.at(instant(month.start_s) - timedelta(days=2))
    path = building.write(
        f"exclusions-{month.label}.csv", files.render_exclusions(population, happened.works)
    )
    building.reports.append(load_exclusions(building.workspace, path, agreed))


def _deliver_granules(building: _Building, month: Month, granules: MonthOfGranules) -> None:
    delivered = instant(month.end_s) + timedelta(hours=6)
    building.reports.append(
        append_granules(
            building.workspace,
            _counted(building, granules.batches()),
            DeliverySource("measurements", f"demo measurements {month.label}"),
            building.at(delivered),
        )
    )
    building.reports.append(
        append_granules(
            building.workspace,
            [granules.later_batch()],
            DeliverySource("measurements", f"demo late and corrected {month.label}"),
            building.at(delivered + _LATER),
        )
    )


def _counted(building: _Building, batches: Iterator[GranuleBatch]) -> Iterator[GranuleBatch]:
    expected = expected_samples(building.operator.scale)
    for batch in batches:
        building.samples += batch.table.num_rows
        if building.options.progress is not None:
            done = min(building.samples, expected)
            building.options.progress.advance(done, expected, building.samples)
        yield batch


def expected_samples(scale: DemoScale) -> int:
    """About how many granules a demo of this scale holds."""
    series = sum(
        count * len(sold.series)
        for sold, count in zip(PORTFOLIO, products_of(scale.products), strict=True)
    )
    return series * sum(month.granules for month in scale.months_of_data())
