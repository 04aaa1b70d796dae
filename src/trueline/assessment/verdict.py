"""From a figure to a verdict (M11), exactly: no binary float takes part in a comparison."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from trueline.assessment.burn import allowance_left, burn_rate, left_of_limit
from trueline.assessment.rounding import rounded
from trueline.assessment.statistics.rule import Finding
from trueline.assessment.values import Verdict
from trueline.offerings.values import (
    Comparator,
    ServiceLevelObjective,
    Statistic,
    exact_ratio,
)

SHARE_STATISTICS = frozenset(
    {
        Statistic.CONFORMANCE,
        Statistic.AVAILABILITY_OUTAGE,
        Statistic.AVAILABILITY_MEF,
        Statistic.AVAILABILITY_G826,
    }
)
_CEILINGS = frozenset(
    {Statistic.EVENT_COUNT, Statistic.LONGEST_EVENT, Statistic.SUM, Statistic.RATIO}
)


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Verdict
    value: Fraction | None
    margin: Fraction | None
    coverage: Fraction | None
    allowance_left: Fraction | None
    burn_rate: Fraction | None

    def absorbed(self) -> Decision:
        """The same figures, the miss within tolerance."""
        return replace(self, verdict=Verdict.WITHIN_TOLERANCE)


def decide_verdict(objective: ServiceLevelObjective, finding: Finding) -> Decision:
    """The verdict before any tolerance by crossings (those need the granules again)."""
    known_s = finding.good_s + finding.bad_s
    in_question_s = known_s + finding.unknown_s
    coverage = Fraction(known_s, in_question_s) if in_question_s else None
    value = finding.value if in_question_s else None
    if value is not None and objective.rounding.mode != "none":
        value = Fraction(rounded(value, objective.rounding))
    allowance_left, burn_rate = _allowance(objective, finding)
    return Decision(
        verdict=_verdict(objective, finding, value, coverage),
        value=value,
        margin=_margin(objective, value),
        coverage=coverage,
        allowance_left=allowance_left,
        burn_rate=burn_rate,
    )


def _verdict(
    objective: ServiceLevelObjective,
    finding: Finding,
    value: Fraction | None,
    coverage: Fraction | None,
) -> Verdict:
    if coverage is None:
        return Verdict.NOT_APPLICABLE
    if Comparator.LT.holds(coverage, objective.min_coverage):
        return Verdict.NOT_ASSESSABLE
    if finding.no_demand:
        return Verdict.NOT_APPLICABLE
    if value is None:
        return Verdict.NOT_ASSESSABLE
    comparator = objective.comparator
    if comparator.holds(value, objective.conformance_target):
        warning = objective.threshold_target
        if warning is not None and not comparator.holds(value, warning):
            return Verdict.AT_RISK
        return Verdict.MET
    tolerance = objective.tolerance
    if tolerance and tolerance.target is not None and comparator.holds(value, tolerance.target):
        return Verdict.WITHIN_TOLERANCE
    return Verdict.VIOLATED


def _margin(objective: ServiceLevelObjective, value: Fraction | None) -> Fraction | None:
    """Positive when the target is met, in the unit of the value; none for EQ and NEQ."""
    if value is None or objective.comparator in (Comparator.EQ, Comparator.NEQ):
        return None
    (a, b), (c, d) = exact_ratio(value), exact_ratio(objective.conformance_target)
    distance = a * d - c * b
    return Fraction(distance if objective.comparator.higher_is_better else -distance, b * d)


def _allowance(
    objective: ServiceLevelObjective, finding: Finding
) -> tuple[Fraction | None, Fraction | None]:
    """Share of the allowance that is left, and the burn rate (M13): bad share / (1 - target). For
    a ceiling on a count or sum, the share of the ceiling that is left."""
    target = objective.conformance_target
    is_ceiling = objective.comparator in (Comparator.LE, Comparator.LT)
    if objective.statistic in SHARE_STATISTICS and objective.comparator.higher_is_better:
        if finding.bad_share is None:
            return None, None
        return allowance_left(finding.bad_share, 1, target), burn_rate(finding.bad_share, 1, target)
    if objective.statistic in _CEILINGS and is_ceiling and finding.value is not None:
        return left_of_limit(finding.value, target), None
    return None, None


def as_float(value: Fraction | Decimal | float | None) -> float | None:
    """The nearest double, for output only."""
    if isinstance(value, Fraction):
        numerator, denominator = value.as_integer_ratio()
        return numerator / denominator  # one correctly rounded division
    return None if value is None else float(value)
