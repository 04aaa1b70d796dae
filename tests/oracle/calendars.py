"""Calendar periods and service hours, walked day by day in local time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from tests.oracle.intervals import Interval, union

LENGTHS = ["P1D", "P1W", "P1M", "P3M", "P1Y"]
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
ONE_DAY = timedelta(days=1)


def utc_second(day: date, minute: int, zone: str) -> int:
    """The instant of a local wall time; 1440 is the next midnight."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 wall
    moment = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


def first_day(day: date, length: str) -> date:
    """The first day of the calendar period that holds `day`."""
    while not starts(day, length):
        day -= ONE_DAY
    return day


def starts(day: date, length: str) -> bool:
    return {
        "P1D": True,
        "P1W": day.weekday() == 0,
        "P1M": day.day == 1,
        "P3M": day.day == 1 and day.month in (1, 4, 7, 10),
        "P1Y": day.day == 1 and day.month == 1,
    }[length]


def next_first_day(day: date, length: str) -> date:
    day += ONE_DAY
    while not starts(day, length):
        day += ONE_DAY
    return day


def read_period(text: str) -> tuple[date, str]:
    """First day and length of `2026`, `2026-Q4`, `2026-10`, `2026-W40` or `2026-10-05`."""
    if re.fullmatch(r"\d{4}", text):
        return date(int(text), 1, 1), "P1Y"
    if re.fullmatch(r"\d{4}-Q\d", text):
        return date(int(text[:4]), int(text[6]) * 3 - 2, 1), "P3M"
    if re.fullmatch(r"\d{4}-\d\d", text):
        return date(int(text[:4]), int(text[5:]), 1), "P1M"
    if re.fullmatch(r"\d{4}-W\d\d", text):
        return date.fromisocalendar(int(text[:4]), int(text[6:]), 1), "P1W"
    return date.fromisoformat(text), "P1D"


def periods_to_assess(text: str, length: str) -> list[tuple[date, date]]:
    """Periods of `length` that start in the requested one; a longer one holds its first day."""
    first, requested = read_period(text)
    end = next_first_day(first, requested)
    if LENGTHS.index(length) >= LENGTHS.index(requested):
        begin = first_day(first, length)
        return [(begin, next_first_day(begin, length))]
    found = []
    day = first
    while day < end:
        if starts(day, length):
            found.append((day, next_first_day(day, length)))
        day += ONE_DAY
    return found


def in_service(hours: dict[str, Any], first: date, end: date, zone: str) -> list[Interval]:
    """Service hours of local days from the one before `first` (its night may reach in) to `end`."""
    opens, closes = minutes(hours.get("from", "00:00")), minutes(hours.get("to", "24:00"))
    if closes <= opens:
        closes += 1440
    days = [WEEKDAYS.index(name) for name in hours.get("days", WEEKDAYS)]
    found = []
    day = first - ONE_DAY
    while day < end:
        if day.weekday() in days and not is_holiday(hours.get("holidays"), day):
            found.append((utc_second(day, opens, zone), utc_second(day, closes, zone)))
        day += ONE_DAY
    return union(found)


def minutes(value: object) -> int:
    """`18:00`; an unquoted 18:00 reaches us as the YAML 1.1 sexagesimal number 1080."""
    if isinstance(value, int):
        return value
    hour, minute = str(value).split(":")
    return int(hour) * 60 + int(minute)


def is_holiday(calendar: str | None, day: date) -> bool:
    if not calendar:
        return False
    country, _, subdivision = calendar.partition("-")
    return day in holidays.country_holidays(country, subdiv=subdivision or None, years=day.year)
