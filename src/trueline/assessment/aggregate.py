"""Figures of many sold offerings together. Each names its rule; nothing averages an average.

pooled             sums over sums of all members (percentiles: one histogram of all samples)
customer_weighted  mean over customers of each customer's pooled figure
worst              the member that is worst off
any_down           time in which no assessed member was down, over time with a member in service
all_down           the same for time in which every member was down
k_of_n             the same for time in which fewer than k members were up"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pyarrow as pa

from trueline.assessment.composition import all_down, any_down, fewer_than_k_up
from trueline.assessment.histogram import Histogram
from trueline.assessment.plan import Task
from trueline.assessment.pooling import Part, customer_weighted, pooled_ratio, worst
from trueline.assessment.statistics.availability_outage import outage_time
from trueline.assessment.statistics.rule import Evidence, Finding, events_that_start_in_scope
from trueline.assessment.statistics.time_to_repair import repair_seconds
from trueline.assessment.values import AGGREGATE_SCHEMA, AssessmentRow, Verdict
from trueline.assessment.wilson import wilson_interval
from trueline.calendars.intervals import Interval, intersect, total, union
from trueline.inventory.rules import members, parse_rule
from trueline.inventory.values import InventorySnapshot
from trueline.offerings.values import Catalog, ServiceLevelObjective, Statistic

WORST_MEMBERS = 5
FIXED_DIMENSIONS = ("group", "offering", "segment", "sla_type", "region")
KEPT = (Verdict.MET, Verdict.AT_RISK, Verdict.WITHIN_TOLERANCE)
_AVAILABILITY = (
    Statistic.AVAILABILITY_OUTAGE,
    Statistic.AVAILABILITY_MEF,
    Statistic.AVAILABILITY_G826,
)
_SUMMED = (Statistic.SUM, Statistic.EVENT_COUNT)


@dataclass(frozen=True)
class MemberFigure:
    """What one row brings to an aggregate: its part of a pooled ratio, and its down time."""

    row: AssessmentRow
    task: Task
    part: Part | None
    down: tuple[Interval, ...] = ()
    histogram: Histogram | None = None

    @property
    def objective(self) -> ServiceLevelObjective:
        return self.task.objective

    @property
    def is_assessed(self) -> bool:
        return self.row.verdict not in (Verdict.NOT_ASSESSABLE, Verdict.NOT_APPLICABLE)


def member_figure(row: AssessmentRow, evidence: Evidence, finding: Finding) -> MemberFigure:
    objective = evidence.task.objective
    down: tuple[Interval, ...] = ()
    if objective.statistic is Statistic.AVAILABILITY_OUTAGE:
        down = tuple(intersect(evidence.task.unit.allowed, outage_time(evidence)))
    elif objective.statistic in _AVAILABILITY:
        down = tuple(intersect(evidence.task.unit.allowed, union(evidence.unavailable.intervals)))
    return MemberFigure(
        row, evidence.task, _part(evidence, finding), down, evidence.tally.histogram
    )


def _part(evidence: Evidence, finding: Finding) -> Part | None:
    tally = evidence.tally
    objective = evidence.task.objective
    match objective.statistic:
        case Statistic.CONFORMANCE:
            return Part(finding.good_s, finding.good_s + finding.bad_s)
        case Statistic.AVAILABILITY_OUTAGE:
            whole = evidence.task.unit.allowed_s
            if objective.denominator == "countAsAvailable":
                whole += evidence.task.unit.excluded_s
            return Part(whole - finding.bad_s, whole)
        case Statistic.AVAILABILITY_MEF | Statistic.AVAILABILITY_G826:
            return Part(tally.samples - evidence.unavailable.count, tally.samples)
        case Statistic.RATIO if tally.total is not None and tally.denominator is not None:
            return Part(tally.total, tally.denominator)
        case Statistic.MEAN if tally.total is not None:
            return Part(tally.total, tally.numbers)
        case Statistic.TIME_TO_REPAIR:
            return _repair_part(evidence)
        case _:
            return None


def _repair_part(evidence: Evidence) -> Part | None:
    objective = evidence.task.objective
    durations = [
        d for d in map(repair_seconds, events_that_start_in_scope(evidence)) if d is not None
    ]
    if objective.of == "max":
        return None
    if objective.of == "share_within":
        return Part(sum(d <= (objective.within_s or 0) for d in durations), len(durations))
    return Part(sum(durations), len(durations))


@dataclass(frozen=True)
class Membership:
    """Which products a key of a dimension holds."""

    dimension: str
    key: str
    product_ids: frozenset[str]


def memberships(
    snapshot: InventorySnapshot,
    catalog: Catalog,
    attributes: Sequence[str] = (),
    groups: Iterable[str] | None = None,
) -> list[Membership]:
    """Every group by its rule, and every value of offering, segment, sla_type, region and the
    further attributes that the products carry."""
    found = []
    for group in snapshot.groups.values():
        if groups is None or group.id in set(groups):
            ids = members(parse_rule(group.rule), snapshot, catalog=catalog)
            found.append(Membership("group", group.id, frozenset(ids)))
    dimensions: dict[str, Callable[[str], str]] = {
        "offering": lambda i: snapshot.products[i].offering_id,
        "segment": lambda i: _segment(snapshot, i),
    }
    for name in ("sla_type", "region", *attributes):
        dimensions[name] = _characteristic(snapshot, name)
    for dimension, key_of in dimensions.items():
        keyed: dict[str, set[str]] = {}
        for product_id in snapshot.products:
            keyed.setdefault(key_of(product_id), set()).add(product_id)
        found += [
            Membership(dimension, key, frozenset(ids)) for key, ids in sorted(keyed.items()) if key
        ]
    return found


def _characteristic(snapshot: InventorySnapshot, name: str) -> Callable[[str], str]:
    return lambda product_id: snapshot.products[product_id].characteristics.get(name, "")


def _segment(snapshot: InventorySnapshot, product_id: str) -> str:
    customer = snapshot.customers.get(snapshot.products[product_id].customer_id)
    return customer.segment if customer else ""


@dataclass(frozen=True)
class AggregateRequest:
    """`pooled_percentiles`: by (dimension, key, objective) where histograms were merged.
    `k`: also the k-of-n rule for availability."""

    snapshot: InventorySnapshot
    k: int | None = None
    pooled_percentiles: Mapping[tuple[str, str, str], Fraction | None] | None = None


def aggregate(
    figures: Iterable[MemberFigure], over: Iterable[Membership], request: AggregateRequest
) -> pa.Table:
    """One row per membership, objective and rule, as AGGREGATE_SCHEMA, sorted."""
    by_objective: dict[str, list[MemberFigure]] = {}
    for figure in figures:
        by_objective.setdefault(figure.row.objective_id, []).append(figure)
    rows = []
    for membership in over:
        for objective_id, candidates in sorted(by_objective.items()):
            mine = [f for f in candidates if f.row.product_id in membership.product_ids]
            if mine:
                rows += _aggregate_rows(membership, objective_id, mine, request)
    table = pa.Table.from_pylist(rows, schema=AGGREGATE_SCHEMA)
    return table.sort_by([(n, "ascending") for n in ("dimension", "key", "objective_id", "rule")])


def _aggregate_rows(
    membership: Membership,
    objective_id: str,
    figures: Sequence[MemberFigure],
    request: AggregateRequest,
) -> list[dict[str, object]]:
    counts = _counts(figures)
    place = (membership.dimension, membership.key, objective_id)
    rows = []
    for rule, value in _values(figures, place, request).items():
        rows.append(
            {
                "dimension": membership.dimension,
                "key": membership.key,
                "objective_id": objective_id,
                "rule": rule,
                "value": None if value is None else float(value),
                **counts,
            }
        )
    return rows


def _values(
    figures: Sequence[MemberFigure], place: tuple[str, str, str], request: AggregateRequest
) -> dict[str, Fraction | None]:
    """Value by rule. Rows that are not assessable take no part in any figure."""
    assessed = [f for f in figures if f.is_assessed]
    objective = figures[0].objective
    values: dict[str, Fraction | None] = {"pooled": _pooled(assessed, place, request)}
    if any(f.part for f in assessed):
        by_customer: dict[str, list[Part]] = {}
        for figure in assessed:
            customer = request.snapshot.products[figure.row.product_id].customer_id
            if figure.part:
                by_customer.setdefault(customer, []).append(figure.part)
        values["customer_weighted"] = customer_weighted(by_customer)
    numbers = [Fraction(f.row.value) for f in assessed if f.row.value is not None]
    values["worst"] = worst(numbers, objective.comparator)
    if objective.statistic in _AVAILABILITY:
        values.update(_by_time(assessed, request.k))
    return values


def _pooled(
    figures: Sequence[MemberFigure], place: tuple[str, str, str], request: AggregateRequest
) -> Fraction | None:
    if not figures:
        return None
    objective = figures[0].objective
    numbers = [Fraction(f.row.value) for f in figures if f.row.value is not None]
    match objective.statistic:
        case Statistic.PERCENTILE | Statistic.PERCENTILE_HISTOGRAM:
            return (request.pooled_percentiles or {}).get(place)
        case statistic if statistic in _SUMMED:
            return sum(numbers, Fraction(0))
        case Statistic.MIN:
            return min(numbers, default=None)
        case Statistic.MAX | Statistic.LONGEST_EVENT:
            return max(numbers, default=None)
        case Statistic.TIME_TO_REPAIR if objective.of == "max":
            return max(numbers, default=None)
        case _:
            return pooled_ratio(f.part for f in figures if f.part)


def _by_time(figures: Sequence[MemberFigure], k: int | None) -> dict[str, Fraction | None]:
    """Availability of the members as one system, over the time with a member in service."""
    serving = union(i for f in figures for i in f.task.unit.allowed)
    whole = total(serving)
    down = [list(f.down) for f in figures]

    def share(lost: Sequence[Interval]) -> Fraction | None:
        return Fraction(whole - total(intersect(serving, lost)), whole) if whole else None

    values = {"any_down": share(any_down(down)), "all_down": share(all_down(down))}
    if k is not None:
        values["k_of_n"] = share(fewer_than_k_up(down, k, serving))
    return values


def _counts(figures: Sequence[MemberFigure]) -> dict[str, object]:
    rows = [f.row for f in figures]

    def count(*verdicts: Verdict) -> int:
        return sum(r.verdict in verdicts for r in rows)

    assessed = sum(f.is_assessed for f in figures)
    kept = count(*KEPT)
    interval = wilson_interval(kept, assessed)
    seconds = {
        n: sum(getattr(r, n) for r in rows) for n in ("good_s", "bad_s", "excluded_s", "unknown_s")
    }
    known = seconds["good_s"] + seconds["bad_s"]
    in_question = known + seconds["unknown_s"]
    return {
        "members": len({r.product_id for r in rows}),
        "assessed": assessed,
        "met": kept,
        "at_risk": count(Verdict.AT_RISK),
        "violated": count(Verdict.VIOLATED),
        "not_assessable": count(Verdict.NOT_ASSESSABLE),
        "not_applicable": count(Verdict.NOT_APPLICABLE),
        "share_met": kept / assessed if assessed else None,
        "share_low": interval[0] if interval else None,
        "share_high": interval[1] if interval else None,
        "coverage": known / in_question if in_question else None,
        **seconds,
        "worst_members": _worst_members(figures),
    }


def _worst_members(figures: Sequence[MemberFigure]) -> list[str]:
    judged = [f.row for f in figures if f.is_assessed and f.row.margin is not None]
    judged.sort(key=lambda r: (r.margin, r.product_id))
    return [r.product_id for r in judged[:WORST_MEMBERS]]
