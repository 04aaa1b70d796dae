"""From the lake and the events to the evidence of every task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trueline.assessment.granule_search import EvidenceRequest, GranuleSearch, expressions
from trueline.assessment.histogram import Histogram
from trueline.assessment.plan import Task
from trueline.assessment.readings import reading_of
from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.rule import (
    NEVER_UNAVAILABLE,
    NO_TALLY,
    Evidence,
    Source,
    events_that_start_in_scope,
)
from trueline.assessment.timeline import (
    Measured,
    good_seconds,
    held_time,
)
from trueline.assessment.tolerance import fires_at
from trueline.calendars.intervals import contains
from trueline.engine import Engine
from trueline.offerings.values import MissingData

TASKS_PER_HISTOGRAM_PASS = 1_000


def gather_evidence(
    engine: Engine, request: EvidenceRequest, tasks: Sequence[Task]
) -> list[Evidence]:
    """The evidence of each task, in the order of the tasks: from sums that are there already as
    far as they answer, else from granules."""
    if request.summed is None:
        return _from_granules(engine, request, tasks)
    found = dict(request.summed.evidence(engine, request, tasks))
    rest = [place for place in range(len(tasks)) if place not in found]
    read = _from_granules(engine, request, [tasks[place] for place in rest])
    found.update(zip(rest, read, strict=True))
    return [found[place] for place in range(len(tasks))]


def _from_granules(
    engine: Engine, request: EvidenceRequest, tasks: Sequence[Task]
) -> list[Evidence]:
    search = GranuleSearch(engine, request, tasks)
    tallies, positions = search.tallies()
    sketched = search.sketched(tallies)
    states = search.states()
    judged = search.judged()
    found = []
    for number, task in enumerate(tasks):
        reading = reading_of(task.parameter, task.objective.statistic)
        evidence = Evidence(
            task=task,
            tally=tallies.get((task.unit.number, reading), NO_TALLY),
            threshold=positions.get(number, 0),
            events=request.events.get(task.product_id, ()),
            unavailable=states.get(number, NEVER_UNAVAILABLE),
            sketched=sketched.get(number),
            as_of_s=request.as_of_s,
        )
        found.append(_with_order(evidence, judged.get(number)))
    return found


def _with_order(evidence: Evidence, judged: list[tuple[Measured, bool]] | None) -> Evidence:
    """What only the granules in order can tell: held time, hysteresis, crossings."""
    objective = evidence.task.objective
    unit = evidence.task.unit
    if judged is not None and objective.raise_threshold is not None:
        evidence = replace(
            evidence,
            threshold=0,
            tally=replace(evidence.tally, good_s=(good_seconds(unit, judged),)),
        )
    if judged is not None and objective.missing_data is MissingData.HOLD:
        evidence = replace(evidence, held=held_time(unit, judged))
    if (
        objective.tolerance
        and objective.tolerance.allowed_crossings is not None
        and (judged is not None or RULES[objective.statistic].source is Source.EVENTS)
    ):
        crossings = (
            [g.start_s for g, good in judged if not good and contains(unit.allowed, g.start_s)]
            if judged is not None
            else [e.start_s for e in events_that_start_in_scope(evidence)]
        )
        fires = fires_at(
            crossings,
            allowed_crossings=objective.tolerance.allowed_crossings,
            period_s=objective.tolerance.period_s or unit.period_end - unit.period_start,
        )
        evidence = replace(evidence, absorbed=fires is None)
    return evidence


def histograms_of(
    engine: Engine, request: EvidenceRequest, tasks: Sequence[Task]
) -> list[Histogram | None]:
    """The histogram of each task's trusted samples in allowed time, in the order of the tasks,
    which may come from several plans but share one parameter."""
    renumbered = [
        replace(task, unit=replace(task.unit, number=number)) for number, task in enumerate(tasks)
    ]
    found: dict[int, Histogram] = {}
    for first in range(0, len(renumbered), TASKS_PER_HISTOGRAM_PASS):
        part = renumbered[first : first + TASKS_PER_HISTOGRAM_PASS]
        search = GranuleSearch(engine, request, part)
        measured = [t for t in part if t.unit.allowed and t.product_id in search.keys]
        if measured:
            reading = reading_of(measured[0].parameter, measured[0].objective.statistic)
            found.update(search.histograms([t.unit for t in measured], reading))
    return [found.get(number) for number in range(len(tasks))]


def measured_granules(engine: Engine, request: EvidenceRequest, task: Task) -> list[Measured]:
    """Granules of one task's product and reading that touch its period, in order of time."""
    search = GranuleSearch(engine, request, [task])
    key = search.keys.get(task.product_id)
    if key is None:
        return []
    reading = reading_of(task.parameter, task.objective.statistic)
    longest = search.longest_s([reading.parameter], task.unit.period_start, task.unit.period_end)
    granules = search.scan(
        [reading.parameter], task.unit.period_start - longest, task.unit.period_end, [key]
    )
    measured = expressions().fetch_measured(engine, granules, reading, [key]).get(key, [])
    return [g for g in measured if g.end_s > task.unit.period_start]
