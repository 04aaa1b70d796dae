"""The one definition of the catalogue file: every key, its kind and its meaning.

Reading, writing, the JSON Schema and the checks of agreement terms all follow these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from trueline.calendars.periods import PERIODS
from trueline.offerings.credit_keys import CREDITS
from trueline.offerings.kinds import (
    HOLIDAYS,
    ZONE,
    Choice,
    Clock,
    Day,
    Duration,
    Free,
    Identifier,
    ListOf,
    Number,
    Record,
    Text,
    TextByName,
    Whole,
)
from trueline.offerings.reading import Key, fields_of
from trueline.offerings.values import (
    Basis,
    Comparator,
    Family,
    MissingData,
    ParameterKind,
    Rounding,
    ServiceHours,
    ServiceLevelObjective,
    Statistic,
    Threshold,
    Tolerance,
)

API_VERSION = "trueline/v1"
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ZERO, _ONE, _HUNDRED = Decimal(0), Decimal(1), Decimal(100)


def _service_hours(
    *, days: tuple[str, ...] = DAYS, holidays: str | None = None, **clock: int
) -> ServiceHours:
    # `from` is a Python keyword, hence the open keyword arguments
    numbers = tuple(sorted({DAYS.index(day) for day in days}))
    return ServiceHours(numbers, clock.get("from", 0), clock.get("to", 1440), holidays)


def _service_hours_apart(hours: ServiceHours) -> Mapping[str, Any]:
    return {
        "days": tuple(DAYS[day] for day in hours.days),
        "from": hours.from_minute,
        "to": hours.to_minute,
        "holidays": hours.holidays,
    }


def _tolerance(
    *, allowed_crossings: int | None = None, period: int | None = None, target: Any = None
) -> Tolerance:
    return Tolerance(allowed_crossings, period, target)


def _tolerance_apart(tolerance: Tolerance) -> Mapping[str, Any]:
    return {
        "allowed_crossings": tolerance.allowed_crossings,
        "period": tolerance.period_s,
        "target": tolerance.target,
    }


SERVICE_HOURS_KEYS = (
    Key("days", ListOf(Choice(DAYS)), "weekdays in service", default=DAYS),
    Key("from", Clock(), "local time at which service hours start", default=0),
    Key("to", Clock(), "local time at which they end; 24:00 is the end of the day", default=1440),
    Key("holidays", HOLIDAYS, "calendar whose public holidays are out of service, as GB-ENG"),
)
SERVICE_HOURS = Record("service hours", SERVICE_HOURS_KEYS, _service_hours, _service_hours_apart)
TOLERANCE_KEYS = (
    Key(
        "allowed_crossings",
        Whole(),
        "a miss is absorbed while no window of `period` holds more crossings than this",
    ),
    Key("period", Duration(), "length of that window, ISO 8601"),
    Key("target", Number(), "a value that still satisfies this target is absorbed"),
)
ROUNDING_KEYS = (
    Key("mode", Choice(("none", "truncate", "half_up")), "contractual rounding", default="none"),
    Key("decimals", Whole(0, 15), "decimals kept before the value is compared", default=0),
)
THRESHOLD_KEYS = (
    Key("comparator", Choice(Comparator), "how a good granule compares to `value`", required=True),
    Key("value", Number(), "threshold of one granule, in the parameter's unit", required=True),
)

_PERCENTILES = (Statistic.PERCENTILE, Statistic.PERCENTILE_HISTOGRAM)
_INTERVALS = (Statistic.AVAILABILITY_MEF, Statistic.AVAILABILITY_G826)
_REPAIR = (Statistic.TIME_TO_REPAIR,)

OBJECTIVE_KEYS: tuple[Key, ...] = (
    Key("id", Identifier(), "name of the objective, unique in its offering", required=True),
    Key("name", Text(200), "title for people", default=""),
    Key("parameter", Identifier(), "id of the performance parameter it is about", required=True),
    Key(
        "basis",
        Choice(Basis),
        "agreed stands in a contract or catalogue, acceptable is the operator's own judgement",
        default=Basis.AGREED,
    ),
    Key("statistic", Choice(Statistic), "how the period's value is computed", required=True),
    Key(
        "percentile",
        Number(_ZERO, _HUNDRED),
        "which percentile, without interpolation",
        only_for=_PERCENTILES,
    ),
    Key(
        "threshold",
        Record("threshold", THRESHOLD_KEYS, Threshold, fields_of),
        "a granule is good when its value satisfies this",
    ),
    Key("comparator", Choice(Comparator), "how the value compares to the target", required=True),
    Key("conformance_target", Number(), "the committed target", required=True),
    Key("threshold_target", Number(), "warning value, on the safe side of the target"),
    Key(
        "conformance_period",
        Choice(PERIODS),
        "calendar period over which the value is computed",
        default="P1M",
    ),
    Key("time_zone", ZONE, "zone of the calendar; else the product's, else UTC"),
    Key(
        "denominator",
        Choice(("removeFromDenominator", "countAsAvailable")),
        "whether excluded time leaves the denominator or counts as available",
        default="removeFromDenominator",
        only_for=(Statistic.AVAILABILITY_OUTAGE,),
    ),
    Key(
        "threshold_c",
        Number(_ZERO, _ONE),
        "a granule has high loss when its ratio exceeds this",
        only_for=_INTERVALS,
    ),
    Key(
        "consecutive_interval_n",
        Whole(1, 100_000),
        "granules in a row that change the availability state",
        only_for=_INTERVALS,
    ),
    Key(
        "chli_p",
        Whole(1, 100_000),
        "high-loss granules in a row that make a consecutive high loss interval",
        only_for=_INTERVALS,
    ),
    Key(
        "of",
        Choice(("mean", "max", "share_within")),
        "what of the repair times is compared",
        only_for=_REPAIR,
    ),
    Key("within_s", Whole(1), "seconds within which a repair counts", only_for=_REPAIR),
    Key(
        "min_coverage",
        Number(_ZERO, _ONE),
        "share of time that must be known, else notAssessable",
        default=Decimal("0.5"),
    ),
    Key(
        "missing_data",
        Choice(MissingData),
        "how unknown time counts in the value",
        default=MissingData.EXCLUDE,
    ),
    Key(
        "service_hours",
        SERVICE_HOURS,
        "hours in which the objective counts; else always",
    ),
    Key(
        "tolerance",
        Record("tolerance", TOLERANCE_KEYS, _tolerance, _tolerance_apart),
        "what absorbs a miss: the verdict is then withinTolerance",
    ),
    Key(
        "rounding",
        Record("rounding", ROUNDING_KEYS, Rounding, fields_of),
        "contractual rounding of the value before it is compared",
        default=Rounding(),
    ),
    Key(
        "qualified_by",
        Identifier(),
        "availability objective of the same offering; only its available time counts",
    ),
    Key(
        "excluded_events",
        Choice(("count", "ignore")),
        "whether events that start in an exclusion count",
        default="count",
    ),
    Key("raise_threshold", Number(), "granule value at which a crossing is raised"),
    Key("clear_threshold", Number(), "granule value past which the crossing is cleared"),
    Key("credits", CREDITS, "what a miss gives back: advice, billing decides"),
    Key("valid_from", Day(), "first local day in force"),
    Key("valid_to", Day(open_end=True), "first local day no longer in force"),
    Key("annotations", Free(), "free notes that are kept and given back", default={}),
)
OBJECTIVE = Record("objective", OBJECTIVE_KEYS, ServiceLevelObjective, fields_of)
NOT_MEANING = frozenset({"name", "annotations"})  # a change of these is no new standard

PARAMETER_KEYS: tuple[Key, ...] = (
    Key("id", Identifier(), "name of the parameter, as measurements carry it", required=True),
    Key("name", Text(200), "title for people", default=""),
    Key("unit", Text(40), "unit of the value", default=""),
    Key("family", Choice(Family), "family of the parameter", default=Family.TECHNICAL),
    Key("kind", Choice(ParameterKind), "how it is measured", required=True),
    Key(
        "direction", Choice(("lowerIsBetter", "higherIsBetter")), "which way is better", default=""
    ),
    Key("event_kinds", ListOf(Identifier()), "kinds of event that it is made of", default=()),
)

OFFERING_KEYS: tuple[Key, ...] = (
    Key("id", Identifier(), "name of the offering, as products carry it", required=True),
    Key("name", Text(200), "title for people", default=""),
    Key("characteristics", TextByName(), "product specification characteristics", default={}),
    Key("objectives", ListOf(OBJECTIVE), "what is promised", default=()),
)

STATISTIC_NEEDS: Mapping[Statistic, tuple[str, ...]] = {
    Statistic.CONFORMANCE: ("threshold",),
    Statistic.PERCENTILE: ("percentile",),
    Statistic.PERCENTILE_HISTOGRAM: ("percentile",),
    Statistic.AVAILABILITY_MEF: ("threshold_c", "consecutive_interval_n"),
    Statistic.TIME_TO_REPAIR: ("of",),
}
