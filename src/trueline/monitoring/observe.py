"""What a run sees: rows to date of everybody concerned, what the last minutes and days hold, and
what members have shown in their periods before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from trueline.assessment.assess import AssessmentRequest, Known, assess
from trueline.assessment.evidence import gather_evidence
from trueline.assessment.plan import PlanRequest, Task, plan_assessment
from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.rule import Evidence, Source
from trueline.assessment.values import AssessmentRow
from trueline.assessment.verdict import SHARE_STATISTICS
from trueline.calendars.instants import instant
from trueline.calendars.intervals import intersect
from trueline.calendars.periods import Period, period_containing
from trueline.engine import Engine
from trueline.monitoring.burning import Burnt, lengths
from trueline.monitoring.history import Series, members_of
from trueline.monitoring.shown import Member
from trueline.monitoring.values import Regime
from trueline.offerings.values import ServiceLevelObjective

_TASKS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Seen:
    """Everything that a run is made of. `members`: what can be predicted, by what was shown."""

    period: Period
    rows: Sequence[AssessmentRow]
    objectives: Mapping[Series, ServiceLevelObjective]
    recent: Mapping[Series, Mapping[int, Burnt]]  # by length of a window that ends at the instant
    members: Mapping[Series, Member]


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
    return Seen(
        period=period,
        rows=rows,
        objectives={_series(task): task.objective for task in planned},
        recent=_recent(engine, known, request, (due_s, *_lengths(regime))),
        members=members_of(engine, known, planned, due_s),
    )


def is_share(objective: ServiceLevelObjective) -> bool:
    """Whether bad time uses up an allowance: what burns."""
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
