"""The main job: read what is known, run the expressions, decide every verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from trueline.assessment.at_once import ColumnsAsked, DecidedColumns
from trueline.assessment.evidence import gather_evidence
from trueline.assessment.granule_search import EvidenceLike, EvidenceRequest, LakeLike
from trueline.assessment.plan import Plan, PlanRequest, Task, plan_assessment, restricted
from trueline.assessment.side_by_side import settled_objects, side_by_side
from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.availability_outage import outage_time
from trueline.assessment.statistics.rule import Evidence, Finding, Source
from trueline.assessment.values import AssessmentRow, Verdict
from trueline.assessment.verdict import Decision, as_float, decide_verdict
from trueline.calendars.intervals import Interval
from trueline.calendars.periods import Period
from trueline.engine import Engine
from trueline.inventory.values import InventorySnapshot, Product
from trueline.measurement.values import Event
from trueline.offerings.values import Catalog

PRODUCTS_PER_CHUNK = 64  # half a block of the lake: few rows are held at once


@dataclass(frozen=True)
class Known:
    """Everything an assessment knows: what was recorded up to one delivery. `agreed_for`: what the
    exclusions of a product were agreed for, as explanations tell it."""

    delivery: int
    as_of_s: int
    catalog: Catalog
    snapshot: InventorySnapshot
    exclusions: Mapping[str, Sequence[Interval]]
    events: Mapping[str, Sequence[Event]]
    lake: LakeLike
    agreed_for: Mapping[str, Sequence[tuple[Interval, str]]] = field(default_factory=dict)
    summed: EvidenceLike | None = None  # what answers without reading granules

    def evidence_request(self, *, pooled: bool = False) -> EvidenceRequest:
        return EvidenceRequest(
            self.lake, self.delivery, self.events, self.as_of_s, pooled, self.summed
        )


@dataclass(frozen=True)
class AssessmentRequest:
    """`length`: assess in periods of this length instead of each objective's own. `to_date`: cut
    running periods at the as-of instant. `pooled`: keep what pooled percentiles are made of.
    `done`: what need not be decided any more."""

    period: Period
    product_ids: Sequence[str] | None = None
    objective_ids: frozenset[str] | None = None
    length: str | None = None
    to_date: bool = False
    pooled: bool = False
    done: DecidedColumns | None = None


@dataclass(frozen=True, slots=True)
class DecidedTask:
    """A row and what it was decided from."""

    task: Task
    evidence: Evidence
    finding: Finding
    decision: Decision
    row: AssessmentRow


@dataclass
class Assessment:
    rows: list[AssessmentRow] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)


def assess(
    engine: Engine,
    known: Known,
    request: AssessmentRequest,
    keep: Callable[[DecidedTask], None] | None = None,
) -> Assessment:
    """Rows sorted by product, objective and period start; `keep` sees every decided task, with
    its evidence, before that is dropped."""
    result = Assessment()

    def decide(own: Engine, chunk: list[Product]) -> tuple[list[DecidedTask], list[str]]:
        return decide_products(own, known, request, chunk)

    at_once = None if keep is not None or known.summed is None else decided_rows(known, request)
    if at_once is not None:
        result.rows += at_once.values()
        request = replace(request, product_ids=[p.id for p in at_once.left], done=at_once)
    with settled_objects():
        for decided, set_aside in side_by_side(engine, chunks_of(known, request), decide):
            for task in decided:
                result.rows.append(task.row)
                if keep is not None:
                    keep(task)
            result.set_aside += set_aside
    result.rows.sort(key=lambda r: (r.product_id, r.objective_id, r.period_start))
    return result


def decided_rows(known: Known, request: AssessmentRequest) -> DecidedColumns | None:
    """What whole columns decide of a request; None where nothing is at hand to tell it."""
    if known.summed is None:
        return None
    products = known.snapshot.products
    ids = products if request.product_ids is None else request.product_ids
    until_s = known.as_of_s if request.to_date else None
    return known.summed.decided(
        ColumnsAsked(
            known.catalog,
            known.snapshot,
            known.exclusions,
            [products[one] for one in ids],
            known.lake.product_keys(list(ids)),
            PlanRequest(request.period, request.length, until_s),
            request.objective_ids,
        )
    )


def chunks_of(known: Known, request: AssessmentRequest) -> list[list[Product]]:
    """Products by their place in the lake, so that a chunk reads few files and little at once."""
    products = known.snapshot.products
    ids = products if request.product_ids is None else request.product_ids
    keys = known.lake.product_keys(list(ids))
    chunks: dict[int, list[Product]] = {}
    for product_id in ids:
        place = keys.get(product_id, -1) // PRODUCTS_PER_CHUNK
        chunks.setdefault(place, []).append(products[product_id])
    return [chunks[place] for place in sorted(chunks)]


def decide_products(
    engine: Engine, known: Known, request: AssessmentRequest, products: Sequence[Product]
) -> tuple[list[DecidedTask], list[str]]:
    """Every task of some products, decided; and the tasks set aside with their reasons."""
    found, set_aside = find_products(engine, known, request, products)
    return [_decided(*one) for one in found], set_aside


FoundTask = tuple[Task, Evidence, Finding]


def find_products(
    engine: Engine,
    known: Known,
    request: AssessmentRequest,
    products: Sequence[Product],
    turned: Callable[[Task], Task] = lambda task: task,
) -> tuple[list[FoundTask], list[str]]:
    """Every task of some products with its figure; and the tasks set aside with their reasons.
    `turned`: what to find instead of what was promised."""
    plan = plan_assessment(
        products,
        known.catalog,
        known.snapshot,
        known.exclusions,
        PlanRequest(request.period, request.length, known.as_of_s if request.to_date else None),
    )
    tasks = [turned(t) for t in plan.tasks if _asked(t, request)]
    asked = known.evidence_request(pooled=request.pooled)
    found = _find(engine, asked, [t for t in tasks if t.objective.qualified_by is None])
    later = [t for t in tasks if t.objective.qualified_by is not None]
    if later:
        away = _unavailable(engine, known, plan, later, found)
        found += _find(engine, asked, _qualified(plan, later, away))
    return found, plan.set_aside


def _asked(task: Task, request: AssessmentRequest) -> bool:
    if request.done is not None and request.done.decided(task):
        return False
    return request.objective_ids is None or task.objective.id in request.objective_ids


def _find(engine: Engine, request: EvidenceRequest, tasks: Sequence[Task]) -> list[FoundTask]:
    evidence = gather_evidence(engine, request, tasks)
    return [(e.task, e, RULES[e.task.objective.statistic].find(e)) for e in evidence]


_Named = tuple[str, str | None, str]  # product, objective, period label


def _unavailable(
    engine: Engine,
    known: Known,
    plan: Plan,
    later: Sequence[Task],
    found: Sequence[FoundTask],
) -> dict[_Named, Sequence[Interval]]:
    """Unavailable time by the availability objectives that later tasks name (M6)."""
    named = {(t.product_id, t.objective.qualified_by, t.period.label) for t in later}
    evidence = {_name_of(e.task): e for _, e, _ in found if _name_of(e.task) in named}
    missing = [t for t in plan.tasks if _name_of(t) in named and _name_of(t) not in evidence]
    for extra in gather_evidence(engine, known.evidence_request(), missing):
        evidence[_name_of(extra.task)] = extra
    return {name: _unavailable_time(e) for name, e in evidence.items()}


def _name_of(task: Task) -> _Named:
    return task.product_id, task.objective.id, task.period.label


def _qualified(
    plan: Plan, later: Sequence[Task], away: Mapping[_Named, Sequence[Interval]]
) -> list[Task]:
    """Tasks that count in available time only: their units lose the unavailable time."""
    out = []
    for task in later:
        lost = away.get((task.product_id, task.objective.qualified_by, task.period.label))
        if lost is None:
            plan.set_aside.append(
                f"{task.product_id} {task.objective.id}: qualified_by names "
                f"{task.objective.qualified_by!r}, which does not apply to this product"
            )
            continue
        unit = restricted(task.unit, lost, len(plan.units))
        plan.units.append(unit)
        out.append(Task(unit, task.applied, task.parameter, task.period, task.zone_name))
    return out


def _unavailable_time(evidence: Evidence) -> Sequence[Interval]:
    if RULES[evidence.task.objective.statistic].source is Source.STATES:
        return sorted(evidence.unavailable.intervals)
    return outage_time(evidence)


def _decided(task: Task, evidence: Evidence, finding: Finding) -> DecidedTask:
    decision = decide_verdict(task.objective, finding)
    if decision.verdict is Verdict.VIOLATED and evidence.absorbed:
        decision = decision.absorbed()
    return DecidedTask(task, evidence, finding, decision, _row(task, finding, decision))


def _row(task: Task, finding: Finding, decision: Decision) -> AssessmentRow:
    unit = task.unit
    return AssessmentRow(
        product_id=task.product_id,
        objective_id=task.objective.id,
        standard_version=task.objective.version,
        period_start=unit.period_start,
        period_end=unit.period_end,
        verdict=decision.verdict,
        value=as_float(decision.value),
        margin=as_float(decision.margin),
        good_s=finding.good_s,
        bad_s=finding.bad_s,
        excluded_s=unit.excluded_s,
        unknown_s=finding.unknown_s,
        coverage=as_float(decision.coverage),
        samples=finding.samples,
        allowance_left=as_float(decision.allowance_left),
        best_case=as_float(finding.best_case),
        worst_case=as_float(finding.worst_case),
        open_events=finding.open_events,
        burn_rate=as_float(decision.burn_rate),
    )
