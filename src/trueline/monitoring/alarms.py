"""When an alert is raised and when it is cleared (rule M12): separate thresholds for the two, and
crossings that are tolerated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trueline.assessment.tolerance import fires_at
from trueline.monitoring.values import Trigger


@dataclass(frozen=True)
class Measured:
    """A measure at an instant."""

    at_s: int
    value: Decimal


def raises(trigger: Trigger, history: Sequence[Measured]) -> bool:
    """Whether the newest of the measures, in order of time, raises an alert."""
    if not history or history[-1].value < trigger.raise_at:
        return False
    crossings = [one.at_s for one in history if one.value >= trigger.raise_at]
    period_s = trigger.tolerance_period_s or history[-1].at_s - history[0].at_s + 1
    recent = [at for at in crossings if at > history[-1].at_s - period_s]
    fired = fires_at(recent, allowed_crossings=trigger.allowed_crossings, period_s=period_s)
    return fired is not None


def clears(trigger: Trigger, measure: Measured) -> bool:
    """Whether a measure clears an alert that stands: between the two thresholds it stays."""
    return measure.value < trigger.clear_below


def state_after(trigger: Trigger, *, raised: bool, history: Sequence[Measured]) -> bool:
    """Whether the alert stands after the newest measure."""
    if not history:
        return raised
    return not clears(trigger, history[-1]) if raised else raises(trigger, history)
