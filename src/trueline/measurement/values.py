"""What was measured, as frozen values; no database."""

from __future__ import annotations

from dataclasses import dataclass

from trueline.calendars.intervals import Interval


@dataclass(frozen=True)
class Event:
    """An outage, a ticket ... over [start_s, end_s); `end_s` None = still open. `stop_clock`:
    sorted, disjoint intervals in which its clock stands still."""

    event_id: str
    product_id: str
    kind: str
    start_s: int
    end_s: int | None
    impact: str = ""
    cause: str = ""
    source: str = ""
    stop_clock: tuple[Interval, ...] = ()
