"""What each granule gave to a figure, and the figure added up again from them.

The second addition is worked from the granules as they are listed, apart from the assessment: where
the two differ, that is told."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate
from math import ceil

from trueline.assessment.rounding import rounded
from trueline.assessment.timeline import Measured, Span, TimeState
from trueline.assessment.values import AssessmentRow
from trueline.offerings.values import (
    Comparator,
    MissingData,
    ServiceLevelObjective,
    Statistic,
)

_NEAR = 1e-9  # relative: stored figures are doubles


class Part(StrEnum):
    """What became of a granule."""

    GOOD = "good"
    BAD = "bad"
    EXCLUDED = "excluded"
    OUTSIDE = "outside"  # not in service, or out of service hours
    SUSPECT = "suspect"
    NO_DEMAND = "no demand"


@dataclass(frozen=True)
class Version:
    """One value of a granule: the delivery that recorded it and, where it did, the one that
    replaced it."""

    delivery: int
    superseded_by: int | None
    value: Decimal
    denominator: Decimal | None
    suspect: bool


@dataclass(frozen=True)
class Source:
    """The row a granule came from, where it is kept: under which name, in which line of what the
    delivery `origin` brought."""

    name: str
    line: int
    origin: int


@dataclass(frozen=True)
class TracedGranule:
    """A granule and what it gave. `number`: what was compared or added. `counted`: its value is
    one of the samples. `earlier`: values it took the place of. `later`: the delivery that has
    corrected it since the figure was made."""

    start_s: int
    end_s: int
    number: Decimal | None
    version: Version
    part: Part
    counted: bool
    good_s: int
    bad_s: int
    earlier: tuple[Version, ...] = ()
    later: int | None = None
    source: Source | None = None


@dataclass(frozen=True)
class Check:
    """One number of the figure and the same added up from the granules listed."""

    what: str
    told: float | int | None
    added: float | int | None

    @property
    def agrees(self) -> bool:
        if self.told is None or self.added is None:
            return self.told is self.added
        return abs(self.told - self.added) <= _NEAR * max(1.0, abs(self.told))


@dataclass(frozen=True)
class Account:
    """What the spans of an explanation say of time: good, bad and all that is allowed."""

    good: _Covered
    bad: _Covered
    excluded: _Covered
    allowed: _Covered

    @classmethod
    def of(cls, spans: Sequence[Span]) -> Account:
        def those(*states: TimeState) -> _Covered:
            return _Covered.of([(s.start_s, s.end_s) for s in spans if s.state in states])

        return cls(
            those(TimeState.GOOD),
            those(TimeState.BAD),
            those(TimeState.EXCLUDED),
            those(TimeState.GOOD, TimeState.BAD, TimeState.UNKNOWN),
        )


@dataclass(frozen=True)
class _Covered:
    """Disjoint sorted intervals, and the seconds before each: overlaps in logarithmic time."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]

    @classmethod
    def of(cls, intervals: Sequence[tuple[int, int]]) -> _Covered:
        ordered = sorted(intervals)
        lengths = [end - start for start, end in ordered]
        before = tuple(accumulate(lengths, initial=0))
        return cls(tuple(s for s, _ in ordered), tuple(e for _, e in ordered), before)

    def seconds(self, start_s: int, end_s: int) -> int:
        return self._until(end_s) - self._until(start_s)

    def holds(self, instant_s: int) -> bool:
        place = bisect_right(self.starts, instant_s) - 1
        return place >= 0 and instant_s < self.ends[place]

    def _until(self, instant_s: int) -> int:
        place = bisect_right(self.starts, instant_s) - 1
        if place < 0:
            return 0
        return self.before[place] + min(instant_s, self.ends[place]) - self.starts[place]


def traced(granule: Measured, version: Version, account: Account) -> TracedGranule:
    """What one granule gave, its time as the assessment cut it."""
    good_s = account.good.seconds(granule.start_s, granule.end_s) if granule.known else 0
    bad_s = account.bad.seconds(granule.start_s, granule.end_s) if granule.known else 0
    counted = not granule.suspect and account.allowed.holds(granule.start_s)
    return TracedGranule(
        granule.start_s,
        granule.end_s,
        granule.number,
        version,
        _part(granule, account, good_s, bad_s),
        counted,
        good_s,
        bad_s,
    )


def _part(granule: Measured, account: Account, good_s: int, bad_s: int) -> Part:
    if granule.suspect:
        return Part.SUSPECT
    if granule.number is None:
        return Part.NO_DEMAND
    if good_s or bad_s:
        return Part.BAD if bad_s else Part.GOOD
    inside = account.excluded.seconds(granule.start_s, granule.end_s)
    return Part.EXCLUDED if inside else Part.OUTSIDE


def checks(
    objective: ServiceLevelObjective, row: AssessmentRow, granules: Sequence[TracedGranule]
) -> list[Check]:
    """Time, samples and value of a figure of granules, each beside its second addition. The value
    is left out where unknown time counts, or where a histogram stands for the samples."""
    counted = [g for g in granules if g.counted]
    found = [
        Check("good seconds", row.good_s, sum(g.good_s for g in granules)),
        Check("bad seconds", row.bad_s, sum(g.bad_s for g in granules)),
        Check("samples", row.samples, len(counted)),
    ]
    rule = _VALUES.get(objective.statistic)
    if rule is not None and objective.missing_data is MissingData.EXCLUDE:
        value = rule(objective, counted, granules)
        as_agreed = None if value is None else float(rounded(value, objective.rounding))
        found.append(Check("value", row.value, as_agreed))
    return found


_Value = Callable[
    [ServiceLevelObjective, Sequence[TracedGranule], Sequence[TracedGranule]], Fraction | None
]


def _numbers(counted: Sequence[TracedGranule]) -> list[Fraction]:
    return [Fraction(g.number) for g in counted if g.number is not None]


def _mean(
    _o: ServiceLevelObjective, counted: Sequence[TracedGranule], _g: Sequence[TracedGranule]
) -> Fraction | None:
    numbers = _numbers(counted)
    return sum(numbers, Fraction(0)) / len(numbers) if numbers else None


def _sum(
    _o: ServiceLevelObjective, counted: Sequence[TracedGranule], _g: Sequence[TracedGranule]
) -> Fraction | None:
    numbers = _numbers(counted)
    return sum(numbers, Fraction(0)) if numbers else None


def _least(
    _o: ServiceLevelObjective, counted: Sequence[TracedGranule], _g: Sequence[TracedGranule]
) -> Fraction | None:
    return min(_numbers(counted), default=None)


def _greatest(
    _o: ServiceLevelObjective, counted: Sequence[TracedGranule], _g: Sequence[TracedGranule]
) -> Fraction | None:
    return max(_numbers(counted), default=None)


def _percentile(
    objective: ServiceLevelObjective,
    counted: Sequence[TracedGranule],
    _g: Sequence[TracedGranule],
) -> Fraction | None:
    """RFC 2330, 11.3: the smallest sample x with F(x) at or above the share."""
    numbers = sorted(_numbers(counted))
    if not numbers or objective.percentile is None:
        return None
    rank = ceil(Fraction(objective.percentile) / 100 * len(numbers))
    return numbers[max(rank, 1) - 1]


def _ratio(
    _o: ServiceLevelObjective, counted: Sequence[TracedGranule], _g: Sequence[TracedGranule]
) -> Fraction | None:
    below = sum((Fraction(g.version.denominator or 0) for g in counted), Fraction(0))
    return sum((Fraction(g.version.value) for g in counted), Fraction(0)) / below if below else None


def _conformance(
    _o: ServiceLevelObjective, _c: Sequence[TracedGranule], granules: Sequence[TracedGranule]
) -> Fraction | None:
    good_s = sum(g.good_s for g in granules)
    known_s = good_s + sum(g.bad_s for g in granules)
    return Fraction(good_s, known_s) if known_s else None


def _available(
    _o: ServiceLevelObjective, counted: Sequence[TracedGranule], _g: Sequence[TracedGranule]
) -> Fraction | None:
    good = sum(g.part is Part.GOOD for g in counted)
    return Fraction(good, len(counted)) if counted else None


_VALUES: dict[Statistic, _Value] = {
    Statistic.CONFORMANCE: _conformance,
    Statistic.PERCENTILE: _percentile,
    Statistic.MEAN: _mean,
    Statistic.MIN: _least,
    Statistic.MAX: _greatest,
    Statistic.SUM: _sum,
    Statistic.RATIO: _ratio,
    Statistic.AVAILABILITY_MEF: _available,
    Statistic.AVAILABILITY_G826: _available,
}
WORSE_IF_HIGH = frozenset({Comparator.LT, Comparator.LE})


def worst_first(
    objective: ServiceLevelObjective, granules: Sequence[TracedGranule]
) -> list[TracedGranule]:
    """Bad ones first, among them and the others by number in the direction that is worse."""
    comparator = objective.threshold.comparator if objective.threshold else objective.comparator
    sign = -1 if comparator in WORSE_IF_HIGH else 1

    def key(granule: TracedGranule) -> tuple[bool, Decimal, int]:
        number = granule.number if granule.number is not None else Decimal(0)
        return (granule.part is not Part.BAD, sign * number, granule.start_s)

    return sorted((g for g in granules if g.number is not None), key=key)
