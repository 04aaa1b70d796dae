"""What a contract's credit rule says of a figure (rule M14): advice, never billing.

Exact throughout: a figure of 99.6 against 99.9 is three steps of 0.1, where binary floats make
four (O-16)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from trueline.calendars.instants import instant, zone
from trueline.calendars.intervals import Interval, intersect, total, union
from trueline.calendars.periods import midnight
from trueline.errors import InputError
from trueline.offerings.credits import (
    BandFault,
    BandFaultKind,
    BandTable,
    ChronicRule,
    DayProration,
    StepCredit,
    band_faults,
)

Exact = Fraction | Decimal | int


def band_credit(table: BandTable, value: Exact) -> Decimal:
    """The credit in percent of the band that holds `value` (seconds, or percent available);
    InputError where a gap or an overlap of the table leaves it open."""
    read = floor(_exact(value) / Fraction(table.resolution)) * table.resolution
    for fault in band_faults(table):
        if fault.kind is BandFaultKind.BAND or fault.holds(read):
            raise _undecided(value, fault)
    for band in table.bands:
        if band.low <= read and (band.high is None or read <= band.high):
            return band.credit_percent
    raise InputError(f"{value} lies outside the credit bands")


def step_credit(rule: StepCredit, value: Exact) -> Decimal:
    """The credit in percent for a value below the target; a started step counts as a whole one."""
    shortfall = Fraction(rule.target) - _exact(value)
    return max(0, ceil(shortfall / Fraction(rule.step))) * rule.credit_percent


def prorated_days(rule: DayProration, outage_s: int) -> int:
    """Days of charge credited for the cumulative outage of one month."""
    started = -(-outage_s // rule.unit_s)
    return min(started, rule.max_days)


def capped(credit_percent: Decimal, cap_percent: Decimal) -> Decimal:
    """A month's credits together never pass the cap."""
    return min(credit_percent, cap_percent)


def advised_amount(
    share: Exact, monthly_recurring_charge: Decimal, *, minor_digits: int = 2
) -> Decimal:
    """That share of the charge as money, a half of the smallest coin rounded up."""
    exact = _exact(share) * Fraction(monthly_recurring_charge) * 10**minor_digits
    return Decimal(floor(exact + Fraction(1, 2))).scaleb(-minor_digits)


@dataclass(frozen=True)
class ChronicOutage:
    """The first run of consecutive days that gives the right, both days included."""

    first_day: date
    last_day: date
    outages: int
    outage_s: int


def chronic_outage(
    rule: ChronicRule, outages: Iterable[Interval], zone_name: str
) -> ChronicOutage | None:
    """The chronic-outage right, if there is one. Days are those of the contract's zone. Outages
    that overlap or touch are one; it counts on the day it starts, its seconds where they fall."""
    downtime = union(outages)
    for first_day in _days(downtime, zone_name):
        end_day = first_day + timedelta(days=rule.window_days)
        window = (midnight(first_day, zone_name), midnight(end_day, zone_name))
        started = sum(window[0] <= start < window[1] for start, _ in downtime)
        seconds = total(intersect(downtime, [window]))
        if _beyond(started, rule.max_outages) or _beyond(seconds, rule.max_outage_s):
            return ChronicOutage(first_day, end_day - timedelta(days=1), started, seconds)
    return None


def _days(downtime: Sequence[Interval], zone_name: str) -> Iterator[date]:
    """Every local day from the first outage's start to the last one's end; a window that starts
    earlier holds nothing that the first of these does not."""
    if not downtime:
        return
    day = instant(downtime[0][0]).astimezone(zone(zone_name)).date()
    last = instant(downtime[-1][1]).astimezone(zone(zone_name)).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _beyond(count: int, limit: int | None) -> bool:
    return limit is not None and count > limit


def _exact(value: Exact) -> Fraction:
    if isinstance(value, float):
        raise TypeError("a credit is computed from exact numbers, never from a binary float")
    return Fraction(value)


def _undecided(value: Exact, fault: BandFault) -> InputError:
    return InputError(
        f"The credit bands decide nothing for {value}: {fault.what}",
        mend="Agree on a table that holds every value once",
    )
