"""Statistics of events: outage availability, repair time, counts, the longest one."""

from __future__ import annotations

from fractions import Fraction

from tests.oracle.case import Case, Figure
from tests.oracle.intervals import both, length, union, without
from tests.oracle.workspace import Event, exact


def availability_outage(case: Case) -> Figure:
    """Overlapping tickets count once; an excluded second is never down, nor is one in which every
    running event has its clock stopped (O-39)."""
    down = union(
        part
        for event in case.events
        for part in without([(event.start, case.end_of(event))], union(event.stop_clock))
    )
    allowed = length(case.allowed)
    bad = length(both(down, case.allowed))
    whole = allowed
    if case.objective.get("denominator") == "countAsAvailable":
        whole = length(case.scope)
    value = 1 - Fraction(bad, whole) if allowed else None
    starts = tuple(sorted(event.start for event in case.started()))
    return Figure(
        value,
        allowed - bad,
        bad,
        None,
        best=value,
        worst=value,
        crossings=starts,
        down=tuple(down),
    )


def time_to_repair(case: Case) -> Figure:
    closed = [event for event in case.started() if event.end is not None]
    durations = [repair_seconds(event) for event in closed]
    value = None
    if durations:
        match case.objective.get("of", "mean"):
            case "mean":
                value = Fraction(sum(durations), len(durations))
            case "max":
                value = Fraction(max(durations))
            case "share_within":
                limit = exact(case.objective["within_s"])
                value = Fraction(sum(one <= limit for one in durations), len(durations))
    return of_events(case, value, len(closed), nothing_asked=not durations)


def repair_seconds(event: Event) -> int:
    assert event.end is not None
    stopped = both(union(event.stop_clock), [(event.start, event.end)])
    return event.end - event.start - length(stopped)


def event_count(case: Case) -> Figure:
    count = len(case.started())
    return of_events(case, Fraction(count), count)


def longest_event(case: Case) -> Figure:
    durations = [case.end_of(event) - event.start for event in case.started()]
    return of_events(case, Fraction(max(durations, default=0)), len(durations))


def of_events(
    case: Case, value: Fraction | None, samples: int, *, nothing_asked: bool = False
) -> Figure:
    """All allowed time is known and good: an event statistic does not split time."""
    starts = tuple(sorted(event.start for event in case.started()))
    is_repair = case.objective["statistic"] == "time_to_repair"
    unfinished = sum(event.end is None for event in case.started())
    return Figure(
        value,
        length(case.allowed),
        0,
        samples,
        crossings=starts,
        open_events=unfinished if is_repair else None,
        nothing_asked=nothing_asked,
    )
