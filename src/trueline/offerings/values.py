"""What was promised: parameters, objectives and offerings as frozen values.

Names follow SID and TMF657 (ServiceLevelSpecification, ServiceLevelObjective). Targets are
`Decimal`, never binary floats: a verdict compares exact numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from trueline.offerings.credits import CreditTerms
from trueline.offerings.scope import StandardScope


class Family(StrEnum):
    TECHNICAL = "technical"
    TIME = "time"
    ECONOMIC = "economic"
    PROCESS = "process"


class ParameterKind(StrEnum):
    """How a parameter is measured."""

    SAMPLED = "sampled"
    RATIO = "ratio"  # value = numerator, needs a denominator
    EVENT = "event"  # durations and counts come from events
    AMOUNT = "amount"  # money and other additive quantities, delivered as granules
    COUNT = "count"


class Basis(StrEnum):
    """AGREED stands in a contract or catalogue; ACCEPTABLE is the operator's own judgement."""

    AGREED = "agreed"
    ACCEPTABLE = "acceptable"


class Rollout(StrEnum):
    """Which sold offerings a version reaches when it comes into force."""

    ALL = "all"
    NEW = "new"  # sold or renewed since; the others keep what they were sold with


class MissingData(StrEnum):
    EXCLUDE = "exclude"
    GOOD = "good"
    BAD = "bad"
    HOLD = "hold"


@lru_cache(maxsize=65_536)
def exact_fraction(number: Decimal | int) -> Fraction:
    """The number as a fraction; remembered, for the same targets are compared again and again."""
    return Fraction(number)


def exact_ratio(number: Fraction | Decimal | int) -> tuple[int, int]:
    """Numerator and denominator, the latter above 0."""
    if isinstance(number, Decimal):
        return _decimal_ratio(number)
    return number.as_integer_ratio()


@lru_cache(maxsize=65_536)
def _decimal_ratio(number: Decimal) -> tuple[int, int]:
    return number.as_integer_ratio()


class Comparator(StrEnum):
    GT = "GT"
    GE = "GE"
    EQ = "EQ"
    NEQ = "NEQ"
    LT = "LT"
    LE = "LE"

    def holds(self, left: Fraction | Decimal | int, right: Fraction | Decimal | int) -> bool:
        """True when `left <comparator> right`, compared exactly."""
        # a / b against c / d is a * d against c * b: whole numbers compare without a division.
        a, b = exact_ratio(left)
        c, d = exact_ratio(right)
        return _COMPARE[self](a * d, c * b)

    @property
    def higher_is_better(self) -> bool:
        return self is Comparator.GT or self is Comparator.GE


_COMPARE: dict[Comparator, Callable[[int, int], bool]] = {
    Comparator.GT: operator.gt,
    Comparator.GE: operator.ge,
    Comparator.EQ: operator.eq,
    Comparator.NEQ: operator.ne,
    Comparator.LT: operator.lt,
    Comparator.LE: operator.le,
}


class Statistic(StrEnum):
    CONFORMANCE = "conformance"
    PERCENTILE = "percentile"
    PERCENTILE_HISTOGRAM = "percentile_histogram"
    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    RATIO = "ratio"
    AVAILABILITY_OUTAGE = "availability_outage"
    AVAILABILITY_MEF = "availability_mef"
    AVAILABILITY_G826 = "availability_g826"
    TIME_TO_REPAIR = "time_to_repair"
    EVENT_COUNT = "event_count"
    LONGEST_EVENT = "longest_event"


@dataclass(frozen=True)
class PerformanceParameter:
    id: str
    kind: ParameterKind
    family: Family = Family.TECHNICAL
    name: str = ""
    unit: str = ""
    direction: str = ""  # "lowerIsBetter" | "higherIsBetter" | "" (not stated)
    event_kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Threshold:
    comparator: Comparator
    value: Decimal


@dataclass(frozen=True)
class ServiceHours:
    """Hours in which an objective counts. `days` 0 = Monday; minutes after local midnight,
    `to_minute` up to 1440. `holidays` is a calendar name such as GB-ENG; its days do not count."""

    days: tuple[int, ...]
    from_minute: int = 0
    to_minute: int = 1440
    holidays: str | None = None


@dataclass(frozen=True)
class Tolerance:
    """M12: a miss is absorbed while no window of `period_s` holds more than `allowed_crossings`
    crossings; and/or while the value still satisfies `target` (SID toleranceTarget)."""

    allowed_crossings: int | None = None
    period_s: int | None = None
    target: Decimal | None = None


@dataclass(frozen=True)
class Rounding:
    """Contractual rounding of the value before it is compared (M2)."""

    mode: str = "none"  # none | truncate | half_up
    decimals: int = 0


@dataclass(frozen=True)
class ServiceLevelObjective:
    """One promise. Keys that belong to one statistic only are None for the others."""

    id: str
    parameter: str
    statistic: Statistic
    comparator: Comparator
    conformance_target: Decimal
    basis: Basis = Basis.AGREED
    threshold_target: Decimal | None = None
    conformance_period: str = "P1M"
    time_zone: str | None = None
    min_coverage: Decimal = Decimal("0.5")
    missing_data: MissingData = MissingData.EXCLUDE
    valid_from: date | None = None
    valid_to: date | None = None
    service_hours: ServiceHours | None = None
    threshold: Threshold | None = None
    percentile: Decimal | None = None
    denominator: str = "removeFromDenominator"  # | countAsAvailable
    threshold_c: Decimal | None = None
    consecutive_interval_n: int | None = None
    chli_p: int | None = None
    of: str | None = None  # mean | max | share_within
    within_s: int | None = None
    tolerance: Tolerance | None = None
    rounding: Rounding = Rounding()
    qualified_by: str | None = None  # M6: id of an availability objective of the same offering
    excluded_events: str = "count"  # | ignore: events that start in an exclusion (M8)
    raise_threshold: Decimal | None = None  # M12 hysteresis, on the granule's value
    clear_threshold: Decimal | None = None
    credits: CreditTerms | None = None
    name: str = ""
    version: int = 1  # rises with every recorded change of meaning; set by the store
    rollout: Rollout = Rollout.ALL  # set by the store, for standards that were approved
    annotations: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class ProductOffering:
    id: str
    name: str = ""
    objectives: tuple[ServiceLevelObjective, ...] = ()
    characteristics: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class ScopedObjective:
    """A promise and what it applies to."""

    scope: StandardScope
    objective: ServiceLevelObjective


@dataclass(frozen=True)
class Migration:
    """From the local day `valid_from` on, these products hold `version` of a standard;
    `agreement` says where the customer agreed."""

    scope: StandardScope
    objective_id: str
    version: int
    valid_from: date
    product_ids: frozenset[str]
    agreement: str = ""


@dataclass(frozen=True)
class Catalog:
    """The product offering repository as known after one delivery. `standards`: approved versions
    beside the offerings' own, whatever they apply to."""

    delivery: int
    parameters: Mapping[str, PerformanceParameter]
    offerings: Mapping[str, ProductOffering]
    standards: tuple[ScopedObjective, ...] = ()
    migrations: tuple[Migration, ...] = ()
