"""What each promise to customers rests on, from the supplier records, and where that cannot carry
it: in minutes of availability, in time to repair, in service hours (rule M9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from trueline.calendars.instants import instant, seconds, zone
from trueline.calendars.intervals import Interval, intersect, subtract, total
from trueline.calendars.periods import Period, midnight
from trueline.calendars.service_hours import service_intervals
from trueline.inventory.resolve import AppliedObjective, objectives_of, resolver_of
from trueline.inventory.rules import members, parse_rule
from trueline.inventory.suppliers import Commitment, Suppliers
from trueline.inventory.values import InventorySnapshot, Product
from trueline.offerings.validate import AVAILABILITY_STATISTICS
from trueline.offerings.values import Catalog, ServiceHours, ServiceLevelObjective, Statistic
from trueline.standards.document import Support
from trueline.standards.support import SupportGap, support_gap

CHAINED = AVAILABILITY_STATISTICS | {Statistic.TIME_TO_REPAIR}


@dataclass(frozen=True)
class HoursGap:
    """Promised time in the period in which a commitment does not hold: out of its hours, or before
    or after its validity."""

    commitment: Commitment
    uncovered_s: int


@dataclass(frozen=True)
class PromiseChain:
    """One promise and what it rests on. `scope_s`: time in the period in which it is promised;
    `gap`: None where nothing is named that could carry it."""

    applied: AppliedObjective
    links: tuple[Commitment, ...]
    scope_s: int
    gap: SupportGap | None
    hours: tuple[HoursGap, ...]

    @property
    def objective(self) -> ServiceLevelObjective:
        return self.applied.objective

    @property
    def is_availability(self) -> bool:
        return self.objective.statistic in AVAILABILITY_STATISTICS

    @property
    def gap_s(self) -> Fraction | None:
        """Seconds of the period that are promised and carried by nobody, or seconds of repair
        beyond what is promised; below zero: to spare. None: not known."""
        if self.gap is None or self.gap.gap is None:
            return None
        return self.gap.gap * self.scope_s if self.is_availability else self.gap.gap

    @property
    def is_open(self) -> bool:
        """Whether something is promised that is carried by nobody, or not known to be."""
        return self.gap_s is None or self.gap_s > 0 or bool(self.hours)


@dataclass(frozen=True)
class ProductChain:
    """Products of one offering that are promised the same and rest on the same."""

    offering_id: str
    products: tuple[Product, ...]
    promises: tuple[PromiseChain, ...]

    @property
    def is_open(self) -> bool:
        return any(one.is_open for one in self.promises)


def chains_of(
    catalog: Catalog, snapshot: InventorySnapshot, suppliers: Suppliers, period: Period
) -> list[ProductChain]:
    """Every sold offering in service in the period, those alike together, in order of offerings."""
    bounds = period.bounds("UTC")
    held = [
        one for one in suppliers.commitments.values() if in_force(one, period.bounds(one.time_zone))
    ]
    resting = resting_on(held, catalog, snapshot)
    resolver = resolver_of(catalog, snapshot)
    alike: dict[tuple[object, ...], list[Product]] = defaultdict(list)
    for product in snapshot.products.values():
        if in_service(product, bounds):
            ids = resting.get(product.id, ())
            key = (product.offering_id, resolver.held_alike(product), ids)
            alike[key].append(product)
    found = [
        ProductChain(
            products[0].offering_id,
            tuple(products),
            chain_of(
                objectives_of(products[0], catalog, snapshot, bounds[0]),
                [suppliers.commitments[one] for one in resting.get(products[0].id, ())],
                products[0].time_zone,
                period,
            ),
        )
        for products in alike.values()
    ]
    return sorted(found, key=lambda one: (one.offering_id, not one.is_open, one.products[0].id))


def chain_of(
    applied: Iterable[AppliedObjective],
    links: Sequence[Commitment],
    zone_name: str,
    period: Period,
) -> tuple[PromiseChain, ...]:
    """The promises of availability and repair among `applied`, each with its chain."""
    return tuple(
        _promise(one, links, one.objective.time_zone or zone_name, period)
        for one in applied
        if one.objective.statistic in CHAINED
    )


def supports_of(
    objective: ServiceLevelObjective, links: Iterable[Commitment]
) -> tuple[Support, ...]:
    """What of `links` bears on the objective: a commitment to repair only is no part that can
    fail, and one of availability only repairs nothing."""
    repairs = objective.statistic is Statistic.TIME_TO_REPAIR
    return tuple(
        Support(
            one.title,
            one.kind,
            one.availability,
            one.repair_s,
            one.alternative,
            one.independent,
        )
        for one in links
        if (one.repair_s if repairs else one.availability) is not None
    )


def in_force(commitment: Commitment, within: Interval) -> list[Interval]:
    """When the commitment holds within an interval, whatever its hours."""
    name = commitment.time_zone
    start, end = within
    if commitment.valid_from is not None:
        start = max(start, midnight(commitment.valid_from, name))
    if commitment.valid_to is not None:
        end = min(end, midnight(commitment.valid_to, name))
    return [(start, end)] if start < end else []


def resting_on(
    commitments: Iterable[Commitment], catalog: Catalog, snapshot: InventorySnapshot
) -> Mapping[str, tuple[str, ...]]:
    """Ids of the commitments, by product that rests on them."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in commitments:
        for product_id in members(parse_rule(one.products), snapshot, catalog=catalog):
            found[product_id].append(one.id)
    return {product_id: tuple(ids) for product_id, ids in found.items()}


def _promise(
    applied: AppliedObjective, links: Sequence[Commitment], zone_name: str, period: Period
) -> PromiseChain:
    objective = applied.objective
    supports = supports_of(objective, links)
    bounds = period.bounds(zone_name)
    scope = intersect([bounds], _hours(bounds, zone_name, objective.service_hours))
    bearing = [one for one in links if supports_of(objective, [one])]
    hours = [HoursGap(one, _uncovered(scope, one, bounds)) for one in bearing]
    return PromiseChain(
        applied,
        tuple(bearing),
        total(scope),
        support_gap(objective, supports),
        tuple(one for one in hours if one.uncovered_s),
    )


def _uncovered(scope: Sequence[Interval], commitment: Commitment, bounds: Interval) -> int:
    held = intersect(
        in_force(commitment, bounds),
        _hours(bounds, commitment.time_zone, commitment.service_hours),
    )
    return total(subtract(scope, held))


def _hours(bounds: Interval, zone_name: str, hours: ServiceHours | None) -> Sequence[Interval]:
    if hours is None:
        return [bounds]
    tz = zone(zone_name)
    first = instant(bounds[0]).astimezone(tz).date()
    last = instant(bounds[1] - 1).astimezone(tz).date()
    told = (hours.days, hours.from_minute, hours.to_minute, hours.holidays)
    return service_intervals(first, last + timedelta(days=1), zone_name, told)


def in_service(product: Product, bounds: Interval) -> bool:
    ended = product.end is not None and seconds(product.end) <= bounds[0]
    return seconds(product.start) < bounds[1] and not ended
