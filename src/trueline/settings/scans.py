"""How often the worker scans of itself for trends and for problems."""

from __future__ import annotations

import os

from trueline.calendars.periods import PERIODS
from trueline.errors import InputError

OFF = "off"


def trend_cadence() -> str | None:
    """TRUELINE_TRENDS_EVERY: a calendar period in UTC, P1W by default; None where it is off."""
    return _cadence("TRUELINE_TRENDS_EVERY", "P1W")


def problem_cadence() -> str | None:
    """TRUELINE_PROBLEMS_EVERY: a calendar period in UTC, P1D by default; None where it is off."""
    return _cadence("TRUELINE_PROBLEMS_EVERY", "P1D")


def _cadence(name: str, usual: str) -> str | None:
    text = os.environ.get(name) or usual
    if text == OFF:
        return None
    if text not in PERIODS:
        raise InputError(
            f"{name} is {text[:40]!r}", mend=f"Write one of {', '.join(PERIODS)}, or {OFF}"
        )
    return text
