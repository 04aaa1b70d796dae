"""Service hours as intervals: local hours of local days, less public holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from trueline.calendars.instants import seconds, zone
from trueline.calendars.intervals import Interval, union
from trueline.errors import InputError


@lru_cache(maxsize=4096)
def holiday_dates(calendar: str, year: int) -> frozenset[date]:
    """Public holidays of a country or subdivision (`PT`, `GB-ENG`) in `year`."""
    # Most objectives hold on every day: they need not wait for the calendars of the world.
    import holidays as holiday_calendars

    country, _, subdivision = calendar.partition("-")
    try:
        return frozenset(
            holiday_calendars.country_holidays(country, subdiv=subdivision or None, years=year)
        )
    except NotImplementedError:  # how the holidays library says that it has no such calendar
        raise InputError(
            f"{calendar!r} is not a holiday calendar",
            mend="Write a country, or country and subdivision, such as PT or GB-ENG",
        ) from None


def local_instant(day: date, minute: int, zone_name: str) -> int:
    """UTC second of a local wall time, `minute` after midnight (1440 = the next midnight). A time
    that a clock change skips is read with the offset before the change, and of one that occurs
    twice the first is meant (RFC 5545, 3.3.5)."""
    moment = datetime(day.year, day.month, day.day, tzinfo=zone(zone_name))
    return seconds((moment + timedelta(minutes=minute)).astimezone(UTC))


@lru_cache(maxsize=16_384)
def service_intervals(
    first: date, end: date, zone_name: str, hours: tuple[tuple[int, ...], int, int, str | None]
) -> tuple[Interval, ...]:
    """Intervals in service over local days [first, end). `hours` = (weekdays with 0 = Monday,
    from minute, to minute, holiday calendar or None). A window whose end is not after its start
    runs over midnight and belongs to the day it starts on."""
    days, from_minute, to_minute, calendar = hours
    length_end = to_minute if to_minute > from_minute else to_minute + 1440
    found: list[Interval] = []
    day = first - timedelta(days=1)
    while day < end:
        if day.weekday() in days and not (calendar and day in holiday_dates(calendar, day.year)):
            found.append(
                (
                    local_instant(day, from_minute, zone_name),
                    local_instant(day, length_end, zone_name),
                )
            )
        day += timedelta(days=1)
    return tuple(union(found))
