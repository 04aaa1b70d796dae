"""Thresholds that nobody watches: what histograms say never disagrees with the granules beyond the
bounds that are stated, whatever is corrected, excluded, or ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.generative.test_summaries_agree_with_granules import EXAMPLES, fresh_workspace
from tests.measurement_builders import OCTOBER, G
from tests.summaries_builders import SmallOperator

from trueline.assessment.assess import AssessmentRequest, assess
from trueline.assessment.at_once import ColumnsAsked
from trueline.assessment.known import what_was_known
from trueline.assessment.plan import PlanRequest
from trueline.assessment.store import row_values
from trueline.assessment.summaries.bounded import bounded_rows
from trueline.assessment.summaries.opened import OpenSummaries, open_summaries
from trueline.assessment.summaries.reduce import Watch
from trueline.calendars.instants import render_instant
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.offerings.values import Catalog, Comparator, Threshold

DAY = 86_400
OCTOBER_2026 = parse_period("2026-10")
_settings = settings(
    deadline=None,
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@dataclass(frozen=True)
class Case:
    """What arrives in turn, what is excluded, and the threshold that is asked about."""

    deliveries: list[list[G]]
    exclusions: list[tuple[int, int]]
    zone: str
    ends_on: int | None
    threshold: Threshold


values = st.sampled_from([0.0, 0.125, 9.9, 10.0, 10.05, 15.0, 19.99, 20.0, 20.01, 30.0, 31.5])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    hours = st.integers(-24, 31 * 24)
    granule = st.builds(
        lambda hour, value: G("p1", "delay", OCTOBER + hour * 3_600, value, duration_s=3_600),
        hours,
        values,
    )
    deliveries = draw(st.lists(st.lists(granule, min_size=1, max_size=60), min_size=1, max_size=3))
    minutes = st.integers(0, 31 * 1_440)
    bounds = st.sampled_from(["0", "10", "10.02", "15", "20", "20.01", "25", "40"]).map(Decimal)
    comparators = [Comparator.LE, Comparator.LT, Comparator.GE, Comparator.GT]
    pairs = draw(st.lists(st.tuples(minutes, st.integers(1, 3_000)), max_size=3))
    return Case(
        [list({g.start_s: g for g in one}.values()) for one in deliveries],
        [(OCTOBER + at * 60, OCTOBER + (at + length) * 60) for at, length in pairs],
        draw(st.sampled_from(["UTC", "Europe/Lisbon", "Asia/Kolkata", "America/Lima"])),
        draw(st.none() | st.integers(2, 31)),
        Threshold(draw(st.sampled_from(comparators)), draw(bounds)),
    )


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


def operate(operator: SmallOperator, case: Case) -> None:
    operator.offer("20")
    end = "" if case.ends_on is None else f"2026-10-{case.ends_on:02d}T06:30:00Z"
    head = "product_id,offering_id,customer_id,status,start,end,time_zone\n"
    row = f"p1,line,c,active,2026-01-01T00:00:00Z,{end},{case.zone}\n"
    operator.load("products.csv", head + row)
    for one in case.deliveries:
        operator.deliver(*one)
        operator.summarise()
    for start, stop in case.exclusions:
        operator.exclude(f"p1,{render_instant(start)},{render_instant(stop)},works")


def with_threshold(catalog: Catalog, threshold: Threshold) -> Catalog:
    line = catalog.offerings["line"]
    objectives = tuple(
        replace(one, threshold=threshold) if one.id == "share" else one for one in line.objectives
    )
    return replace(catalog, offerings={"line": replace(line, objectives=objectives)})


@_settings
@given(case=cases())
def test_the_granules_lie_within_the_bounds_of_the_histograms(
    migrated_database: Path, engine: DuckDBEngine, case: Case
) -> None:
    with fresh_workspace(migrated_database) as workspace:
        operate(SmallOperator(workspace, engine), case)
        known = what_was_known(workspace)
        known = replace(known, catalog=with_threshold(known.catalog, case.threshold))
        request = AssessmentRequest(OCTOBER_2026, objective_ids=frozenset({"share"}))
        [exact] = assess(engine, known, request).rows
        opened = open_summaries(workspace, known.delivery)
        assert isinstance(opened, OpenSummaries)
        products = list(known.snapshot.products.values())
        asked = ColumnsAsked(
            known.catalog,
            known.snapshot,
            known.exclusions,
            products,
            known.lake.product_keys(["p1"]),
            PlanRequest(OCTOBER_2026),
            frozenset({"share"}),
        )
        for beside in (None, Watch(Comparator.LE, Decimal(20))):
            [found] = bounded_rows(opened, [asked], beside)
            assert found.left == frozenset()
            [taken], [best], [worst] = (
                row_values(table) for table in (found.rows, found.best, found.worst)
            )
            assert worst.good_s <= exact.good_s <= best.good_s
            assert worst.good_s <= taken.good_s <= best.good_s
            same = ("unknown_s", "excluded_s", "samples", "coverage", "period_start")
            assert all(getattr(taken, name) == getattr(exact, name) for name in same)
            if found.exact:
                assert taken == exact
