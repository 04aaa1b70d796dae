"""The allowance of bad time that a target leaves, and how fast it is used up (rule M13)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueline.offerings.values import exact_fraction

Exact = Fraction | Decimal | int


def allowance(target: Exact, total: Exact) -> Fraction:
    """Bad time (or events) out of `total` that a target share leaves."""
    return (1 - _exact(target)) * _exact(total)


def allowance_left(bad: Exact, total: Exact, target: Exact) -> Fraction | None:
    """Share of the allowance still there: 1 = untouched, below 0 = overdrawn. None where a target
    of 100 % left nothing and some of it was used."""
    return left_of_limit(bad, allowance(target, total))


def left_of_limit(used: Exact, limit: Exact) -> Fraction | None:
    """Share of a limit still there, such as a number of outages allowed."""
    used, limit = _exact(used), _exact(limit)
    if limit == 0:
        return Fraction(1) if used == 0 else None
    return 1 - used / limit


def burn_rate(bad: Exact, total: Exact, target: Exact) -> Fraction | None:
    """(bad / total) / (1 - target): at 1 the allowance lasts exactly the period. None without
    time, or where a target of 100 % leaves nothing to burn."""
    target, total = _exact(target), _exact(total)
    if total == 0 or target == 1:
        return None
    return _exact(bad) / (total * (1 - target))


def _exact(number: Exact) -> Fraction:
    return number if isinstance(number, Fraction) else exact_fraction(number)


def allowance_used(rate: Exact, window_s: int, period_s: int) -> Fraction:
    """Share of the period's allowance that burning at `rate` for `window_s` uses."""
    return Fraction(rate) * Fraction(window_s, period_s)


def seconds_to_empty(rate: Exact, period_s: int) -> Fraction | None:
    """How long a full allowance lasts at `rate`; None at rate 0: for ever."""
    return Fraction(period_s) / Fraction(rate) if Fraction(rate) else None


@dataclass(frozen=True)
class BurnWindows:
    """A pair of windows that must both burn faster than `rate`: the long one shows that it
    matters, the short one that it still goes on."""

    rate: Decimal
    long_s: int
    short_s: int
    urgent: bool  # somebody is called now; else a ticket

    def fires(self, long_rate: Exact | None, short_rate: Exact | None) -> bool:
        """True when both windows exceed the rate; unknown (None) never fires."""
        return all(
            rate is not None and Fraction(rate) > Fraction(self.rate)
            for rate in (long_rate, short_rate)
        )


# For a 30-day allowance: 2 % of it in an hour, 5 % in six hours, 10 % in three days.
BURN_WINDOWS = (
    BurnWindows(Decimal("14.4"), 3_600, 300, urgent=True),
    BurnWindows(Decimal(6), 21_600, 1_800, urgent=True),
    BurnWindows(Decimal(1), 259_200, 21_600, urgent=False),
)
