"""Threshold rules with tolerance (SID tolerancePeriod, numberOfAllowedCrossing) and separate raise
and clear thresholds (rule M12)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueline.offerings.values import Threshold


def fires_at(crossings_s: Sequence[int], *, allowed_crossings: int, period_s: int) -> int | None:
    """The first instant at which a window of `period_s` seconds, half-open, holds more than the
    allowed crossings; None when none does. Crossings in time order."""
    recent: deque[int] = deque()
    for crossing in crossings_s:
        recent.append(crossing)
        while recent[0] <= crossing - period_s:
            recent.popleft()
        if len(recent) > allowed_crossings:
            return crossing
    return None


@dataclass(frozen=True)
class AlarmChange:
    """The sample at which an alarm was raised or cleared."""

    position: int
    raised: bool


def alarm_changes(
    values: Iterable[Fraction | Decimal | int], *, raise_at: Threshold, clear_at: Threshold
) -> list[AlarmChange]:
    """Raises and clears in turn: between the two thresholds the alarm stays as it is."""
    changes: list[AlarmChange] = []
    raised = False
    for position, value in enumerate(values):
        rule = clear_at if raised else raise_at
        if rule.comparator.holds(value, rule.value):
            raised = not raised
            changes.append(AlarmChange(position, raised))
    return changes
