"""`event_count` and `longest_event` over the events that start in scope."""

from __future__ import annotations

from fractions import Fraction

from trueline.assessment.statistics.rule import (
    Evidence,
    Finding,
    Source,
    StatisticRule,
    events_that_start_in_scope,
)
from trueline.measurement.values import Event


def _finding(evidence: Evidence, events: list[Event], value: int) -> Finding:
    return Finding(
        value=Fraction(value),
        good_s=evidence.task.unit.allowed_s,
        bad_s=0,
        unknown_s=0,
        samples=len(events),
        open_events=sum(e.end_s is None for e in events),
    )


def _count(evidence: Evidence) -> Finding:
    events = events_that_start_in_scope(evidence)
    return _finding(evidence, events, len(events))


def _longest(evidence: Evidence) -> Finding:
    events = events_that_start_in_scope(evidence)
    longest = max(
        ((evidence.as_of_s if e.end_s is None else e.end_s) - e.start_s for e in events),
        default=0,
    )
    return _finding(evidence, events, longest)


COUNT = StatisticRule(
    source=Source.EVENTS,
    find=_count,
    formula="number of events that start in scope",
    clause="contract, Meaning",
)
LONGEST = StatisticRule(
    source=Source.EVENTS,
    find=_longest,
    formula="longest duration in seconds of an event that starts in scope",
    clause="contract, Meaning",
)
