"""Granularity periods of PM files: ISO 8601 durations and end times."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from trueline.calendars.instants import seconds
from trueline.errors import InputError, Place
from trueline.measurement.granules import MAX_DURATION_S, MAX_START_S

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,9})W)?(?:(?P<days>\d{1,9})D)?"
    r"(?P<time>T(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?"
    r"(?:(?P<seconds>\d{1,9})(?:\.(?P<fraction>\d{1,9}))?S)?)?",
    re.ASCII,
)
_UNIT_S = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def seconds_of_duration(text: str, place: Place) -> int:
    """Whole seconds of an ISO 8601 duration; years and months have no fixed length."""
    found = _DURATION.fullmatch(text.strip())
    parts = {unit: int(found[unit] or 0) for unit in _UNIT_S} if found else {}
    total_s = sum(_UNIT_S[unit] * count for unit, count in parts.items())
    if found is None or int(found["fraction"] or 0) or not 0 < total_s <= MAX_DURATION_S:
        raise InputError(
            f"{text[:60]!r} is not a duration in whole seconds",
            place=place,
            mend="Write an ISO 8601 duration such as PT900S or PT15M",
        )
    return total_s


def end_of(text: str, zone: ZoneInfo | None, place: Place) -> int:
    """UTC seconds of an end time; `zone` is used when it carries no offset."""
    mend = "Write ISO 8601 with an offset, such as 2026-10-01T00:15:00Z"
    try:
        value = datetime.fromisoformat(text.strip()[:64])
        if value.tzinfo is None and zone is not None:
            value = value.replace(tzinfo=zone)
        if value.tzinfo is None:
            raise InputError(
                f"endTime {text[:60]!r} has no offset",
                place=place,
                mend="Add `time_zone: <IANA name>` to the mapping",
            )
        end_s = seconds(value.astimezone(UTC))
    except (ValueError, OverflowError):
        raise InputError(f"{text[:60]!r} is not an end time", place=place, mend=mend) from None
    if not MAX_DURATION_S <= end_s <= MAX_START_S:
        raise InputError(f"endTime {text[:60]!r} is absurd", place=place, mend=mend)
    return end_s
