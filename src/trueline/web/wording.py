"""How figures are written: floored percentages, durations, units, times with their zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction

from trueline.assessment.values import Verdict
from trueline.calendars.instants import instant, zone
from trueline.offerings.values import (
    Comparator,
    PerformanceParameter,
    ServiceLevelObjective,
    Statistic,
)

NONE = "–"
SHARES = frozenset(
    {
        Statistic.CONFORMANCE,
        Statistic.AVAILABILITY_OUTAGE,
        Statistic.AVAILABILITY_MEF,
        Statistic.AVAILABILITY_G826,
    }
)
COMPARED = {
    Comparator.GT: ">",
    Comparator.GE: "≥",
    Comparator.EQ: "=",
    Comparator.NEQ: "≠",
    Comparator.LT: "<",
    Comparator.LE: "≤",
}


@dataclass(frozen=True)
class StateWord:
    """A state as word, icon and style; `rank` sorts the worst first."""

    key: str
    word: str
    meaning: str
    rank: int


STATES = {
    Verdict.VIOLATED: StateWord("violated", "Violated", "the target was missed", 0),
    Verdict.AT_RISK: StateWord("atRisk", "At risk", "met, but past its warning value", 1),
    Verdict.WITHIN_TOLERANCE: StateWord(
        "withinTolerance", "Within tolerance", "missed, and the agreed tolerance absorbs it", 2
    ),
    Verdict.MET: StateWord("met", "Met", "the target was kept", 5),
    Verdict.NOT_ASSESSABLE: StateWord(
        "notAssessable", "Not assessable", "too little was measured to say", 3
    ),
    Verdict.NOT_APPLICABLE: StateWord(
        "notApplicable", "Not applicable", "nothing to assess in this period", 6
    ),
}
STALE = StateWord("stale", "Stale", "no data on its last two days in service or longer", 4)


def floor_percent(share: float | Fraction | Decimal | None, decimals: int | None = None) -> str:
    """A share as a percentage, floored; `100 %` only when it is exactly one."""
    return _percent(share, decimals, ROUND_FLOOR)


def overspent_percent(share: float) -> str:
    """How far an allowance is overspent, rounded up: a little too much is not nothing."""
    return _percent(share, 0, ROUND_CEILING)


def _percent(share: float | Fraction | Decimal | None, decimals: int | None, rounding: str) -> str:
    if share is None or share != share:
        return NONE
    if isinstance(share, Fraction):
        exact = Decimal(share.numerator) * 100 / Decimal(share.denominator)
    else:
        # repr, not the binary expansion: 0.9995 must not print as 99.94
        exact = Decimal(repr(float(share))) * 100 if isinstance(share, float) else share * 100
    if exact == exact.to_integral_value():
        return f"{int(exact)} %"
    if decimals is None:
        # Small shares keep three significant figures: 0.0191, not 0.020.
        decimals = 3 if exact >= 99 else 2 if exact >= 1 else min(6, 2 - exact.adjusted())
    step = Decimal(1).scaleb(-decimals)
    return f"{exact.quantize(step, rounding=rounding)} %"


def is_share(objective: ServiceLevelObjective, parameter: PerformanceParameter | None) -> bool:
    """Whether the objective's value is a share, to be printed as a percentage."""
    if objective.statistic in SHARES or objective.of == "share_within":
        return True
    ratio = parameter is not None and (parameter.kind == "ratio" or parameter.unit == "ratio")
    counted = objective.statistic in (Statistic.EVENT_COUNT, Statistic.LONGEST_EVENT)
    return ratio and not counted


def objective_value(
    value: float | Decimal | None,
    objective: ServiceLevelObjective | None,
    parameter: PerformanceParameter | None,
) -> str:
    """A value in the objective's unit, rounded towards the worse side so that a miss never
    prints as its target."""
    if value is None or value != value:
        return NONE
    if objective is None:
        return _significant(value, ROUND_FLOOR)
    rounding = ROUND_FLOOR if objective.comparator.higher_is_better else ROUND_CEILING
    if is_share(objective, parameter):
        return _percent(value, None, rounding)
    if objective.statistic in (Statistic.TIME_TO_REPAIR, Statistic.LONGEST_EVENT):
        return duration(int(Decimal(str(value)).to_integral_value(rounding=rounding)))
    if objective.statistic == Statistic.EVENT_COUNT:
        return f"{int(value)}"
    return f"{_significant(value, rounding)} {unit_of(parameter)}".rstrip()


def unit_of(parameter: PerformanceParameter | None) -> str:
    """The unit as it is printed: a pure number (`1`) has none, a ratio is told as a percentage."""
    unit = parameter.unit if parameter else ""
    return "" if unit in ("1", "ratio") else unit


def _significant(value: float | Decimal, rounding: str) -> str:
    exact = Decimal(str(value))
    places = min(6, max(0, 3 - exact.adjusted())) if exact else 0
    text = f"{exact.quantize(Decimal(1).scaleb(-places), rounding=rounding):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def target_text(
    objective: ServiceLevelObjective | None, parameter: PerformanceParameter | None
) -> str:
    """`≤ 20 ms`, `≥ 99.9 %`."""
    if objective is None:
        return NONE
    written = promised_text(objective.conformance_target, objective, parameter)
    return f"{COMPARED[objective.comparator]} {written}"


def promised_text(
    promised: Decimal, objective: ServiceLevelObjective, parameter: PerformanceParameter | None
) -> str:
    """A target or warning value exactly as it was promised, never rounded."""
    if is_share(objective, parameter):
        return f"{promised * 100:f}".rstrip("0").rstrip(".") + " %"
    if objective.statistic in (Statistic.TIME_TO_REPAIR, Statistic.LONGEST_EVENT):
        return duration(int(promised))
    unit = "" if objective.statistic == Statistic.EVENT_COUNT else unit_of(parameter)
    text = f"{promised:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text} {unit}".rstrip()


def duration(seconds: int) -> str:
    """`3 d 4 h`, `2 h 5 min`, `45 s`: exact to the second below a day."""
    sign, left = ("−", -seconds) if seconds < 0 else ("", seconds)
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return sign + (" ".join(parts[:3]) or "0 s")


def local_time(moment_s: int, zone_name: str) -> str:
    """`5 Oct 2026 14:05:00 WEST`: the zone is always printed."""
    local = instant(moment_s).astimezone(zone(zone_name))
    return f"{local.day} {local:%b %Y %H:%M:%S} {local.tzname()}"


def utc_time(moment: datetime | None) -> str:
    if moment is None:
        return NONE
    at = moment.astimezone(UTC)
    return f"{at.day} {at:%b %Y %H:%M} UTC"


def day_text(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def statistic_text(objective: ServiceLevelObjective, parameter: PerformanceParameter | None) -> str:
    """What is computed, in a few words: `95th percentile`, `share of time at ≤ 20 ms`."""
    match objective.statistic:
        case Statistic.CONFORMANCE if objective.threshold:
            limit = objective.threshold
            compared = f"{COMPARED[limit.comparator]} {limit.value} {unit_of(parameter)}"
            return f"share of time at {compared}".rstrip()
        case Statistic.PERCENTILE | Statistic.PERCENTILE_HISTOGRAM:
            return f"{objective.percentile}th percentile"
        case Statistic.AVAILABILITY_OUTAGE:
            return "availability from outages"
        case Statistic.AVAILABILITY_MEF:
            return f"availability, {objective.consecutive_interval_n or 10} intervals (MEF)"
        case Statistic.AVAILABILITY_G826:
            return "availability (G.826)"
        case Statistic.TIME_TO_REPAIR if objective.of == "share_within":
            return f"share repaired within {duration(objective.within_s or 0)}"
        case Statistic.TIME_TO_REPAIR:
            return f"{objective.of or 'mean'} time to repair"
        case Statistic.EVENT_COUNT:
            return "number of events"
        case Statistic.LONGEST_EVENT:
            return "longest event"
        case _:
            return objective.statistic.value
