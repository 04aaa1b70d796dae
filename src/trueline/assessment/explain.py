"""One figure opened up: objective and version, why it applies, every interval with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trueline.assessment.assess import (
    AssessmentRequest,
    DecidedTask,
    Known,
    decide_products,
)
from trueline.assessment.evidence import measured_granules
from trueline.assessment.granule_search import state_rule
from trueline.assessment.plan import PlanRequest, Task, plan_assessment
from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.availability_outage import outage_time
from trueline.assessment.statistics.rule import (
    Source,
    events_that_start_in_scope,
    matching_events,
)
from trueline.assessment.timeline import (
    Measured,
    Span,
    TimeState,
    goodness,
    joined,
    spans_of,
)
from trueline.assessment.values import AssessmentRow
from trueline.calendars.intervals import Interval, intersect, subtract, union
from trueline.calendars.periods import Period
from trueline.engine import Engine
from trueline.errors import InputError, nearest, unknown_name
from trueline.inventory.values import Product
from trueline.measurement.values import Event
from trueline.offerings.values import ServiceLevelObjective, Statistic


@dataclass(frozen=True)
class Explanation:
    """Everything behind one row. `spans` cover the scope; `granules` are the ones that count."""

    row: AssessmentRow
    objective: ServiceLevelObjective
    offering_id: str
    agreement_id: str | None
    zone_name: str
    reasons: tuple[str, ...]
    formula: str
    clause: str
    spans: tuple[Span, ...]
    granules: tuple[Measured, ...]
    events: tuple[Event, ...]
    high_loss_intervals: int | None = None  # HLI (M4)
    consecutive_high_loss: int | None = None  # CHLI(p)


def explain(
    engine: Engine, known: Known, product_id: str, objective_id: str, period: Period
) -> list[Explanation]:
    """One explanation per conformance period of the objective within `period`."""
    product = known.snapshot.products.get(product_id)
    if product is None:
        raise unknown_name(
            "sold offering", product_id, known.snapshot.products, see="Load products first"
        )
    request = AssessmentRequest(period, [product_id], frozenset({objective_id}))
    decided, set_aside = decide_products(engine, known, request, [product])
    if not decided:
        if set_aside:
            raise InputError(f"Objective {objective_id!r} was not assessed: {'; '.join(set_aside)}")
        raise _not_held(known, product, objective_id, period)
    return [_explained(engine, known, d) for d in decided]


def _not_held(known: Known, product: Product, objective_id: str, period: Period) -> InputError:
    """The error where an objective does not apply to a product; it names one that does."""
    request = PlanRequest(period)
    plan = plan_assessment([product], known.catalog, known.snapshot, known.exclusions, request)
    held = {task.objective.id for task in plan.tasks}
    return InputError(
        f"Objective {objective_id!r} does not apply to {product.id} in {period.label}",
        mend=nearest(objective_id, held) if held else "No objective does",
    )


def _explained(engine: Engine, known: Known, decided: DecidedTask) -> Explanation:
    task = decided.task
    rule = RULES[task.objective.statistic]
    granules: list[Measured] = []
    if rule.source is not Source.EVENTS:
        granules = measured_granules(engine, known.evidence_request(), task)
    states = rule.source is Source.STATES
    return Explanation(
        row=decided.row,
        objective=task.objective,
        offering_id=task.applied.offering_id,
        agreement_id=task.applied.agreement_id,
        zone_name=task.zone_name,
        reasons=task.applied.reasons,
        formula=rule.formula,
        clause=rule.clause,
        spans=tuple(_told(_spans(decided, granules), task, known)),
        granules=tuple(granules),
        events=tuple(_events(decided)),
        high_loss_intervals=decided.evidence.unavailable.high_loss if states else None,
        consecutive_high_loss=decided.evidence.unavailable.runs if states else None,
    )


def _events(decided: DecidedTask) -> Sequence[Event]:
    if RULES[decided.task.objective.statistic].source is not Source.EVENTS:
        return ()
    if decided.task.objective.statistic is Statistic.AVAILABILITY_OUTAGE:
        scope = decided.task.unit.scope
        ends = decided.evidence.as_of_s
        return [
            e
            for e in matching_events(decided.evidence)
            if intersect(scope, [(e.start_s, ends if e.end_s is None else e.end_s)])
        ]
    return events_that_start_in_scope(decided.evidence)


def _spans(decided: DecidedTask, granules: Sequence[Measured]) -> list[Span]:
    task = decided.task
    source = RULES[task.objective.statistic].source
    if source is Source.EVENTS:
        return _event_spans(decided)
    if source is Source.STATES:
        return _state_spans(decided, granules)
    judged = goodness(task.objective, granules)
    return spans_of(task.unit, granules, judged, lambda _g, good: _granule_reason(task, good))


def _told(spans: Sequence[Span], task: Task, known: Known) -> list[Span]:
    """The spans, excluded ones cut and named: by what they were agreed for, or as time in which
    the service was not available (M6)."""
    agreed = known.agreed_for.get(task.product_id, ())
    own = known.exclusions.get(task.product_id, ())
    told: list[Span] = []
    for span in spans:
        if span.state is not TimeState.EXCLUDED:
            told.append(span)
            continue
        bounds = (span.start_s, span.end_s)
        inside = intersect([bounds], union(own))
        told += [Span(a, b, span.state, _agreed_reason((a, b), agreed)) for a, b in inside]
        away = f"not available ({task.objective.qualified_by})"
        told += [Span(a, b, span.state, away) for a, b in subtract([bounds], inside)]
    return sorted(told, key=lambda span: span.start_s)


def _agreed_reason(within: Interval, agreed: Sequence[tuple[Interval, str]]) -> str:
    reasons = dict.fromkeys(text for own, text in agreed if text and intersect([own], [within]))
    return ": ".join(("agreed exclusion", ", ".join(reasons))) if reasons else "agreed exclusion"


def _granule_reason(task: Task, good: bool) -> str:
    threshold = task.objective.threshold
    if threshold is None:
        return "measured"
    word = "satisfies" if good else "misses"
    return f"{word} {threshold.comparator.value} {threshold.value}"


def _state_spans(decided: DecidedTask, granules: Sequence[Measured]) -> list[Span]:
    down = {start for start, _ in decided.evidence.unavailable.intervals}
    judged = [(g, g.start_s not in down) for g in granules if not g.suspect]
    rule = state_rule(decided.task)
    return spans_of(
        decided.task.unit,
        granules,
        judged,
        lambda _g, good: "available" if good else f"unavailable ({rule.n} in a row above C)",
    )


def _event_spans(decided: DecidedTask) -> list[Span]:
    unit = decided.task.unit
    spans = [Span(a, b, TimeState.EXCLUDED, "agreed exclusion") for a, b in unit.excluded]
    lost = []
    if decided.task.objective.statistic is Statistic.AVAILABILITY_OUTAGE:
        lost = outage_time(decided.evidence)
    ends = decided.evidence.as_of_s
    for a, b in intersect(unit.allowed, lost):
        names = [
            e.event_id
            for e in matching_events(decided.evidence)
            if e.start_s < b and (ends if e.end_s is None else e.end_s) > a
        ]
        spans.append(Span(a, b, TimeState.BAD, "outage " + ", ".join(names)))
    spans += [
        Span(a, b, TimeState.GOOD, "no outage" if lost else "in service")
        for a, b in subtract(unit.allowed, lost)
    ]
    return joined(spans)
