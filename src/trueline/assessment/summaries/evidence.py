"""The evidence of tasks from summaries, where they answer exactly; granules are read for the rest:
exact percentiles, what needs granules in order, and days that allowed time cuts."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from trueline.assessment.at_once import ColumnsAsked, DecidedColumns
from trueline.assessment.granule_search import (
    EvidenceRequest,
    GranuleSearch,
    needs_order,
    sketched_percentile,
    state_rule,
)
from trueline.assessment.histogram import merge
from trueline.assessment.plan import Task, Unit
from trueline.assessment.readings import reading_of
from trueline.assessment.states import cut_to
from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.rule import Evidence, Source
from trueline.assessment.summaries.answer import Answers, Losses, Moments, Question
from trueline.assessment.summaries.opened import OpenSummaries
from trueline.assessment.summaries.parts import KEYS_PER_PART
from trueline.assessment.summaries.shares import decided_at_once
from trueline.assessment.summaries.wishes import watch_of
from trueline.assessment.tallies import Tally
from trueline.calendars.intervals import Interval
from trueline.engine import Engine
from trueline.measurement.columns import ScanRequest
from trueline.measurement.decimals import MAX_DECIMALS
from trueline.offerings.values import MissingData, ServiceLevelObjective, Statistic

_MOMENTS = (Statistic.MEAN, Statistic.MIN, Statistic.MAX, Statistic.SUM, Statistic.RATIO)
_MARGIN_S = 10 * 86_400  # around a period, as far as states are looked at at first
_SUMS = (Statistic.MEAN, Statistic.SUM, Statistic.RATIO)


@dataclass(frozen=True)
class AskedTask:
    """A task, its place among all tasks, and its question."""

    place: int
    task: Task
    question: Question
    answers: Answers
    losses: Losses | None = None


@dataclass
class SummedEvidence:
    """What answers an assessment without reading granules. Counts what it answered. `exact`: leave
    histograms to granules, whose logarithms may put a value on the edge into the next bucket."""

    summaries: OpenSummaries
    answered: int = 0
    exact: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def evidence(
        self, engine: Engine, request: EvidenceRequest, tasks: Sequence[Task]
    ) -> Mapping[int, Evidence]:
        """By place among the tasks, the evidence of those that the summaries answer."""
        places = list(range(len(tasks)))
        if self.exact:
            sketch = Statistic.PERCENTILE_HISTOGRAM
            places = [n for n in places if tasks[n].objective.statistic is not sketch]
        asked = [tasks[n] for n in places]
        answers = evidence_from_summaries(engine, request, self.summaries, asked)
        found = {places[n]: evidence for n, evidence in answers.items()}
        with self._lock:
            self.answered += len(found)
        return found

    def decided(self, asked: ColumnsAsked) -> DecidedColumns:
        """The rows of shares of good time as whole columns, and what is left."""
        found = decided_at_once(self.summaries, asked)
        with self._lock:
            self.answered += found.rows.num_rows
        return found


def evidence_from_summaries(
    engine: Engine, request: EvidenceRequest, summaries: OpenSummaries, tasks: Sequence[Task]
) -> dict[int, Evidence]:
    """By place among the tasks, the evidence of those that the summaries answer."""
    keys = request.lake.product_keys(sorted({t.product_id for t in tasks}))
    asked = asked_of(summaries, keys, tasks)
    by_answers: dict[int, list[AskedTask]] = {}
    for one in asked:
        by_answers.setdefault(id(one.answers), []).append(one)
    found: dict[int, Evidence] = {}
    cut: list[tuple[AskedTask, Tally, Moments]] = []
    for together in by_answers.values():
        tallies = together[0].answers.tallies([one.question for one in together])
        for one, tally in zip(together, tallies, strict=True):
            if tally is None:
                continue
            statistic = one.task.objective.statistic
            if statistic in _MOMENTS:
                moments = one.answers.moments(one.question)
                if moments is not None:
                    cut.append((one, tally, moments))
                continue
            answer = _at_once(engine, request, one, tally)
            if answer is not None:
                found[one.place] = answer
    found.update(_with_moments(engine, request, cut))
    return found


def _at_once(
    engine: Engine, request: EvidenceRequest, asked: AskedTask, tally: Tally
) -> Evidence | None:
    """Shares of good time, states and histograms."""
    evidence = _evidence(request, asked.task, tally)
    if asked.losses is not None:
        states = asked.answers.states(asked.question.product_key, asked.losses)
        if states is None:
            return None
        unavailable = cut_to(asked.task.unit, states, state_rule(asked.task))
        return replace(evidence, unavailable=unavailable)
    if asked.task.objective.statistic is Statistic.PERCENTILE_HISTOGRAM:
        return _with_histogram(engine, request, asked, evidence)
    return evidence


def _with_histogram(
    engine: Engine, request: EvidenceRequest, asked: AskedTask, evidence: Evidence
) -> Evidence | None:
    """The percentile of whole days' histograms and of the granules that they leave."""
    found = asked.answers.histogram(asked.question)
    percentile = asked.task.objective.percentile
    if found is None or percentile is None:
        return None
    histogram, rest = found
    unit = asked.task.unit
    if rest:
        reading = reading_of(asked.task.parameter, asked.task.objective.statistic)
        part = replace(asked.task, unit=_part(unit, unit.number, rest))
        more = GranuleSearch(engine, request, [part]).histograms([part.unit], reading)
        histogram = merge([histogram, *more.values()])
    sketched = sketched_percentile(histogram, percentile)
    return replace(evidence, sketched=sketched)


def asked_of(
    summaries: OpenSummaries, keys: Mapping[str, int], tasks: Sequence[Task]
) -> list[AskedTask]:
    series: dict[int, _Series | None] = {}  # by objective: many tasks share one
    mine: list[tuple[int, Task, Question, Losses | None]] = []
    for place, task in enumerate(tasks):
        objective, allowed = task.objective, task.unit.allowed
        key = keys.get(task.product_id)
        if not allowed or key is None:
            continue
        if id(objective) not in series:
            series[id(objective)] = _series(summaries, task) if _answerable(objective) else None
        found = series[id(objective)]
        if found is not None:
            question = Question(key, found.reading, allowed, found.watch)
            mine.append((place, task, question, found.losses))
    if not mine:
        return []
    edges = [(q.allowed[0][0], q.allowed[-1][1]) for _, _, q, _ in mine]
    first, last = min(edge[0] for edge in edges), max(edge[1] for edge in edges)
    answers = summaries.answers({q.product_key for _, _, q, _ in mine}, first, last)
    return [
        AskedTask(place, task, q, answers[q.product_key // KEYS_PER_PART * KEYS_PER_PART], losses)
        for place, task, q, losses in mine
    ]


def _answerable(objective: ServiceLevelObjective) -> bool:
    if objective.statistic is Statistic.CONFORMANCE:
        return not needs_order(objective)
    if objective.missing_data is MissingData.HOLD:
        return False  # what is held may have been measured long before
    return objective.statistic in _MOMENTS or RULES[objective.statistic].source in (
        Source.STATES,
        Source.HISTOGRAM,
    )


@dataclass(frozen=True)
class _Series:
    """What an objective looks at, by number."""

    reading: int
    watch: int | None = None
    losses: Losses | None = None


def _series(summaries: OpenSummaries, task: Task) -> _Series | None:
    """None where the summaries lack the reading or the threshold."""
    watched = watch_of(task.objective, task.parameter)
    plain = summaries.reading(reading_of(task.parameter, task.objective.statistic))
    if plain is None or watched is None:
        return None if plain is None else _Series(plain)
    reading, watch = summaries.reading(watched[0]), summaries.watch(watched[1])
    if reading is None or watch is None:
        return None
    if RULES[task.objective.statistic].source is Source.STATES:
        return _Series(plain, losses=Losses(plain, reading, watch, state_rule(task).n))
    return _Series(reading, watch)


def _evidence(request: EvidenceRequest, task: Task, tally: Tally) -> Evidence:
    events = request.events.get(task.product_id, ())
    return Evidence(task=task, tally=tally, events=events, as_of_s=request.as_of_s)


def _with_moments(
    engine: Engine, request: EvidenceRequest, cut: Sequence[tuple[AskedTask, Tally, Moments]]
) -> dict[int, Evidence]:
    """Sums and extremes of whole days, with the granules of the days that allowed time cuts."""
    scales = _scales(engine, request, [one for one, _, _ in cut])
    cut = [one for one in cut if _adds_alike(one[0].task, one[2], scales)]
    rests = [
        replace(one.task, unit=_part(one.task.unit, number, moments.rest))
        for number, (one, _, moments) in enumerate(cut)
    ]
    tallies, _ = GranuleSearch(engine, request, [t for t in rests if t.unit.allowed]).tallies()
    found = {}
    for rest, (one, tally, moments) in zip(rests, cut, strict=True):
        reading = reading_of(one.task.parameter, one.task.objective.statistic)
        more = tallies.get((rest.unit.number, reading), Tally())
        found[one.place] = _evidence(request, one.task, _merged(tally, moments, more))
    return found


def _scales(
    engine: Engine, request: EvidenceRequest, asked: Sequence[AskedTask]
) -> dict[str, int | None]:
    """The decimals in which a scan of granules would give each parameter that is summed up; None:
    doubles."""
    summed = [one for one in asked if one.task.objective.statistic in _SUMS]
    if not summed:
        return {}
    names = tuple(sorted({one.task.parameter.id for one in summed}))
    keys = [one.question.product_key for one in asked]
    first = min(one.task.unit.allowed[0][0] for one in asked)
    last = max(one.task.unit.allowed[-1][1] for one in asked)
    span = (first - _MARGIN_S, last + _MARGIN_S)
    wanted = ScanRequest(*span, names, request.delivery, (min(keys), max(keys) + 1))
    columns = request.lake.scan(engine, wanted).columns
    return {name: columns[name].decimals for name in names}


def _adds_alike(task: Task, moments: Moments, scales: Mapping[str, int | None]) -> bool:
    """Whether adding up days gives, to the last digit, what adding up granules gives."""
    if task.objective.statistic not in _SUMS:
        return True
    scale = scales[task.parameter.id]
    if moments.decimals is None:
        return scale is None and not moments.rest
    return scale is not None


def _part(unit: Unit, number: int, allowed: Sequence[Interval]) -> Unit:
    return replace(unit, number=number, allowed=allowed)


def _merged(tally: Tally, moments: Moments, more: Tally) -> Tally:
    if not tally.numbers:
        return tally
    total = moments.total + Fraction(more.total or 0)
    parts = [n for n in (moments.denominator, more.denominator) if n is not None]
    lows = [n for n in (moments.minimum, more.minimum) if n is not None]
    highs = [n for n in (moments.maximum, more.maximum) if n is not None]
    below = sum((Fraction(n) for n in parts), Fraction(0))
    return replace(
        tally,
        total=_decimal(total, moments.decimals),
        denominator=_decimal(below, moments.decimals) if parts else None,
        minimum=min(lows),
        maximum=max(highs),
    )


def _decimal(exact: Fraction | int, decimals: int | None) -> Decimal:
    """As the sums of granules are: scaled integers exactly, doubles to 15 decimals."""
    places = 15 if decimals is None else MAX_DECIMALS
    return Decimal(round(Fraction(exact) * 10**places)).scaleb(-places)
