"""Deliver a demo operator into a workspace through the ordinary loaders.

Record times are those at which such data would have arrived: the catalogue and the inventory before
the first month, each month's data on the first of the next, late and corrected data five days
after. They rise with the delivery number, and none lies after the caller's `now`. So `--as-of`
shows what was known then.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from trueline.calendars.instants import instant
from trueline.demo import files
from trueline.demo.granule_tables import MonthOfGranules
from trueline.demo.happenings import Happening, MonthOfHappenings
from trueline.demo.operator import DemoOperator, plan_operator
from trueline.demo.portfolio import PORTFOLIO, products_of
from trueline.demo.scale import DAY_S, DemoScale, Month
from trueline.demo.truths import render_truths
from trueline.demo.watch import start_regimes
from trueline.intake.ledger import Ledger
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.record import DeliverySource
from trueline.inventory.load import (
    load_agreements,
    load_customers,
    load_groups,
    load_products,
)
from trueline.inventory.load_suppliers import load_suppliers
from trueline.measurement.append import append_granules
from trueline.measurement.events import load_events
from trueline.measurement.granules import GranuleBatch
from trueline.measurement.lake import open_lake
from trueline.offerings.load import load_offerings
from trueline.outages.load import load_exclusions
from trueline.settings.workspace import Workspace

__all__ = ["DemoReport", "DemoScale", "build_demo", "months_of"]

TRUTHS_FILE = "demo-truths.json"
FILES_FOLDER = "demo-files"
_DELIVERY_S = 6 * 3600  # after the end of the month
_LATER_S = 5 * DAY_S
_BEFORE_S = 7 * DAY_S


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

    def at(self, moment_s: int) -> LoadOptions:
        now = min(instant(moment_s), self.options.now)
        return replace(self.options, now=now, recorded_by="demo", progress=None)

    def deliver_on_time(
        self, month: Month, happened: MonthOfHappenings, granules: MonthOfGranules
    ) -> None:
        """Agreed works, events (those that go on still open) and granules."""
        population, options = self.operator.population, self.at(month.end_s + _DELIVERY_S)
        events = happened.events()
        self.events += len(events)
        works = files.render_exclusions(population, happened.works)
        path = self.write(f"exclusions-{month.label}.csv", works)
        self.reports.append(load_exclusions(self.workspace, path, options))
        known = [_as_seen(event, month) for event in events]
        path = self.write(f"events-{month.label}.csv", files.render_events(population, known))
        self.reports.append(load_events(self.workspace, path, options))
        source = DeliverySource("measurements", f"demo measurements {month.label}")
        batches = self._counted(granules.batches())
        self.reports.append(append_granules(self.workspace, batches, source, options))

    def deliver_later(
        self, month: Month, happened: MonthOfHappenings, granules: MonthOfGranules
    ) -> None:
        """Events closed since, granules delivered late, again or corrected."""
        population = self.operator.population
        options = self.at(month.end_s + _DELIVERY_S + _LATER_S)
        closed = [event for event in happened.events() if event != _as_seen(event, month)]
        text = files.render_events(population, closed)
        path = self.write(f"events-{month.label}-closed.csv", text)
        self.reports.append(load_events(self.workspace, path, options))
        source = DeliverySource("measurements", f"demo late and corrected {month.label}")
        batches = [granules.later_batch()]
        self.reports.append(append_granules(self.workspace, batches, source, options))

    def _counted(self, batches: Iterator[GranuleBatch]) -> Iterator[GranuleBatch]:
        expected = expected_samples(self.operator.scale)
        for batch in batches:
            self.samples += batch.table.num_rows
            if self.options.progress is not None:
                self.options.progress.advance(min(self.samples, expected), expected, self.samples)
            yield batch


def months_of(workspace: Workspace) -> tuple[str, ...]:
    """Labels of the months of the demo operator in `workspace`; none where there is none."""
    truths = workspace.home / TRUTHS_FILE
    if not truths.exists():
        return ()
    scale = DemoScale(**json.loads(truths.read_text(encoding="utf-8"))["scale"])
    return tuple(month.label for month in scale.months_of_data())


def build_demo(workspace: Workspace, scale: DemoScale, options: LoadOptions) -> DemoReport:
    """Build the operator of `scale` in `workspace`, which should be empty."""
    began = time.monotonic()
    operator = plan_operator(scale)
    folder = workspace.home / FILES_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    building = _Building(workspace, options, operator, folder, [])
    _deliver_records(building)
    for month, happened, granules in operator.months():
        building.deliver_on_time(month, happened, granules)
        building.deliver_later(month, happened, granules)
    with open_lake(workspace) as lake:
        lake.compact()
    last = scale.months_of_data()[-1]
    watched = building.at(last.end_s + _DELIVERY_S + _LATER_S).now
    building.reports += start_regimes(workspace, watched)
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
    options = building.at(first.start_s - _BEFORE_S)
    for name, text, load in (
        ("offerings.yaml", files.render_offerings(), load_offerings),
        ("customers.csv", files.render_customers(population), load_customers),
        ("products.csv", files.render_products(population), load_products),
        ("agreements.csv", files.render_agreements(building.operator.agreements), load_agreements),
        ("groups.csv", files.render_groups(), load_groups),
        ("suppliers.yaml", files.render_suppliers(), load_suppliers),
    ):
        building.reports.append(load(workspace, building.write(name, text), options))


def _as_seen(event: Happening, month: Month) -> Happening:
    """The event as it looks when the month is delivered."""
    if event.end_s is not None and event.end_s > month.end_s + _DELIVERY_S:
        return replace(event, end_s=None)
    return event


def expected_samples(scale: DemoScale) -> int:
    """About how many granules a demo of this scale holds."""
    series = sum(
        count * len(sold.series)
        for sold, count in zip(PORTFOLIO, products_of(scale.products), strict=True)
    )
    return series * sum(month.granules for month in scale.months_of_data())
