"""Statistics of granules: conformance, percentile, mean, min, max, sum, ratio."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from tests.oracle.case import Case, Figure, pieces, sample, satisfies, time_of
from tests.oracle.intervals import Interval, length, without
from tests.oracle.workspace import Granule, exact


def conformance(case: Case) -> Figure:
    threshold = case.objective["threshold"]

    def judge(granule: Granule) -> bool | None:
        value = sample(case, granule)
        return (
            None if value is None else satisfies(value, threshold["comparator"], threshold["value"])
        )

    allowed = case.allowed
    judged = pieces(case.trusted, judge)
    good, bad = time_of(judged, True, allowed), time_of(judged, False, allowed)
    total = length(allowed)
    unknown = total - good - bad
    crossings = tuple(granule.start for granule in case.counted() if judge(granule) is False)
    return Figure(
        with_unknown_time(case.objective.get("missing_data", "exclude"), judged, allowed),
        good,
        bad,
        len(case.counted()),
        best=share(good + unknown, total),
        worst=share(good, total),
        crossings=crossings,
    )


def with_unknown_time(
    policy: str, judged: list[tuple[Interval, bool | None]], allowed: list[Interval]
) -> Fraction | None:
    """Good share of the time, unknown time counted as the policy says."""
    good, bad = time_of(judged, True, allowed), time_of(judged, False, allowed)
    unknown = length(allowed) - good - bad
    more_good, more_bad = {
        "exclude": (0, 0),
        "good": (unknown, 0),
        "bad": (0, unknown),
        "hold": held(judged, allowed),
    }[policy]
    return share(good + more_good, good + bad + more_good + more_bad)


def held(judged: list[tuple[Interval, bool | None]], allowed: list[Interval]) -> tuple[int, int]:
    """Unknown time by the verdict of the last known granule before it: (good, bad) seconds."""
    known = [(interval, said) for interval, said in judged if said is not None]
    seconds = {True: 0, False: 0}
    for start, end in without(allowed, [interval for interval, _ in known]):
        before = [said for interval, said in known if interval[0] <= start]
        if before:
            seconds[before[-1]] += end - start
    return seconds[True], seconds[False]


def share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def percentile(case: Case) -> Figure:
    """Smallest sample x with F(x) >= p/100 (RFC 2330); the 0th is the minimum."""
    values = sorted(values_of(case))
    if not values:
        return figure_of(case, None)
    rank = max(1, ceil(exact(case.objective["percentile"]) * len(values) / 100))
    return figure_of(case, values[rank - 1])


def percentile_histogram(case: Case) -> Figure:
    """The exact percentile; another implementation may be off by 1 %."""
    found = percentile(case)
    return Figure(found.value, found.good, found.bad, found.samples, error=Fraction(1, 100))


def mean(case: Case) -> Figure:
    values = values_of(case)
    return figure_of(case, sum(values, Fraction(0)) / len(values) if values else None)


def smallest(case: Case) -> Figure:
    return figure_of(case, min(values_of(case), default=None))


def largest(case: Case) -> Figure:
    return figure_of(case, max(values_of(case), default=None))


def total(case: Case) -> Figure:
    values = values_of(case)
    return figure_of(case, sum(values, Fraction(0)) if values else None)


def ratio(case: Case) -> Figure:
    """Sum of numerators over sum of denominators, never a mean of ratios."""
    counted = case.counted()
    numerators = sum((granule.value for granule in counted), Fraction(0))
    denominators = sum((granule.denominator or Fraction(0) for granule in counted), Fraction(0))
    covered = time_of(pieces(case.trusted, lambda _: True), True, case.allowed)
    if denominators == 0:
        return Figure(None, covered, 0, len(counted), nothing_asked=True)
    return Figure(numerators / denominators, covered, 0, len(counted))


def values_of(case: Case) -> list[Fraction]:
    found = (sample(case, granule) for granule in case.counted())
    return [value for value in found if value is not None]


def figure_of(case: Case, value: Fraction | None) -> Figure:
    """Covered time counts as good."""
    judged = pieces(case.trusted, lambda granule: None if sample(case, granule) is None else True)
    return Figure(value, time_of(judged, True, case.allowed), 0, len(case.counted()))
