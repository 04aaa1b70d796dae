"""Verdicts on shares of good time (M11, M13) for whole columns: the same numbers as `verdict.py`
gives one by one, by the same comparisons of whole numbers. What might not fit is not taken on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.assessment.planned_columns import ColumnPlan, Integers
from trueline.assessment.values import ROW_SCHEMA, Verdict
from trueline.measurement.plain_arrow import column_of, words_of
from trueline.offerings.values import (
    Comparator,
    MissingData,
    ServiceLevelObjective,
    exact_ratio,
)

Flags = npt.NDArray[np.bool_]

# Products of seconds, or of a value's parts, and of a target's parts stay below 2**53, where a
# double is exact and one division of two is rounded rightly.
MOST_PARTS = 1 << 21
MOST_SECONDS = 1 << 31
MOST_VALUE = 1 << 31
_VERDICTS = tuple(Verdict)
_PLACE = {verdict: place for place, verdict in enumerate(_VERDICTS)}
# Whether a comparator holds where the left side is less, equal, greater.
_HOLDS = {
    Comparator.GT: (False, False, True),
    Comparator.GE: (False, True, True),
    Comparator.EQ: (False, True, False),
    Comparator.NEQ: (True, False, True),
    Comparator.LT: (True, False, False),
    Comparator.LE: (True, True, False),
}
_COMPARATORS = {comparator: place for place, comparator in enumerate(_HOLDS)}
_HOLDS_TABLE = np.array(list(_HOLDS.values()))
_NO_TARGET = (-1, 1)


def fits(objective: ServiceLevelObjective) -> bool:
    """Whether columns decide an objective on shares of good time as `verdict.py` does."""
    return _is_plain(objective) and all(0 <= target <= 1 for target in _targets(objective))


def fits_samples(objective: ServiceLevelObjective) -> bool:
    """The same for a statistic of samples, such as a percentile."""
    return _is_plain(objective) and 0 <= objective.min_coverage <= 1


def _is_plain(objective: ServiceLevelObjective) -> bool:
    tolerance = objective.tolerance
    return (
        objective.rounding.mode == "none"
        and objective.missing_data is not MissingData.HOLD
        and objective.raise_threshold is None
        and objective.qualified_by is None
        and (tolerance is None or tolerance.allowed_crossings is None)
        and all(
            abs(part) < MOST_PARTS for target in _targets(objective) for part in exact_ratio(target)
        )
    )


def _targets(objective: ServiceLevelObjective) -> list[Decimal]:
    tolerance = objective.tolerance
    given = [
        objective.conformance_target,
        objective.min_coverage,
        objective.threshold_target,
        tolerance.target if tolerance else None,
    ]
    return [target for target in given if target is not None]


@dataclass(frozen=True)
class ShareColumns:
    """Seconds and samples of each row of a plan."""

    known_s: Integers
    good_s: Integers
    samples: Integers


@dataclass(frozen=True)
class _Ratio:
    """A fraction for each row; there is none where `over` is 0."""

    part: Integers
    over: Integers

    def column(self, there: Flags | None = None) -> pa.Array:
        """The nearest doubles; null where there is none."""
        none = self.over == 0
        if there is not None:
            none = none | ~there
        values = self.part / np.where(self.over == 0, 1, self.over)
        return column_of(values, none)


@dataclass(frozen=True)
class SampleColumns:
    """Seconds and samples of each row of a plan, and its value as a fraction: `part` / `over`, both
    below MOST_VALUE; none where `over` is 0."""

    known_s: Integers
    samples: Integers
    part: Integers
    over: Integers


def decided_columns(plan: ColumnPlan, figures: ShareColumns) -> pa.Table:
    """Rows of ROW_SCHEMA in the order of the plan. Every objective of the plan fits, and no time
    is as long as MOST_SECONDS."""
    allowed_s, good_s = plan.allowed_s, figures.good_s
    bad_s, unknown_s = figures.known_s - good_s, allowed_s - figures.known_s
    policy = plan.by_due(lambda due: _POLICIES.index(due.applied.objective.missing_data))
    value = _Ratio(
        good_s + np.where(policy == 1, unknown_s, 0),
        np.where(policy == 0, figures.known_s, allowed_s),
    )
    left, burn = _Targets.of(plan).allowance(_Ratio(bad_s, allowed_s))
    more = {
        "allowance_left": left,
        "best_case": _Ratio(good_s + unknown_s, allowed_s).column(),
        "worst_case": _Ratio(good_s, allowed_s).column(),
        "burn_rate": burn,
    }
    return _table(plan, value, (figures.known_s, good_s, figures.samples), more)


def decided_samples(plan: ColumnPlan, figures: SampleColumns) -> pa.Table:
    """The same for statistics of samples, which count covered time as good."""
    over = np.where(plan.allowed_s > 0, figures.over, 0)
    seconds = (figures.known_s, figures.known_s, figures.samples)
    return _table(plan, _Ratio(figures.part, over), seconds, {})


def _table(
    plan: ColumnPlan,
    value: _Ratio,
    seconds: tuple[Integers, Integers, Integers],
    more: Mapping[str, pa.Array],
) -> pa.Table:
    """`seconds`: known, good, and the samples. A column that is missing is null."""
    known_s, good_s, samples = seconds
    targets, coverage = _Targets.of(plan), _Ratio(known_s, plan.allowed_s)
    margin, sensed = targets.margin(value)
    bounds = np.array(plan.bounds, np.int64).reshape(-1, 2)[plan.due]
    columns: dict[str, Any] = {
        "product_id": words_of([p.id for p in plan.products], plan.product),
        "objective_id": words_of([d.applied.objective.id for d in plan.dues], plan.due),
        "standard_version": plan.by_due(lambda due: due.applied.objective.version),
        "period_start": bounds[:, 0],
        "period_end": bounds[:, 1],
        "verdict": words_of([v.value for v in _VERDICTS], targets.verdicts(value, coverage)),
        "value": value.column(),
        "margin": margin.column(sensed),
        "good_s": good_s,
        "bad_s": known_s - good_s,
        "excluded_s": plan.excluded_s,
        "unknown_s": plan.allowed_s - known_s,
        "coverage": coverage.column(),
        "samples": samples,
        **more,
    }
    arrays = []
    for field in ROW_SCHEMA:
        one = columns.get(field.name, pa.nulls(len(plan), field.type))
        arrays.append((one if isinstance(one, pa.Array) else column_of(one)).cast(field.type))
    return pa.Table.from_arrays(arrays, schema=ROW_SCHEMA)


_POLICIES = (MissingData.EXCLUDE, MissingData.GOOD, MissingData.BAD)


@dataclass(frozen=True)
class _Targets:
    """What each row is held to, as whole numbers over whole numbers."""

    comparator: Integers
    higher: Flags
    equal: Flags  # EQ and NEQ: no margin
    target: _Ratio
    warning: _Ratio
    tolerated: _Ratio
    least: _Ratio

    @classmethod
    def of(cls, plan: ColumnPlan) -> _Targets:
        objectives = [due.applied.objective for due in plan.dues]

        def ratios(of: Callable[[ServiceLevelObjective], Decimal | Fraction | None]) -> _Ratio:
            given = [of(one) for one in objectives]
            pairs = [_NO_TARGET if one is None else exact_ratio(one) for one in given]
            both = np.array(pairs, np.int64).reshape(-1, 2)[plan.due]
            return _Ratio(both[:, 0], both[:, 1])

        comparator = plan.by_due(lambda due: _COMPARATORS[due.applied.objective.comparator])
        higher = plan.by_due(lambda due: due.applied.objective.comparator.higher_is_better)
        equal = [_COMPARATORS[Comparator.EQ], _COMPARATORS[Comparator.NEQ]]
        return cls(
            comparator,
            higher.astype(np.bool_),
            np.isin(comparator, equal),
            ratios(lambda one: one.conformance_target),
            ratios(lambda one: one.threshold_target),
            ratios(lambda one: one.tolerance.target if one.tolerance else None),
            ratios(lambda one: one.min_coverage),
        )

    def _holds(self, value: _Ratio, target: _Ratio) -> Flags:
        sense = np.sign(value.part * target.over - target.part * value.over)
        found: Flags = _HOLDS_TABLE[self.comparator, sense + 1]
        return found

    def verdicts(self, value: _Ratio, coverage: _Ratio) -> Integers:
        """The place of each row's verdict in `Verdict`."""
        warned = (self.warning.part >= 0) & ~self._holds(value, self.warning)
        within = (self.tolerated.part >= 0) & self._holds(value, self.tolerated)
        met = np.where(warned, _PLACE[Verdict.AT_RISK], _PLACE[Verdict.MET])
        missed = np.where(within, _PLACE[Verdict.WITHIN_TOLERANCE], _PLACE[Verdict.VIOLATED])
        verdict = np.where(self._holds(value, self.target), met, missed)
        thin = coverage.part * self.least.over < self.least.part * coverage.over
        verdict = np.where(thin | (value.over == 0), _PLACE[Verdict.NOT_ASSESSABLE], verdict)
        verdict = np.where(coverage.over == 0, _PLACE[Verdict.NOT_APPLICABLE], verdict)
        return verdict.astype(np.int64)

    def margin(self, value: _Ratio) -> tuple[_Ratio, Flags]:
        distance = value.part * self.target.over - self.target.part * value.over
        signed = np.where(self.higher, distance, -distance)
        return _Ratio(signed, value.over * self.target.over), ~self.equal

    def allowance(self, bad: _Ratio) -> tuple[pa.Array, pa.Array]:
        """The share of the allowance that is left, and the burn rate; for floors only."""
        spare = self.target.over - self.target.part
        most = bad.over * spare
        spent = bad.part * self.target.over
        asked = self.higher & (bad.over > 0)
        whole = asked & (spare == 0) & (bad.part == 0)  # nothing may be bad, and nothing is
        left = _Ratio(np.where(whole, 1, most - spent), np.where(whole, 1, most))
        return left.column(asked), _Ratio(spent, most).column(asked)
