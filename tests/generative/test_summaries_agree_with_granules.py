"""Summaries on generated workspaces: every row as from granules, whatever arrives, and when."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.generative.specification import Row, WorkspaceSpec
from tests.generative.workspaces import workspaces, write_workspace

from trueline.assessment.assess import AssessmentRequest, assess
from trueline.assessment.known import what_was_known
from trueline.assessment.store import row_dict
from trueline.assessment.summaries.build import SummaryBuilder
from trueline.assessment.summaries.evidence import SummedEvidence
from trueline.assessment.summaries.opened import OpenSummaries, open_summaries
from trueline.assessment.summaries.parts import SummaryStore
from trueline.assessment.summaries.wishes import Standards
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.load import LoadOptions
from trueline.inventory.load import load_customers, load_products
from trueline.measurement.events import load_events
from trueline.measurement.lake import open_lake
from trueline.measurement.load import load_measurement_file
from trueline.offerings.load import load_offerings
from trueline.outages.load import load_exclusions
from trueline.settings.workspace import Workspace, use_workspace

EXAMPLES = int(os.environ.get("TRUELINE_EXAMPLES", "12"))
_settings = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    print_blob=True,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
NOW = datetime(2027, 3, 1, tzinfo=UTC)


@contextmanager
def fresh_workspace(migrated_database: Path) -> Iterator[Workspace]:
    from django.db import connections

    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "workspace"
        home.mkdir()
        connections.close_all()
        shutil.copy(migrated_database, home / "trueline.sqlite3")
        yield use_workspace(home)
        connections.close_all()


def parts_of(rows: list[Row], cuts: list[int]) -> list[list[Row]]:
    """Rows as several deliveries."""
    places = sorted({min(cut, len(rows)) for cut in cuts})
    edges = [0, *places, len(rows)]
    return [rows[a:b] for a, b in pairwise(edges) if a < b]


HISTOGRAM_ERROR = 0.01  # what a percentile from histograms promises; two may differ by twice that


def same(one: dict[str, object], other: dict[str, object]) -> bool:
    """To the last bit; where buckets decide, values on the edge of one may lie in the next."""
    if one == other:
        return True
    value, wanted = one["value"], other["value"]
    if "percentile_histogram" not in str(one["objective_id"]) or value is None or wanted is None:
        return False
    loose = ("value", "margin", "verdict")
    exact = all(one[name] == other[name] for name in one if name not in loose)
    return exact and abs(value - wanted) <= 2 * HISTOGRAM_ERROR * abs(wanted)  # type: ignore[operator]


class Operator:
    """A workspace that things arrive in, its summaries brought up to date after each."""

    def __init__(self, workspace: Workspace, engine: DuckDBEngine) -> None:
        self.workspace = workspace
        self.engine = engine
        self.options = LoadOptions(now=NOW)

    def load(self, name: str, folder: Path) -> None:
        loaders = {
            "offerings.yaml": load_offerings,
            "customers.csv": load_customers,
            "products.csv": load_products,
            "events.csv": load_events,
            "exclusions.csv": load_exclusions,
            "measurements.csv": load_measurement_file,
        }
        self.options = replace(self.options, now=self.options.now + timedelta(minutes=1))
        loaders[name](self.workspace, folder / name, self.options)

    def summarise(self) -> None:
        known = what_was_known(self.workspace)
        with known.lake as lake:  # type: ignore[attr-defined]
            builder = SummaryBuilder(SummaryStore(self.workspace), lake, self.engine)
            builder.bring_up_to_date(lambda: Standards(known.catalog, known.snapshot))

    def differences(self, period: str, *, as_of: datetime | None = None) -> list[str]:
        """Rows from summaries that are not the rows from granules, to the last bit."""
        known = what_was_known(self.workspace, as_of)
        opened = open_summaries(self.workspace, known.delivery)
        assert isinstance(opened, OpenSummaries), opened
        summed = SummedEvidence(opened)
        request = AssessmentRequest(parse_period(period))
        raw = assess(self.engine, known, request)
        quick = assess(self.engine, replace(known, summed=summed), request)
        assert raw.set_aside == quick.set_aside
        return [
            f"{one}\n   not {other}"
            for one, other in zip(map(row_dict, quick.rows), map(row_dict, raw.rows), strict=True)
            if not same(one, other)
        ]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


@settings(_settings, max_examples=EXAMPLES)
@given(spec=workspaces(), cuts=st.lists(st.integers(0, 200), max_size=4), data=st.data())
def test_every_row_from_summaries_is_the_row_from_granules(
    migrated_database: Path,
    engine: DuckDBEngine,
    spec: WorkspaceSpec,
    cuts: list[int],
    data: st.DataObject,
) -> None:
    with fresh_workspace(migrated_database) as workspace:
        folder = workspace.home / "files"
        write_workspace(folder, spec)
        operator = Operator(workspace, engine)
        names = ["offerings.yaml", "customers.csv", "products.csv", "events.csv"]
        for name in names:
            operator.load(name, folder)
        for part in parts_of(spec.rows, cuts):
            write_workspace(folder, replace(spec, rows=part))
            operator.load("measurements.csv", folder)
            if data.draw(st.booleans()):
                operator.summarise()
            if data.draw(st.integers(0, 3)) == 0:
                with open_lake(workspace) as lake:
                    lake.compact(publishing=False)
        operator.summarise()
        assert operator.differences(spec.period) == []
        operator.load("exclusions.csv", folder)
        assert operator.differences(spec.period) == []
