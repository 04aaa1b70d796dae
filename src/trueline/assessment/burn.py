"""The allowance of bad time that a target leaves, and how fast it is used up (rule M13)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueline.offerings.values import exact_fraction, exact_ratio

Exact = Fraction | Decimal | int
Ratio = tuple[int, int]  # numerator, denominator


def allowance(target: Exact, total: Exact) -> Fraction:
    """Bad time (or events) out of `total` that a target share leaves."""
    return (1 - exact_fraction(target)) * exact_fraction(total)


def allowance_left(bad: Exact, total: Exact, target: Exact) -> Fraction | None:
    """Share of the allowance still there: 1 = untouched, below 0 = overdrawn. None where a target
    of 100 % left nothing and some of it was used."""
    (whole, parts), (kept, of) = exact_ratio(total), exact_ratio(target)
    return _left(exact_ratio(bad), ((of - kept) * whole, of * parts))


def left_of_limit(used: Exact, limit: Exact) -> Fraction | None:
    """Share of a limit still there, such as a number of outages allowed."""
    return _left(exact_ratio(used), exact_ratio(limit))


def burn_rate(bad: Exact, total: Exact, target: Exact) -> Fraction | None:
    """(bad / total) / (1 - target): at 1 the allowance lasts exactly the period. None without
    time, or where a target of 100 % leaves nothing to burn."""
    (lost, of_bad), (whole, parts), (kept, of) = map(exact_ratio, (bad, total, target))
    if whole == 0 or kept == of:
        return None
    return Fraction(lost * parts * of, of_bad * whole * (of - kept))


def _left(used: Ratio, limit: Ratio) -> Fraction | None:
    """1 - used / limit, by whole numbers: one fraction is made, not one for each step."""
    (spent, of_used), (most, of_limit) = used, limit
    if most == 0:
        return Fraction(1) if spent == 0 else None
    return Fraction(of_used * most - spent * of_limit, of_used * most)


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
