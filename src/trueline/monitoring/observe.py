"""What a run sees: rows to date of everybody concerned, what the last minutes and days hold, and
every day of the periods before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from trueline.assessment.assess import AssessmentRequest, Known, assess, chunks_of, find_products
from trueline.assessment.evidence import gather_evidence
from trueline.assessment.plan import FOREVER_S, PlanRequest, Task, plan_assessment
from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.availability_outage import outage_time
from trueline.assessment.statistics.rule import Evidence, Finding, Source
from trueline.assessment.values import AssessmentRow
from trueline.assessment.verdict import SHARE_STATISTICS
from trueline.calendars.instants import instant
from trueline.calendars.intervals import Interval, intersect
from trueline.calendars.periods import Period, period_containing
from trueline.engine import Engine
from trueline.monitoring.burning import Burnt, lengths
from trueline.monitoring.values import Regime
from trueline.offerings.values import MissingData, ServiceLevelObjective, Statistic

Series = tuple[str, str]  # product, objective
_TASKS_AT_ONCE = 20_000
PERIODS_BEFORE = 2  # whole periods before the running one, whose days a forecast learns from


@dataclass(frozen=True)
class Day:
    """One local day of a product and objective, as far as it lies before the run's instant."""

    start_s: int
    end_s: int
    bad_s: int
    known_s: int
    allowed_s: int


@dataclass(frozen=True)
class Seen:
    """Everything that a run is made of. `days` in order of time."""

    period: Period
    rows: Sequence[AssessmentRow]
    objectives: Mapping[Series, ServiceLevelObjective]
    recent: Mapping[Series, Mapping[int, Burnt]]  # by length of a window that ends at the instant
    days: Mapping[Series, Sequence[Day]]
    whole_s: Mapping[Series, int]  # allowed time of the whole period, as known now
    outages: Mapping[Series, Sequence[Interval]]  # of availability by outages, up to the instant


def observe(
    engine: Engine, known: Known, regime: Regime, members: Sequence[str], due_s: int
) -> Seen:
    """As known, up to the instant `due_s`."""
    known = replace(known, as_of_s=due_s)
    period = period_containing(instant(due_s - 1).date(), regime.window)
    objective_ids = frozenset(regime.objectives) if regime.objectives else None
    request = AssessmentRequest(
        period, product_ids=list(members), objective_ids=objective_ids, to_date=True
    )
    rows = assess(engine, known, request).rows
    planned = list(_planned(known, request, None))
    objectives = {_series(task): task.objective for task in planned}
    shares = [task for task in planned if is_share(task.objective)]
    share_ids = frozenset(task.objective.id for task in shares)
    return Seen(
        period=period,
        rows=rows,
        objectives=objectives,
        recent=_recent(engine, known, request, (due_s, *_lengths(regime))),
        days=_days(engine, known, replace(request, objective_ids=share_ids), due_s),
        whole_s={_series(task): task.unit.allowed_s for task in shares},
        outages={
            _series(task): _outages(known, task)
            for task in shares
            if task.objective.statistic is Statistic.AVAILABILITY_OUTAGE
        },
    )


def _outages(known: Known, task: Task) -> list[Interval]:
    """Every outage that the parameter knows of, overlapping tickets as one, ended by the run's
    instant at the latest."""
    events = known.events.get(task.product_id, ())
    found = outage_time(Evidence(task=task, events=events, as_of_s=known.as_of_s))
    return intersect(found, [(-FOREVER_S, known.as_of_s)])


def is_share(objective: ServiceLevelObjective) -> bool:
    """Whether bad time uses up an allowance: what burns, and what is forecast."""
    return (
        objective.statistic in SHARE_STATISTICS
        and objective.comparator.higher_is_better
        and objective.qualified_by is None
    )


def _lengths(regime: Regime) -> tuple[int, ...]:
    return (*lengths(), regime.stale_after_s)


def _series(task: Task) -> Series:
    return task.product_id, task.objective.id


def _planned(known: Known, request: AssessmentRequest, until_s: int | None) -> Iterable[Task]:
    products = [known.snapshot.products[i] for i in request.product_ids or ()]
    asked = PlanRequest(request.period, request.length, until_s)
    plan = plan_assessment(products, known.catalog, known.snapshot, known.exclusions, asked)
    for task in plan.tasks:
        if request.objective_ids is None or task.objective.id in request.objective_ids:
            yield task


def _recent(
    engine: Engine, known: Known, request: AssessmentRequest, due_and_lengths: tuple[int, ...]
) -> dict[Series, dict[int, Burnt]]:
    """Windows that end at the instant; they may reach into the period before."""
    due_s, *windows = due_and_lengths
    earlier = period_containing(request.period.first - timedelta(days=1), request.period.length)
    asked: list[tuple[int, Task]] = []
    for period in (earlier, request.period):
        for task in _planned(known, replace(request, period=period), due_s):
            if RULES[task.objective.statistic].source is Source.EVENTS and not is_share(
                task.objective
            ):
                continue
            for length in sorted(set(windows)):
                allowed = intersect(task.unit.allowed, [(due_s - length, due_s)])
                unit = replace(task.unit, number=len(asked), allowed=allowed)
                if allowed and (length == windows[-1] or is_share(task.objective)):
                    asked.append((length, replace(task, unit=unit)))
    found: dict[Series, dict[int, Burnt]] = defaultdict(dict)
    for (length, task), evidence in zip(asked, _evidence(engine, known, asked), strict=True):
        finding = RULES[task.objective.statistic].find(evidence)
        before = found[_series(task)].get(length, Burnt(0, 0, None))
        samples = None
        if finding.samples is not None:
            samples = (before.samples or 0) + finding.samples
        known_s = before.known_s + finding.good_s + finding.bad_s
        found[_series(task)][length] = Burnt(before.bad_s + finding.bad_s, known_s, samples)
    return found


def _evidence(engine: Engine, known: Known, asked: Sequence[tuple[int, Task]]) -> list[Evidence]:
    request, found = known.evidence_request(), []
    for first in range(0, len(asked), _TASKS_AT_ONCE):
        part = [task for _, task in asked[first : first + _TASKS_AT_ONCE]]
        found += gather_evidence(engine, request, part)
    return found


def _days(
    engine: Engine, known: Known, request: AssessmentRequest, due_s: int
) -> dict[Series, list[Day]]:
    if not request.objective_ids:
        return {}
    periods, first = [request.period], request.period.first
    for _ in range(PERIODS_BEFORE):
        periods.insert(0, period_containing(first - timedelta(days=1), request.period.length))
        first = periods[0].first
    found: dict[Series, list[Day]] = defaultdict(list)
    for period in periods:
        daily = replace(request, period=period, length="P1D")
        for chunk in chunks_of(known, daily):
            tasks, _ = find_products(engine, known, daily, chunk)
            for task, _, finding in tasks:
                unit = task.unit
                if unit.allowed_s and unit.period_start < due_s:
                    bad_s, known_s = _bad_and_known(task, finding)
                    end_s = min(unit.period_end, due_s)
                    day = Day(unit.period_start, end_s, bad_s, known_s, unit.allowed_s)
                    found[_series(task)].append(day)
    return {series: sorted(days, key=lambda d: d.start_s) for series, days in found.items()}


def _bad_and_known(task: Task, finding: Finding) -> tuple[int, int]:
    """Seconds, with unknown time as the objective takes it."""
    bad_s, known_s = finding.bad_s, finding.good_s + finding.bad_s
    match task.objective.missing_data:
        case MissingData.BAD:
            return bad_s + finding.unknown_s, known_s + finding.unknown_s
        case MissingData.GOOD:
            return bad_s, known_s + finding.unknown_s
        case _:
            return bad_s, known_s
