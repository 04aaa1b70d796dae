"""Burn rate over pairs of windows (rule M13, O-11): the long one shows that it matters, the short
one that it still goes on. Few samples say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueline.assessment.burn import BURN_WINDOWS, BurnWindows, burn_rate

# Beside the pairs for a page and a ticket: 10 % of a 30-day allowance in a day.
WINDOWS = (*BURN_WINDOWS[:2], BurnWindows(Decimal(3), 86_400, 7_200, urgent=False), BURN_WINDOWS[2])


@dataclass(frozen=True)
class Burnt:
    """What a window holds: bad and known seconds, and samples (None: events, not samples)."""

    bad_s: int
    known_s: int
    samples: int | None


@dataclass(frozen=True)
class Burning:
    """A pair of windows and how many times its rate both burn at least; 1 and more fires."""

    windows: BurnWindows
    times: Fraction


def lengths() -> tuple[int, ...]:
    """Every window that is looked at, in seconds."""
    return tuple(sorted({s for pair in WINDOWS for s in (pair.long_s, pair.short_s)}))


def burning(
    by_length: Mapping[int, Burnt], target: Decimal, *, least_samples: int
) -> Burning | None:
    """The pair that burns most, as a multiple of its rate; None where no pair can say."""
    found = []
    for pair in WINDOWS:
        times = _times(pair, by_length, target, least_samples)
        if times is not None:
            found.append(Burning(pair, times))
    return max(found, key=lambda one: one.times, default=None)


def _times(
    pair: BurnWindows, by_length: Mapping[int, Burnt], target: Decimal, least_samples: int
) -> Fraction | None:
    rates = []
    for length_s, least in ((pair.long_s, least_samples), (pair.short_s, 1)):
        burnt = by_length.get(length_s)
        if burnt is None or (burnt.samples is not None and burnt.samples < least):
            return None
        rate = burn_rate(burnt.bad_s, burnt.known_s, target)
        if rate is None:
            return None
        rates.append(rate)
    return min(rates) / Fraction(pair.rate)
