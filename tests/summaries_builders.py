"""A small operator whose summaries are built step by step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.measurement_builders import G, batch

from trueline.assessment.assess import AssessmentRequest, assess
from trueline.assessment.known import what_was_known
from trueline.assessment.summaries.build import BuildReport
from trueline.assessment.summaries.wishes import Standards
from trueline.assessment.summed import SummedKnown, builder_of, with_summaries
from trueline.assessment.values import AssessmentRow
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.load import LoadOptions
from trueline.intake.record import DeliverySource
from trueline.inventory.load import load_products
from trueline.measurement.append import AppendOptions, append_granules
from trueline.measurement.lake import open_lake
from trueline.offerings.load import load_offerings
from trueline.outages.load import load_exclusions
from trueline.settings.workspace import Workspace

OFFERINGS = """\
apiVersion: trueline/v1
parameters:
  - {id: delay, unit: ms, kind: sampled}
MOREofferings:
  - id: line
    objectives:
      - {id: share, parameter: delay, statistic: conformance,
         threshold: {comparator: LE, value: BOUND}, comparator: GE, conformance_target: 0.9}
      - {id: mean, parameter: delay, statistic: mean, comparator: LE, conformance_target: 20}
"""
JITTER = """\
      - {id: steady, parameter: jitter, statistic: conformance,
         threshold: {comparator: LE, value: 3}, comparator: GE, conformance_target: 0.9}
"""
LOADERS = {
    "offerings.yaml": load_offerings,
    "products.csv": load_products,
    "exclusions.csv": load_exclusions,
}


@dataclass
class SmallOperator:
    """Each delivery is recorded a minute after the one before."""

    workspace: Workspace
    engine: DuckDBEngine
    now: datetime = datetime(2026, 12, 1, tzinfo=UTC)
    recorded: list[datetime] = field(default_factory=list)

    def _options(self) -> LoadOptions:
        self.now += timedelta(minutes=1)
        self.recorded.append(self.now)
        return LoadOptions(now=self.now)

    def load(self, name: str, text: str) -> None:
        path = self.workspace.home / name
        path.write_text(text, encoding="utf-8")
        LOADERS[name](self.workspace, path, self._options())

    def offer(self, bound: str, *, jitter: bool = False) -> None:
        text = OFFERINGS.replace("BOUND", bound)
        text = text.replace("MORE", "  - {id: jitter, unit: ms, kind: sampled}\n" if jitter else "")
        self.load("offerings.yaml", text + (JITTER if jitter else ""))

    def sell(self, *products: str) -> None:
        rows = [f"{name},line,c,active,2026-01-01T00:00:00Z,,UTC" for name in products]
        head = "product_id,offering_id,customer_id,status,start,end,time_zone"
        self.load("products.csv", "\n".join([head, *rows]) + "\n")

    def exclude(self, *rows: str) -> None:
        self.load("exclusions.csv", "\n".join(["product_id,start,end,reason", *rows]) + "\n")

    def deliver(self, *granules: G) -> None:
        append_granules(
            self.workspace,
            [batch(granules)],
            DeliverySource("measurements", "test"),
            AppendOptions(self._options()),
        )

    def summarise(self) -> BuildReport:
        with open_lake(self.workspace) as lake:
            builder = builder_of(self.workspace, lake, self.engine)
            known = what_was_known(self.workspace)
            return builder.bring_up_to_date(lambda: Standards(known.catalog, known.snapshot))

    def summed(self, as_of: datetime | None = None) -> SummedKnown:
        return with_summaries(self.workspace, what_was_known(self.workspace, as_of))

    def rows(self, *, summed: bool, as_of: datetime | None = None) -> list[AssessmentRow]:
        known = self.summed(as_of).known if summed else what_was_known(self.workspace, as_of)
        return assess(self.engine, known, AssessmentRequest(parse_period("2026-10"))).rows


@contextmanager
def small_operator(workspace: Workspace) -> Iterator[SmallOperator]:
    engine = DuckDBEngine(threads=1)
    try:
        yield SmallOperator(workspace, engine)
    finally:
        engine.close()
