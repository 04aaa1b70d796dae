"""Which instant of a regime is due: the end of the last period of its cadence."""

from __future__ import annotations

from trueline.calendars.instants import instant
from trueline.calendars.periods import period_containing
from trueline.monitoring.values import SHORT_CADENCES


def due_instant(cadence: str, now_s: int) -> int:
    """The newest end of a UTC period of the cadence at or before `now_s`."""
    step_s = SHORT_CADENCES.get(cadence)
    if step_s is not None:
        return now_s // step_s * step_s
    return period_containing(instant(now_s).date(), cadence).bounds("UTC")[0]


def is_due(cadence: str, last_s: int | None, now_s: int) -> bool:
    """Whether the newest instant has not been run. Older ones that were missed are not run late:
    a run of today says what theirs would have said."""
    return last_s is None or due_instant(cadence, now_s) > last_s
