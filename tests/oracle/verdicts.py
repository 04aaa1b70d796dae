"""From a figure to the row of the result: coverage, rounding, verdict, margin."""

from __future__ import annotations

import re
from fractions import Fraction
from math import floor
from typing import Any

from tests.oracle.case import Case, Figure, satisfies
from tests.oracle.intervals import length
from tests.oracle.workspace import exact

DEFAULT_MIN_COVERAGE = "0.5"


def row_of(case: Case, figure: Figure) -> dict[str, Any]:
    """The keys of a result row that follow from the figure."""
    allowed = length(case.allowed)
    unknown = allowed - figure.good - figure.bad
    coverage = Fraction(allowed - unknown, allowed) if allowed else None
    value = rounded(figure.value, case.objective) if allowed else None
    row: dict[str, Any] = {
        "verdict": verdict_of(case, figure, value, coverage),
        "value": plain(value),
        "margin": plain(margin_of(case.objective, value)),
        "good_s": figure.good,
        "bad_s": figure.bad,
        "excluded_s": case.excluded_s,
        "unknown_s": unknown,
        "coverage": plain(coverage),
        "samples": figure.samples,
        "best_case": plain(figure.best),
        "worst_case": plain(figure.worst),
    }
    if figure.open_events is not None:
        row["open_events"] = figure.open_events
    if figure.error and figure.value is not None and value is not None:
        others = [
            rounded(figure.value * (1 + step * figure.error), case.objective) for step in (-1, 0, 1)
        ]
        row["value_slack"] = float(max(abs(other - value) for other in others if other is not None))
        row["verdicts"] = sorted(verdict_of(case, figure, other, coverage) for other in others)
    return row


def verdict_of(
    case: Case, figure: Figure, value: Fraction | None, coverage: Fraction | None
) -> str:
    objective = case.objective
    if coverage is None:
        return "notApplicable"
    if coverage < exact(objective.get("min_coverage", DEFAULT_MIN_COVERAGE)):
        return "notAssessable"
    if value is None:
        return "notApplicable" if figure.nothing_asked else "notAssessable"
    comparator = objective["comparator"]
    if satisfies(value, comparator, objective["conformance_target"]):
        warning = objective.get("threshold_target")
        if warning is None or satisfies(value, comparator, warning):
            return "met"
        return "atRisk"
    return "withinTolerance" if absorbed(objective, figure, value) else "violated"


def absorbed(objective: dict[str, Any], figure: Figure, value: Fraction) -> bool:
    tolerance = objective.get("tolerance") or {}
    target = tolerance.get("target")
    if target is not None and satisfies(value, objective["comparator"], target):
        return True
    allowed, period = tolerance.get("allowed_crossings"), window_of(tolerance)
    if allowed is None or period is None or figure.crossings is None:
        return False
    windows = [
        sum(first <= crossing < first + period for crossing in figure.crossings)
        for first in figure.crossings
    ]
    return max(windows, default=0) <= int(allowed)


def window_of(tolerance: dict[str, Any]) -> int | None:
    """Seconds of the tolerance period: `period` in ISO 8601 (`P1DT2H3M4S`) or `period_s`."""
    if "period" not in tolerance:
        return tolerance.get("period_s")
    units = {"W": 604_800, "D": 86_400, "H": 3_600, "M": 60, "S": 1}
    return sum(
        int(n) * units[unit] for n, unit in re.findall(r"(\d+)([WDHMS])", tolerance["period"])
    )


def rounded(value: Fraction | None, objective: dict[str, Any]) -> Fraction | None:
    rounding = objective.get("rounding") or {}
    mode = rounding.get("mode", "none")
    if value is None or mode == "none":
        return value
    scale = 10 ** int(rounding.get("decimals", 0))
    units = abs(value) * scale
    whole = floor(units) if mode == "truncate" else floor(units + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, scale)


def margin_of(objective: dict[str, Any], value: Fraction | None) -> Fraction | None:
    sign = {"GE": 1, "GT": 1, "LE": -1, "LT": -1}.get(objective["comparator"])
    if value is None or sign is None:
        return None
    return sign * (value - exact(objective["conformance_target"]))


def plain(value: Fraction | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value.denominator == 1 else float(value)
