"""Verdicts on whole columns against the verdicts one by one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trueline.assessment.at_once import DecidedColumns
from trueline.assessment.plan import Due, Task, Unit
from trueline.assessment.planned_columns import ColumnPlan, Windows
from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.rule import Evidence
from trueline.assessment.tallies import Tally
from trueline.assessment.values import AssessmentRow
from trueline.assessment.verdict import as_float, decide_verdict
from trueline.assessment.verdict_columns import ShareColumns, decided_columns, fits
from trueline.calendars.instants import parse_instant
from trueline.calendars.periods import parse_period
from trueline.inventory.resolve import AppliedObjective
from trueline.inventory.values import Product
from trueline.offerings.values import (
    Comparator,
    MissingData,
    ParameterKind,
    PerformanceParameter,
    Rounding,
    ServiceLevelObjective,
    Statistic,
    Threshold,
    Tolerance,
)

PERIOD = parse_period("2026-10")
BOUNDS = PERIOD.bounds("UTC")
DELAY = PerformanceParameter("delay", unit="ms", kind=ParameterKind.SAMPLED)
P1 = Product("p1", "line", "c", "active", parse_instant("2026-01-01T00:00:00Z"), None, "UTC")

shares = st.one_of(
    st.sampled_from(["0", "0.5", "0.95", "0.99999", "1"]).map(Decimal),
    st.integers(0, 10_000).map(lambda n: Decimal(n) / 10_000),
)
objectives = st.builds(
    ServiceLevelObjective,
    id=st.just("share"),
    parameter=st.just("delay"),
    statistic=st.just(Statistic.CONFORMANCE),
    comparator=st.sampled_from(Comparator),
    conformance_target=shares,
    threshold_target=st.none() | shares,
    min_coverage=shares,
    missing_data=st.sampled_from([MissingData.EXCLUDE, MissingData.GOOD, MissingData.BAD]),
    threshold=st.just(Threshold(Comparator.LE, Decimal(20))),
    tolerance=st.none() | st.builds(Tolerance, target=st.none() | shares),
    version=st.integers(1, 9),
)


@st.composite
def seconds(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Time in scope, excluded of it, known of the rest, good of that."""
    scope = draw(st.integers(0, 50) | st.integers(0, BOUNDS[1] - BOUNDS[0]))
    excluded = draw(st.sampled_from([0, scope]) | st.integers(0, scope))
    known = draw(st.sampled_from([0, scope - excluded]) | st.integers(0, scope - excluded))
    good = draw(st.sampled_from([0, known]) | st.integers(0, known))
    return scope, excluded, known, good


def one_by_one(
    objective: ServiceLevelObjective, account: tuple[int, int, int, int], samples: int
) -> AssessmentRow:
    """The row as `assess` makes it of one task."""
    scope, excluded, known, good = account
    start = BOUNDS[0]
    allowed = [(start + excluded, start + scope)] if scope > excluded else []
    away = [(start, start + excluded)] if excluded else []
    unit = Unit(0, "p1", *BOUNDS, [(start, start + scope)], away, allowed)
    task = Task(unit, AppliedObjective(objective, "line", None, ()), DELAY, PERIOD, "UTC")
    tally = Tally(known_s=known, samples=samples, numbers=samples, good_s=(good,))
    finding = RULES[objective.statistic].find(Evidence(task, tally))
    decision = decide_verdict(objective, finding)
    return AssessmentRow(
        "p1",
        "share",
        objective.version,
        *BOUNDS,
        decision.verdict,
        as_float(decision.value),
        as_float(decision.margin),
        finding.good_s,
        finding.bad_s,
        unit.excluded_s,
        finding.unknown_s,
        as_float(decision.coverage),
        finding.samples,
        as_float(decision.allowance_left),
        as_float(finding.best_case),
        as_float(finding.worst_case),
        finding.open_events,
        as_float(decision.burn_rate),
    )


@settings(deadline=None)
@given(
    asked=st.lists(st.tuples(objectives, seconds(), st.integers(0, 9_000)), min_size=1, max_size=6)
)
def test_columns_decide_as_one_verdict_after_the_other(
    asked: list[tuple[ServiceLevelObjective, tuple[int, int, int, int], int]],
) -> None:
    start = BOUNDS[0]
    rows = np.arange(len(asked))
    scope, excluded, known, good = np.array([account for _, account, _ in asked], np.int64).T
    away = np.flatnonzero(excluded)
    dues = [
        Due(AppliedObjective(objective, "line", None, ()), DELAY, PERIOD, "UTC", 0)
        for objective, _, _ in asked
    ]
    plan = ColumnPlan(
        [P1],
        dues,
        [BOUNDS for _ in asked],
        np.zeros(len(asked), np.int64),
        rows,
        np.full(len(asked), start),
        start + scope,
        Windows(away, np.full(len(away), start), start + excluded[away]),
        [],
    )
    figures = ShareColumns(known, good, np.array([samples for *_, samples in asked], np.int64))

    table = decided_columns(plan, figures)

    assert all(fits(objective) for objective, _, _ in asked)
    assert DecidedColumns(table, rows.astype(np.int32), frozenset(), frozenset(), []).values() == [
        one_by_one(*one) for one in asked
    ]


def test_what_columns_cannot_decide_is_left_to_others() -> None:
    plain = ServiceLevelObjective(
        "share", "delay", Statistic.CONFORMANCE, Comparator.GE, Decimal("0.9")
    )
    assert fits(plain)
    for other in (
        replace(plain, rounding=Rounding("truncate", 2)),
        replace(plain, missing_data=MissingData.HOLD),
        replace(plain, tolerance=Tolerance(allowed_crossings=3)),
        replace(plain, raise_threshold=Decimal(5)),
        replace(plain, qualified_by="availability"),
        replace(plain, conformance_target=Decimal("0.99999999")),
    ):
        assert not fits(other)
