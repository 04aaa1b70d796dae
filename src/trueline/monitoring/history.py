"""Reads what members of a group have shown: every day of the running conformance period and of
those before it, and the events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from trueline.assessment.assess import (
    AssessmentRequest,
    FoundTask,
    Known,
    chunks_of,
    find_products,
)
from trueline.assessment.limits import violation_limit
from trueline.assessment.plan import FOREVER_S, Task
from trueline.assessment.repair import Outage
from trueline.assessment.side_by_side import side_by_side
from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.availability_outage import outage_time
from trueline.assessment.statistics.rule import (
    Evidence,
    Finding,
    Source,
    events_that_start_in_scope,
)
from trueline.calendars.intervals import Interval, intersect, subtract, union
from trueline.calendars.periods import Period, period_containing
from trueline.engine import Engine
from trueline.inventory.values import Product
from trueline.measurement.values import Event
from trueline.monitoring.predict import why_not
from trueline.monitoring.shown import Day, Happening, Member, Spans
from trueline.offerings.values import (
    Comparator,
    MissingData,
    ServiceLevelObjective,
    Statistic,
    Threshold,
)

Series = tuple[str, str]  # product, objective
PERIODS_BEFORE = 2  # whole periods before the running one that a forecast learns from
_SHORT = {"P1W": 8}  # more of them where they are short
_LONG = {"P1Y": 1}
_PERCENTILES = (Statistic.PERCENTILE, Statistic.PERCENTILE_HISTOGRAM)
_SUMS = (Statistic.MEAN, Statistic.RATIO, Statistic.SUM)


def members_of(
    engine: Engine, known: Known, planned: Sequence[Task], due_s: int
) -> dict[Series, Member]:
    """Of every planned task whose conformance period runs at the instant, by product and objective.
    What cannot be predicted anyway is not read. `planned`: tasks of whole periods."""
    running = [t for t in running_tasks(planned, due_s).values() if why_not(t.objective) is None]
    by_length: dict[str, list[Task]] = defaultdict(list)
    for task in running:
        by_length[task.period.length].append(task)
    found: dict[Series, Member] = {}
    for length, tasks in sorted(by_length.items()):
        gathered = _gathered(engine, known, tasks, length)
        for task in tasks:
            own = gathered[_series(task)]
            found[_series(task)] = Member(
                task.objective,
                _spans(task),
                sorted(own.days, key=lambda d: d.start_s),
                task.unit.allowed_s,
                sorted(own.events.values(), key=lambda e: e.start_s),
                _outages(known, task),
            )
    return found


@dataclass
class _Gathered:
    days: list[Day] = field(default_factory=list)
    events: dict[str, Happening] = field(default_factory=dict)  # by event id


def _gathered(
    engine: Engine, known: Known, tasks: Sequence[Task], length: str
) -> Mapping[Series, _Gathered]:
    # Every day by what is promised now, whatever was promised then.
    promised = {_series(task): _within_its_limit(task.objective) for task in tasks}
    products = sorted({task.product_id for task in tasks})
    objective_ids = frozenset(task.objective.id for task in tasks)
    found: dict[Series, _Gathered] = defaultdict(_Gathered)

    def turned(task: Task) -> Task:
        now = promised.get(_series(task))
        return task if now is None else replace(task, applied=replace(task.applied, objective=now))

    for period in _periods(tasks[0].period, length):
        request = AssessmentRequest(period, products, objective_ids, length="P1D", to_date=True)
        for series, day, happened in _days_of(engine, known, request, turned):
            if series in promised:
                found[series].days.append(day)
                found[series].events.update(happened)
    return found


_Told = tuple[Series, Day, dict[str, Happening]]


def _days_of(
    engine: Engine, known: Known, request: AssessmentRequest, turned: Callable[[Task], Task]
) -> Iterator[_Told]:
    """Every day of a period, of every product and objective."""

    def told(own: Engine, chunk: list[Product]) -> list[_Told]:
        figures, _ = find_products(own, known, request, chunk, turned)
        return [_told(one, known.as_of_s) for one in figures if one[0].unit.allowed_s]

    for part in side_by_side(engine, chunks_of(known, request), told):
        yield from part


def _told(one: FoundTask, due_s: int) -> _Told:
    task, evidence, finding = one
    return _series(task), _day(task, evidence, finding, due_s), dict(_happenings(evidence))


def _series(task: Task) -> Series:
    return task.product_id, task.objective.id


def _periods(running: Period, length: str) -> list[Period]:
    """Those that are learnt from, the running one last."""
    before = _SHORT.get(length) or _LONG.get(length) or PERIODS_BEFORE
    periods = [running]
    for _ in range(before):
        periods.insert(0, _before(periods[0]))
    return periods


def _before(period: Period) -> Period:
    return period_containing(period.first - timedelta(days=1), period.length)


def _spans(task: Task) -> Spans:
    zone = task.zone_name
    *earlier, running = [p.bounds(zone) for p in _periods(task.period, task.period.length)]
    return Spans(running, tuple(reversed(earlier)), zone)


def _within_its_limit(objective: ServiceLevelObjective) -> ServiceLevelObjective:
    """A percentile keeps its limit as long as enough samples lie within it: their share adds up
    day by day, which percentiles do not. P95 <= 20 says that 95 % of the samples are <= 20."""
    limit = violation_limit(objective)
    if objective.statistic not in _PERCENTILES or limit is None:
        return objective
    higher = objective.comparator.higher_is_better
    strict = Comparator.GT if higher else Comparator.LT
    within = Comparator.GE if higher else Comparator.LE
    bound = Decimal(limit.value.numerator) / Decimal(limit.value.denominator)
    return replace(
        objective,
        statistic=Statistic.CONFORMANCE,
        threshold=Threshold(strict if limit.reached else within, bound),
        percentile=None,
        comparator=Comparator.GE,
        missing_data=MissingData.EXCLUDE,
    )


def _day(task: Task, evidence: Evidence, finding: Finding, due_s: int) -> Day:
    unit, objective = task.unit, task.objective
    amount: float | None
    bad_s, known_s = bad_and_known(objective, finding)
    amount, weight = float(bad_s), float(known_s)
    if objective.statistic in _SUMS:
        tally = evidence.tally
        amount = None if tally.total is None else float(tally.total)
        if objective.statistic is Statistic.MEAN:
            weight = float(tally.numbers)
        elif objective.statistic is Statistic.RATIO:
            weight = float(tally.denominator or 0)
    elif objective.statistic in (Statistic.MIN, Statistic.MAX):
        amount = None if finding.value is None else float(finding.value)
    elif _counts_as_available(objective):
        weight += unit.excluded_s
    end_s = min(unit.period_end, due_s)
    return Day(unit.period_start, end_s, unit.allowed_s, known_s, amount, weight)


def _counts_as_available(objective: ServiceLevelObjective) -> bool:
    outages = objective.statistic is Statistic.AVAILABILITY_OUTAGE
    return outages and objective.denominator == "countAsAvailable"


def bad_and_known(objective: ServiceLevelObjective, finding: Finding) -> tuple[int, int]:
    """Seconds, with unknown time as the objective takes it."""
    bad_s, known_s = finding.bad_s, finding.good_s + finding.bad_s
    match objective.missing_data:
        case MissingData.BAD:
            return bad_s + finding.unknown_s, known_s + finding.unknown_s
        case MissingData.GOOD:
            return bad_s, known_s + finding.unknown_s
        case _:
            return bad_s, known_s


def _happenings(evidence: Evidence) -> Iterator[tuple[str, Happening]]:
    if RULES[evidence.task.objective.statistic].source is not Source.EVENTS:
        return
    if evidence.task.objective.statistic is Statistic.AVAILABILITY_OUTAGE:
        return
    for event in events_that_start_in_scope(evidence):
        yield event.event_id, _happening(event, evidence.task.objective)


def _happening(event: Event, objective: ServiceLevelObjective) -> Happening:
    """Repairs are told less their stopped clock, the longest event is not."""
    end_s = FOREVER_S if event.end_s is None else event.end_s
    stopped = event.stop_clock if objective.statistic is Statistic.TIME_TO_REPAIR else ()
    running = tuple(Outage(event.start_s, end_s, stopped).running)
    return Happening(event.start_s, event.end_s, running)


def _outages(known: Known, task: Task) -> Sequence[Interval] | None:
    if task.objective.statistic is not Statistic.AVAILABILITY_OUTAGE:
        return None
    events = known.events.get(task.product_id, ())
    found = outage_time(Evidence(task=task, events=events, as_of_s=known.as_of_s))
    agreed = union(known.exclusions.get(task.product_id, ()))
    return subtract(intersect(found, [(-FOREVER_S, known.as_of_s)]), agreed)


def running_tasks(planned: Iterable[Task], due_s: int) -> dict[Series, Task]:
    """By product and objective, of the tasks that had begun by the instant the newest."""
    found: dict[Series, Task] = {}
    for task in sorted(planned, key=lambda t: t.unit.period_start):
        if task.unit.period_start < due_s:
            found[_series(task)] = task
    return found
