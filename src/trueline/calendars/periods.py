"""Calendar periods in a contract's zone: days, ISO weeks, months, quarters, years."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from trueline.calendars.instants import parse_day, seconds, zone
from trueline.calendars.intervals import Interval
from trueline.errors import InputError

PERIODS = ("P1D", "P1W", "P1M", "P3M", "P1Y")
_ORDER = {name: i for i, name in enumerate(PERIODS)}


@dataclass(frozen=True)
class Period:
    """A calendar period by its first local day (inclusive) and last (exclusive)."""

    label: str
    length: str  # one of PERIODS
    first: date
    end: date

    def bounds(self, zone_name: str) -> Interval:
        """UTC seconds of local midnights: a DST month has 743 or 745 hours."""
        return midnight(self.first, zone_name), midnight(self.end, zone_name)


_OPEN_END_S = seconds(datetime(9000, 1, 1, tzinfo=UTC))


@lru_cache(maxsize=65_536)
def midnight(day: date, zone_name: str) -> int:
    """UTC second at which the local day starts (where midnight does not exist, the first
    instant of that day). 9999-12-31 stands for an open end, the same in every zone."""
    if day == date.max:
        return _OPEN_END_S
    local = datetime(day.year, day.month, day.day, tzinfo=zone(zone_name))
    return seconds(local.astimezone(UTC))


def parse_period(text: str) -> Period:
    """`2026`, `2026-Q4`, `2026-10`, `2026-W40` or `2026-10-05`; InputError otherwise."""
    text = text.strip()
    try:
        if re.fullmatch(r"\d{4}", text):
            return period_containing(parse_day(f"{text}-01-01"), "P1Y")
        if found := re.fullmatch(r"(\d{4})-Q([1-4])", text):
            first = 3 * int(found[2]) - 2
            return period_containing(parse_day(f"{found[1]}-{first:02}-01"), "P3M")
        if re.fullmatch(r"\d{4}-\d{2}", text):
            return period_containing(parse_day(f"{text}-01"), "P1M")
        if re.fullmatch(r"\d{4}-W\d{2}", text):
            return period_containing(parse_day(f"{text}-1"), "P1W")
        return period_containing(parse_day(text), "P1D")
    except ValueError:
        raise InputError(
            f"{text!r} is not a period",
            mend="Write 2026, 2026-Q4, 2026-10, 2026-W40 or 2026-10-05",
        ) from None


def period_containing(day: date, length: str) -> Period:
    """The calendar period of `length` that holds the local `day`."""
    match length:
        case "P1D":
            first, end, label = day, day + timedelta(days=1), day.isoformat()
        case "P1W":
            first = day - timedelta(days=day.weekday())
            year, week, _ = first.isocalendar()
            end, label = first + timedelta(days=7), f"{year}-W{week:02}"
        case "P1M":
            first = day.replace(day=1)
            end, label = _add_months(first, 1), f"{first:%Y-%m}"
        case "P3M":
            first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
            end, label = _add_months(first, 3), f"{first.year}-Q{(first.month + 2) // 3}"
        case "P1Y":
            first, end, label = date(day.year, 1, 1), date(day.year + 1, 1, 1), str(day.year)
        case _:
            raise InputError(
                f"{length!r} is not a conformance period", mend=f"Use one of {', '.join(PERIODS)}"
            )
    return Period(label, length, first, end)


def conformance_periods(requested: Period, length: str) -> list[Period]:
    """The calendar periods of `length` that an assessment of `requested` decides: those that
    start inside it, or, where they are longer, the one that holds its first day."""
    if _ORDER[length] >= _ORDER[requested.length]:
        return [period_containing(requested.first, length)]
    found = []
    current = period_containing(requested.first, length)
    while current.first < requested.end:
        if current.first >= requested.first:
            found.append(current)
        current = period_containing(current.end, length)
    return found


def _add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
