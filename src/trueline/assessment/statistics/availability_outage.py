"""`availability_outage`: time without an outage, as a share of the time in service."""

from __future__ import annotations

from fractions import Fraction

from trueline.assessment.repair import Outage, running_time
from trueline.assessment.statistics.rule import (
    Evidence,
    Finding,
    Source,
    StatisticRule,
    matching_events,
    share,
)
from trueline.calendars.intervals import Interval, intersect, total


def outage_time(evidence: Evidence) -> list[Interval]:
    """Union of the matching events, so overlapping tickets never count twice; an open event lasts
    until the as-of instant. Time in which an event's clock is stopped is not its own (M3)."""
    return running_time(
        Outage(e.start_s, evidence.as_of_s if e.end_s is None else e.end_s, e.stop_clock)
        for e in matching_events(evidence)
    )


def _find(evidence: Evidence) -> Finding:
    unit = evidence.task.unit
    bad_s = total(intersect(unit.allowed, outage_time(evidence)))
    allowed_s = unit.allowed_s
    whole_s = allowed_s
    if evidence.task.objective.denominator == "countAsAvailable":
        whole_s += unit.excluded_s
    bad = share(bad_s, whole_s)
    value = None if bad is None or allowed_s == 0 else Fraction(1) - bad
    return Finding(
        value=value,
        good_s=allowed_s - bad_s,
        bad_s=bad_s,
        unknown_s=0,
        samples=None,
        best_case=value,
        worst_case=value,
        bad_share=bad,
    )


RULE = StatisticRule(
    source=Source.EVENTS,
    find=_find,
    formula="1 - outage seconds / (scope - excluded), or / scope for countAsAvailable",
    clause="MEF IP service level specification, uptime; overlapping outages count once",
)
