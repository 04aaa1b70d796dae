"""`time_to_repair`: durations of the events that start in scope, less their stop-clock."""

from __future__ import annotations

from fractions import Fraction

from trueline.assessment.repair import Outage, mean_seconds, share_within
from trueline.assessment.statistics.rule import (
    Evidence,
    Finding,
    Source,
    StatisticRule,
    events_that_start_in_scope,
)
from trueline.calendars.intervals import total
from trueline.measurement.values import Event


def repair_seconds(event: Event) -> int | None:
    """Seconds from start to end less stopped time; None while the event is open."""
    if event.end_s is None:
        return None
    return total(Outage(event.start_s, event.end_s, event.stop_clock).running)


def _find(evidence: Evidence) -> Finding:
    events = events_that_start_in_scope(evidence)
    durations = [d for d in map(repair_seconds, events) if d is not None]
    return Finding(
        value=_value(durations, evidence),
        good_s=evidence.task.unit.allowed_s,
        bad_s=0,
        unknown_s=0,
        samples=len(durations),
        no_demand=not durations,
        open_events=len(events) - len(durations),
    )


def _value(durations: list[int], evidence: Evidence) -> Fraction | None:
    objective = evidence.task.objective
    match objective.of:
        case "max":
            return Fraction(max(durations)) if durations else None
        case "share_within":
            return share_within(durations, objective.within_s or 0)
        case _:
            return mean_seconds(durations)


RULE = StatisticRule(
    source=Source.EVENTS,
    find=_find,
    formula="mean, max or share within a limit of (end - start - stop-clock)",
    clause="MEF IP service level specification, mean time to repair, by start",
)
