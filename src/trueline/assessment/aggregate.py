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
from trueline.assessment.members import AVAILABILITY, Candidates, MemberFigure, Places
from trueline.assessment.pooling import Part, customer_weighted, pooled_ratio, worst
from trueline.assessment.values import AGGREGATE_SCHEMA
from trueline.calendars.intervals import Interval, intersect, total, union
from trueline.inventory.rules import members, parse_rule
from trueline.inventory.values import InventorySnapshot
from trueline.offerings.values import Catalog, Statistic

FIXED_DIMENSIONS = ("group", "offering", "segment", "sla_type", "region")
_SUMMED = (Statistic.SUM, Statistic.EVENT_COUNT)


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
    candidates = {i: Candidates.of(by_objective[i]) for i in sorted(by_objective)}
    rows = []
    for membership in over:
        for objective_id, mine in candidates.items():
            places = mine.places_of(membership.product_ids)
            if len(places):
                place = (membership.dimension, membership.key, objective_id)
                rows += _aggregate_rows(mine, places, place, request)
    table = pa.Table.from_pylist(rows, schema=AGGREGATE_SCHEMA)
    return table.sort_by([(n, "ascending") for n in ("dimension", "key", "objective_id", "rule")])


def _aggregate_rows(
    candidates: Candidates,
    places: Places,
    place: tuple[str, str, str],
    request: AggregateRequest,
) -> list[dict[str, object]]:
    counts = candidates.counts(places)
    dimension, key, objective_id = place
    return [
        {
            "dimension": dimension,
            "key": key,
            "objective_id": objective_id,
            "rule": rule,
            "value": None if value is None else float(value),
            **counts,
        }
        for rule, value in _values(candidates, places, place, request).items()
    ]


def _values(
    candidates: Candidates,
    places: Places,
    place: tuple[str, str, str],
    request: AggregateRequest,
) -> dict[str, Fraction | None]:
    """Value by rule. Rows that are not assessable take no part in any figure."""
    objective = candidates.figures[places[0]].objective
    places = candidates.assessed_of(places)
    assessed = [candidates.figures[i] for i in places.tolist()]
    numbers = candidates.values_of(places)
    values: dict[str, Fraction | None] = {
        "pooled": _pooled(assessed, numbers, place, request) if assessed else None
    }
    by_customer: dict[str, list[Part]] = {}
    for figure in assessed:
        if figure.part:
            customer = request.snapshot.products[figure.row.product_id].customer_id
            by_customer.setdefault(customer, []).append(figure.part)
    if by_customer:
        values["customer_weighted"] = customer_weighted(by_customer)
    values["worst"] = _fraction(worst(numbers, objective.comparator))
    if objective.statistic in AVAILABILITY:
        values.update(_by_time(assessed, request.k))
    return values


def _fraction(number: float | None) -> Fraction | None:
    return None if number is None else Fraction(number)


def _pooled(
    figures: Sequence[MemberFigure],
    numbers: Sequence[float],
    place: tuple[str, str, str],
    request: AggregateRequest,
) -> Fraction | None:
    objective = figures[0].objective
    match objective.statistic:
        case Statistic.PERCENTILE | Statistic.PERCENTILE_HISTOGRAM:
            return (request.pooled_percentiles or {}).get(place)
        case statistic if statistic in _SUMMED:
            return sum(map(Fraction, numbers), Fraction(0))
        case Statistic.MIN:
            return _fraction(min(numbers, default=None))
        case Statistic.MAX | Statistic.LONGEST_EVENT:
            return _fraction(max(numbers, default=None))
        case Statistic.TIME_TO_REPAIR if objective.of == "max":
            return _fraction(max(numbers, default=None))
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
