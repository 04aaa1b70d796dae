"""Assessing a period: which products, their rows, and what the pages keep of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

import pyarrow as pa

from trueline.assessment.aggregate import (
    FIXED_DIMENSIONS,
    AggregateRequest,
    aggregate,
    memberships,
)
from trueline.assessment.assess import (
    Assessment,
    AssessmentRequest,
    DecidedTask,
    Known,
    assess,
    chunks_of,
    decided_rows,
    find_products,
)
from trueline.assessment.at_once import in_order
from trueline.assessment.credits_run import CreditGatherer, store_credits
from trueline.assessment.members import MemberFigure, member_figure
from trueline.assessment.pooled_percentiles import PooledPercentiles
from trueline.assessment.side_by_side import side_by_side
from trueline.assessment.store import (
    DailyFigure,
    ResultHeader,
    StoredAssessment,
    daily_table,
    store_assessment,
)
from trueline.assessment.verdict import as_float
from trueline.engine import Engine
from trueline.errors import unknown_name
from trueline.inventory.groups import members_at
from trueline.inventory.rules import members, parse_rule
from trueline.inventory.values import Product
from trueline.settings.workspace import Workspace


@dataclass(frozen=True)
class Selection:
    """Any of these narrows the products; together they all hold."""

    group: str | None = None
    offering: str | None = None
    customer: str | None = None
    product: str | None = None


def select_products(known: Known, selection: Selection) -> list[str]:
    """Ids of the selected products, sorted; InputError where a name is not known."""
    snapshot = known.snapshot
    chosen: set[str] = set(snapshot.products)
    if selection.group is not None:
        group = _named(snapshot.groups, selection.group, "group")
        chosen &= set(members(parse_rule(group.rule), snapshot, catalog=known.catalog))
    if selection.offering is not None:
        _named(known.catalog.offerings, selection.offering, "offering")
        chosen &= {i for i, p in snapshot.products.items() if p.offering_id == selection.offering}
    if selection.customer is not None:
        _named(snapshot.customers, selection.customer, "customer")
        chosen &= {i for i, p in snapshot.products.items() if p.customer_id == selection.customer}
    if selection.product is not None:
        _named(snapshot.products, selection.product, "sold offering")
        chosen &= {selection.product}
    return sorted(chosen)


def refuse_unknown_dimensions(known: Known, names: Sequence[str]) -> None:
    """InputError for a dimension that is neither fixed nor a characteristic of what was sold."""
    carried = {c for p in known.snapshot.products.values() for c in p.characteristics}
    for name in names:
        if name not in FIXED_DIMENSIONS and name not in carried:
            raise unknown_name("dimension", name, {*FIXED_DIMENSIONS, *carried})


T = TypeVar("T")


def _named(known: Mapping[str, T], name: str, what: str) -> T:
    found = known.get(name)
    if found is None:
        raise unknown_name(what, name, known, see=f"Load it, or name a known {what}")
    return found


def assess_aggregates(
    engine: Engine,
    known: Known,
    request: AssessmentRequest,
    over: AggregateOver,
    also: Callable[[DecidedTask], None] | None = None,
) -> tuple[Assessment, pa.Table]:
    """Rows, and the aggregates of AGGREGATE_SCHEMA over groups and attributes. `also` sees every
    decided task."""
    dimensions = memberships(known.snapshot, known.catalog, over.attributes, over.groups)
    figures: list[MemberFigure] = []
    pooled = PooledPercentiles(dimensions)

    def keep(decided: DecidedTask) -> None:
        if also is not None:
            also(decided)
        figure = member_figure(decided.row, decided.evidence, decided.finding)
        figures.append(figure)
        if over.percentiles:
            pooled.add(figure, decided.evidence.tally.histogram)

    result = assess(engine, known, replace(request, pooled=over.percentiles), keep)
    pooled.complete(engine, known)
    asked = AggregateRequest(known.snapshot, over.k, pooled.percentiles())
    return result, aggregate(figures, dimensions, asked)


@dataclass(frozen=True)
class AggregateOver:
    """`attributes` beside the fixed dimensions; `percentiles`: pool them too, from histograms."""

    attributes: Sequence[str] = ()
    groups: Sequence[str] | None = None
    k: int | None = None
    percentiles: bool = True


def store_period(
    engine: Engine,
    workspace: Workspace,
    known: Known,
    request: AssessmentRequest,
    *,
    now: datetime,
) -> Assessment:
    """Assess a period and keep rows, daily figures and aggregates for the pages, and who was in
    each group at its end."""
    attributes = sorted({c for p in known.snapshot.products.values() for c in p.characteristics})
    over = AggregateOver(attributes=[a for a in attributes if a not in FIXED_DIMENSIONS])
    gatherer = CreditGatherer(known, workspace.results)
    result, aggregates = assess_aggregates(engine, known, request, over, gatherer.take)
    store_credits(workspace.results / request.period.label, gatherer.advice())
    last_s = request.period.bounds("UTC")[1] - 1
    for group in known.snapshot.groups.values():
        members_at(group, known.snapshot, last_s, catalog=known.catalog)  # kept with its rule
    extent = known.lake.extent()
    store_assessment(
        workspace.results,
        StoredAssessment(
            header=ResultHeader(request.period.label, known.as_of_s),
            delivery=known.delivery,
            assessed_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            data_until_s=extent[1] if extent else None,
            rows=result.rows,
            daily=_daily(engine, known, request),
            aggregates=aggregates,
            set_aside=result.set_aside,
        ),
    )
    return result


def _daily(engine: Engine, known: Known, request: AssessmentRequest) -> pa.Table:
    """The same figures day by day, for sparklines, bands and the heat calendar; no verdicts."""
    by_day = replace(request, length="P1D")
    at_once = decided_rows(known, by_day)
    if at_once is not None:
        by_day = replace(by_day, product_ids=[p.id for p in at_once.left], done=at_once)

    def figures(own: Engine, chunk: list[Product]) -> list[DailyFigure]:
        found, _ = find_products(own, known, by_day, chunk)
        return [
            DailyFigure(
                task.product_id,
                task.objective.id,
                task.period.first,
                as_float(finding.value),
                finding.good_s,
                finding.bad_s,
                task.unit.excluded_s,
                finding.unknown_s,
                finding.samples,
            )
            for task, _, finding in found
        ]

    days: list[DailyFigure] = []
    for part in side_by_side(engine, chunks_of(known, by_day), figures):
        days += part
    if at_once is None:
        return daily_table(sorted(days, key=lambda d: d[:3]))
    return in_order(pa.concat_tables([at_once.daily(), daily_table(days)]), "day")
