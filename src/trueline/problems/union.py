"""Our own verdicts of a period and imported analyses as one set of rows, each told once.

A product and what is told of it (the objective, else the parameter, else only that something was
reported) have one row, whoever told it and how often within the period. It is bad when anybody
found it so. Imported violations, reports and tickets tell of trouble only: whoever is not among
them was *not reported*, which counts as not bad, so that a combination is not bad merely because
only its bad members are told of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from trueline.assessment.values import Verdict
from trueline.calendars.instants import instant
from trueline.calendars.intervals import Interval
from trueline.inventory.values import InventorySnapshot, Product
from trueline.offerings.values import Catalog
from trueline.problems.analysis import AnalysisKind, PerformanceAnalysis

OWN = "assessment"
IMPORTED = "imported"
# What an analysis is about that names neither objective nor parameter.
REPORTED = "reported"
NOT_REPORTED = "notReported"
TOLD = (
    Verdict.MET.value,
    Verdict.AT_RISK.value,
    Verdict.WITHIN_TOLERANCE.value,
    Verdict.VIOLATED.value,
    NOT_REPORTED,
)
ROWS = pa.schema(
    [
        ("product_id", pa.string()),
        ("objective_id", pa.string()),
        ("verdict", pa.string()),
        ("source", pa.string()),
    ]
)
_Key = tuple[str, str]


@dataclass(frozen=True)
class Subjects:
    """Which objective of an offering a parameter stands for, where it is one only."""

    objective_of: Mapping[_Key, str]

    def of(self, analysis: PerformanceAnalysis, product: Product | None) -> str:
        """The objective or, where it is not one, the parameter that an analysis is about."""
        if analysis.objective_id or not analysis.parameter:
            return analysis.objective_id or REPORTED
        offering = product.offering_id if product else analysis.offering_id
        return self.objective_of.get((offering, analysis.parameter), analysis.parameter)


def subjects_of(catalog: Catalog) -> Subjects:
    """Of the objectives that offerings define themselves."""
    found: dict[_Key, set[str]] = defaultdict(set)
    for offering in catalog.offerings.values():
        for objective in offering.objectives:
            found[offering.id, objective.parameter].add(objective.id)
    return Subjects({key: next(iter(ids)) for key, ids in found.items() if len(ids) == 1})


def united(
    own: pa.Table | None,
    analyses: Iterable[PerformanceAnalysis],
    snapshot: InventorySnapshot,
    scope: tuple[Subjects, Interval],
) -> pa.Table:
    """Rows of ROWS. `own`: product, objective and verdict of our assessment of the period, None
    where there is none; `snapshot` knows every product that is told of; `scope`: subjects, and
    the period (UTC seconds)."""
    subjects, period = scope
    verdicts = _own(own)
    sources = {key: [OWN] for key in verdicts}
    having: dict[str, list[str]] = defaultdict(list)
    for product, objective in verdicts:
        having[objective].append(product)
    exceptions: dict[str, set[str]] = defaultdict(set)
    for one in analyses:
        if one.void or one.verdict.value not in TOLD:
            continue
        key = (one.product_id, subjects.of(one, snapshot.products.get(one.product_id)))
        _add(verdicts, sources, key, one)
        if one.kind is not AnalysisKind.ANALYSIS:
            exceptions[key[1]].add(one.product_id)
    for subject, reported in exceptions.items():
        for product in having.get(subject) or _active(reported, snapshot, period):
            if verdicts.get((product, subject)) not in TOLD:
                verdicts[product, subject] = NOT_REPORTED
                sources[product, subject] = [IMPORTED]
    ordered = sorted(verdicts)
    return pa.table(
        [
            [product for product, _ in ordered],
            [subject for _, subject in ordered],
            [verdicts[key] for key in ordered],
            [" + ".join(sources[key]) for key in ordered],
        ],
        schema=ROWS,
    )


def with_attributes(
    snapshot: InventorySnapshot, analyses: Sequence[PerformanceAnalysis]
) -> InventorySnapshot:
    """The inventory with the attributes that analyses tell, and the products only they know.

    What the inventory says goes before what an analysis says, a later analysis before an earlier.
    """
    if not analyses:
        return snapshot
    told: dict[str, dict[str, str]] = defaultdict(dict)
    latest: dict[str, PerformanceAnalysis] = {}
    for one in sorted(analyses, key=lambda each: (each.start_s, each.id)):
        told[one.product_id] |= one.attributes
        latest[one.product_id] = one
    products = dict(snapshot.products)
    for product_id, attributes in told.items():
        known = products.get(product_id)
        if known is None:
            products[product_id] = _only_told(latest[product_id], attributes)
        elif attributes:
            products[product_id] = replace(
                known, characteristics=attributes | dict(known.characteristics)
            )
    return replace(snapshot, products=products)


def _only_told(one: PerformanceAnalysis, attributes: Mapping[str, str]) -> Product:
    return Product(
        one.product_id,
        one.offering_id,
        one.customer_id,
        "active",
        instant(one.start_s),
        characteristics=attributes,
    )


def _add(
    verdicts: dict[_Key, str],
    sources: dict[_Key, list[str]],
    key: _Key,
    one: PerformanceAnalysis,
) -> None:
    """A bad word stands against a good one; who said the same is named beside it."""
    source = one.source or IMPORTED
    known = verdicts.get(key)
    if known not in TOLD or (known != Verdict.VIOLATED and one.violated):
        kept = sources.get(key, []) if known == one.verdict else []
        verdicts[key], sources[key] = one.verdict.value, [*kept, source]
    elif known == one.verdict and source not in sources[key]:
        sources[key] = [*sources[key], source]


def _own(own: pa.Table | None) -> dict[_Key, str]:
    """Of several periods within the one asked for, a violated one tells."""
    verdicts: dict[_Key, str] = {}
    if own is None:
        return verdicts
    columns = (own[name].to_pylist() for name in ("product_id", "objective_id", "verdict"))
    for product, objective, verdict in zip(*columns, strict=True):
        known = verdicts.get((product, objective))
        if known not in TOLD or verdict == Verdict.VIOLATED:
            verdicts[product, objective] = verdict
    return verdicts


def _active(reported: Collection[str], snapshot: InventorySnapshot, period: Interval) -> list[str]:
    """Products of which trouble of this kind would have been told, had there been any, where no
    verdict says who has the objective: all active ones of the offerings that are told of."""
    offerings = {snapshot.products[one].offering_id for one in reported}
    start, end = instant(period[0]), instant(period[1])
    return [
        product.id
        for product in snapshot.products.values()
        if product.offering_id in offerings
        and product.start < end
        and (product.end is None or product.end > start)
    ]
