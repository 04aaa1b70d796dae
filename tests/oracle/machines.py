"""Availability by a state machine over granules (rule M4 and M5)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tests.oracle.case import Case, Figure, pieces, time_of
from tests.oracle.intervals import holds, length, union
from tests.oracle.samples import with_unknown_time
from tests.oracle.workspace import Granule, exact


def availability_mef(case: Case) -> Figure:
    limit = exact(case.objective["threshold_c"])
    n = int(case.objective["consecutive_interval_n"])
    return machine(case, n, lambda loss: loss > limit)


def availability_g826(case: Case) -> Figure:
    """Severely errored from 30 % on; ten in a row open and close unavailable time."""
    limit = exact(case.objective.get("threshold_c", "0.30"))
    return machine(case, 10, lambda loss: loss >= limit)


def machine(case: Case, n: int, high: Callable[[Fraction], bool]) -> Figure:
    """Runs over every known granule there is, before, in and after the period."""
    known = case.trusted
    state_at = dict(
        zip(
            (granule.start for granule in known),
            states([high(loss_of(case, granule)) for granule in known], n),
            strict=True,
        )
    )
    allowed = case.allowed
    judged = pieces(known, lambda granule: state_at[granule.start])
    good, bad = time_of(judged, True, allowed), time_of(judged, False, allowed)
    counted = [state_at[granule.start] for granule in known if holds(allowed, granule.start)]
    total = length(allowed)
    value = Fraction(sum(counted), len(counted)) if counted else None
    policy = case.objective.get("missing_data", "exclude")
    if policy != "exclude":
        value = with_unknown_time(policy, judged, allowed)
    return Figure(
        value,
        good,
        bad,
        len(counted),
        best=Fraction(total - bad, total) if total else None,
        worst=Fraction(good, total) if total else None,
        down=tuple(union(interval for interval, up in judged if not up)),
    )


def loss_of(case: Case, granule: Granule) -> Fraction:
    """No traffic is no loss."""
    if not case.ratio:
        return granule.value
    if not granule.denominator:
        return Fraction(0)
    return granule.value / granule.denominator


def states(high_loss: list[bool], n: int) -> list[bool]:
    """Available or not, back-dated to the first of n alike; fewer than n decide nothing."""
    found: list[bool] = []
    available = True
    for k in range(len(high_loss)):
        ahead = high_loss[k : k + n]
        if len(ahead) == n:
            if available and all(ahead):
                available = False
            elif not available and not any(ahead):
                available = True
        found.append(available)
    return found
