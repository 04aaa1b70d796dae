"""Instants: ISO 8601 text with an offset or Z, to and from UTC seconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from trueline.errors import InputError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1900, 9000)  # every zone's midnight, and the end of every period, can be written


def parse_instant(text: str) -> datetime:
    """An aware datetime from ISO 8601 with an offset or `Z`; InputError otherwise."""
    try:
        value = datetime.fromisoformat(text.strip())
        if value.tzinfo is not None:
            return value.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(
            f"{text!r} is not a time", mend="Write ISO 8601, for example 2026-10-01T00:00:00Z"
        ) from None
    raise InputError(f"{text!r} has no offset", mend="End it in Z or an offset such as +01:00")


def parse_day(text: str) -> date:
    """A local day in a year from 1900 to 8999; ValueError otherwise. Later days, such as the
    9999-12-31 that stands for an open end elsewhere, have no midnight in some zones."""
    day = date.fromisoformat(text)
    if day.year not in _YEARS:
        raise ValueError(f"the year {day.year} is none of 1900 to 8999")
    return day


def parse_as_of(text: str) -> datetime:
    """An instant, or a bare date meaning the end of that day in UTC."""
    try:
        day = parse_day(text.strip())
    except ValueError:
        return parse_instant(text)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, microseconds=-1)


def seconds(value: datetime) -> int:
    """Whole seconds since 1970-01-01T00:00Z; a fraction of a second is floored."""
    return (value - _EPOCH) // timedelta(seconds=1)


def instant(value_s: int) -> datetime:
    return _EPOCH + timedelta(seconds=value_s)


def render_instant(value_s: int) -> str:
    """`2026-10-01T00:00:00Z`."""
    return instant(value_s).strftime("%Y-%m-%dT%H:%M:%SZ")


def zone(name: str) -> ZoneInfo:
    """The IANA zone; InputError where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InputError(
            f"{name!r} is not a time zone", mend="Write an IANA name such as Europe/Lisbon"
        ) from None
