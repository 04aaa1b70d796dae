"""OpenSLO time windows and our calendar periods."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from trueline.calendars.instants import parse_day

EPOCH = "1970-01-01"  # written where an objective has always been in force
_PERIODS = {"1d": "P1D", "1w": "P1W", "1M": "P1M", "1Q": "P3M", "3M": "P3M", "1Y": "P1Y"}
_SHORTHAND = re.compile(r"(\d{1,4})([mhdwMQY])")
_DAYS = {"m": 1 / 1440, "h": 1 / 24, "d": 1.0, "w": 7.0, "M": 31.0, "Q": 92.0, "Y": 366.0}
_LONGEST_DAYS = (("P1D", 1), ("P1W", 7), ("P1M", 31), ("P3M", 92), ("P1Y", 366))


@dataclass(frozen=True)
class Window:
    """A calendar period with its zone, and what of the OpenSLO window did not map."""

    period: str
    time_zone: str | None = None
    valid_from: str | None = None
    unmapped: tuple[tuple[str, str], ...] = ()


def shorthand(period: str) -> str:
    """`P1M` as OpenSLO writes it."""
    return next(text for text, known in _PERIODS.items() if known == period)


def read_window(windows: list[object]) -> Window:
    """The calendar period nearest to what the first window says; P1M without any."""
    first = windows[0] if windows else None
    if not isinstance(first, Mapping):
        return Window("P1M", unmapped=(("timeWindow", "missing: a calendar month is taken"),))
    unmapped = []
    if len(windows) > 1:
        unmapped.append(("timeWindow", "only the first window counts"))
    duration = str(first.get("duration"))
    calendar = first.get("calendar")
    rolling = str(first.get("isRolling", "false")).lower() == "true"
    if rolling or not isinstance(calendar, Mapping):
        period = _at_least(duration)
        unmapped.append(
            (
                "timeWindow.isRolling",
                f"a rolling window of {duration} is assessed by the calendar period {period}",
            )
        )
        return Window(period, unmapped=tuple(unmapped))
    return _calendar_window(duration, calendar, unmapped)


def _calendar_window(
    duration: str, calendar: Mapping[str, object], unmapped: list[tuple[str, str]]
) -> Window:
    period = _PERIODS.get(duration)
    if period is None:
        period = "P1M" if duration == "1m" else _at_least(duration)
        what = "a calendar window of one minute makes no sense; " if duration == "1m" else ""
        unmapped.append(
            ("timeWindow.duration", f"{what}{duration} is taken for the calendar period {period}")
        )
    start = str(calendar.get("startTime") or "")
    day, _, clock = start.partition("T" if "T" in start else " ")
    valid_from = None
    try:
        valid_from = parse_day(day).isoformat() if day else None
    except ValueError:
        unmapped.append(("timeWindow.calendar.startTime", f"{start!r} is no date and time"))
    if clock.strip(" Z0:"):
        unmapped.append(
            (
                "timeWindow.calendar.startTime",
                f"periods start at local midnight, not at {clock.strip()}",
            )
        )
    zone = calendar.get("timeZone")
    return Window(
        period,
        time_zone=str(zone) if zone else None,
        valid_from=None if valid_from == EPOCH else valid_from,
        unmapped=tuple(unmapped),
    )


def _at_least(duration: str) -> str:
    """The shortest calendar period that is as long as `duration`."""
    found = _SHORTHAND.fullmatch(duration)
    days = int(found[1]) * _DAYS[found[2]] if found else 31.0
    return next((period for period, length in _LONGEST_DAYS if length >= days), "P1Y")
