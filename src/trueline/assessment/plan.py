"""What is to be assessed: every product, objective and conformance period, and the time in which
each counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from trueline.calendars.instants import instant, seconds, zone
from trueline.calendars.intervals import Interval, intersect, subtract, total, union
from trueline.calendars.periods import Period, conformance_periods, midnight
from trueline.calendars.service_hours import service_intervals
from trueline.inventory.resolve import AppliedObjective, objectives_of, possible_objectives
from trueline.inventory.values import InventorySnapshot, Product
from trueline.offerings.values import (
    Catalog,
    PerformanceParameter,
    ServiceHours,
    ServiceLevelObjective,
)

FOREVER_S = 1 << 60


@dataclass(frozen=True, eq=False)
class Unit:
    """The time of one product that counts for some of its objectives in one period.

    `scope` = period, product active, service hours; `excluded` = scope within exclusions;
    `allowed` = scope less excluded. All sorted, disjoint, in UTC seconds."""

    number: int
    product_id: str
    period_start: int
    period_end: int
    scope: Sequence[Interval]
    excluded: Sequence[Interval]
    allowed: Sequence[Interval]

    @cached_property
    def excluded_s(self) -> int:
        return total(self.excluded)

    @cached_property
    def allowed_s(self) -> int:
        return total(self.allowed)


@dataclass(frozen=True, eq=False)
class Task:
    """One product, objective and conformance period to be decided."""

    unit: Unit
    applied: AppliedObjective
    parameter: PerformanceParameter
    period: Period
    zone_name: str

    @property
    def objective(self) -> ServiceLevelObjective:
        return self.applied.objective

    @property
    def product_id(self) -> str:
        return self.unit.product_id


@dataclass(frozen=True)
class PlanRequest:
    """`length` overrides each objective's own conformance period (P1D for daily figures).
    `until_s` cuts every period at an instant: a period to date."""

    period: Period
    length: str | None = None
    until_s: int | None = None


@dataclass
class Plan:
    units: list[Unit] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)


def plan_assessment(
    products: Iterable[Product],
    catalog: Catalog,
    snapshot: InventorySnapshot,
    exclusions: Mapping[str, Sequence[Interval]],
    request: PlanRequest,
) -> Plan:
    """Tasks in the order of products, objectives and periods. `exclusions` by product id; an
    objective whose parameter nobody defined is set aside with its reason, the rest go on."""
    plan = Plan()
    for product in products:
        excluded = union(exclusions.get(product.id, ()))
        _plan_product(plan, product, _Sources(catalog, snapshot, excluded, request))
    return plan


@dataclass(frozen=True)
class _Sources:
    catalog: Catalog
    snapshot: InventorySnapshot
    exclusions: Sequence[Interval]
    request: PlanRequest


def _plan_product(plan: Plan, product: Product, sources: _Sources) -> None:
    units: dict[object, Unit] = {}
    for applied, period, zone_name in _periods_of(product, sources):
        objective = applied.objective
        parameter = sources.catalog.parameters.get(objective.parameter)
        if parameter is None:
            plan.set_aside.append(
                f"{product.id} {objective.id}: parameter {objective.parameter!r} is not defined"
            )
            continue
        valid = validity(objective, zone_name)
        bounds = period.bounds(zone_name)
        if not intersect([valid], [bounds]):
            continue
        key = (zone_name, objective.service_hours, bounds, valid)
        unit = units.get(key)
        if unit is None:
            unit = _unit(len(plan.units), product, objective, (bounds, valid), sources)
            units[key] = unit
            plan.units.append(unit)
        plan.tasks.append(Task(unit, applied, parameter, period, zone_name))


def _periods_of(
    product: Product, sources: _Sources
) -> Iterator[tuple[AppliedObjective, Period, str]]:
    """Each objective that applies, with the periods it is decided for. The standard in force at
    the start of a period, in the objective's own zone, applies to it; for a product that starts
    later, the one in force at its start."""
    request = sources.request
    own_zone = product.time_zone or "UTC"
    for zone_name, length in sorted(_rhythms(product, own_zone, sources)):
        for period in conformance_periods(request.period, length):
            start_s = max(period.bounds(zone_name)[0], seconds(product.start))
            for applied in objectives_of(product, sources.catalog, sources.snapshot, start_s):
                objective = applied.objective
                if (
                    objective.time_zone or own_zone,
                    request.length or objective.conformance_period,
                ) == (zone_name, length):
                    yield applied, period, zone_name


def _rhythms(product: Product, own_zone: str, sources: _Sources) -> set[tuple[str, str]]:
    """Zones and period lengths that the product's objectives may have."""
    objectives = list(possible_objectives(product, sources.catalog, sources.snapshot))
    at_s = seconds(product.start)
    negotiated = objectives_of(product, sources.catalog, sources.snapshot, at_s)
    objectives += [a.objective for a in negotiated]
    return {
        (o.time_zone or own_zone, sources.request.length or o.conformance_period)
        for o in objectives
    }


def validity(objective: ServiceLevelObjective, zone_name: str) -> Interval:
    """[valid_from, valid_to) as instants: local midnights in the objective's zone."""
    return (
        midnight(objective.valid_from, zone_name) if objective.valid_from else -FOREVER_S,
        midnight(objective.valid_to, zone_name) if objective.valid_to else FOREVER_S,
    )


def _unit(
    number: int,
    product: Product,
    objective: ServiceLevelObjective,
    bounds_and_validity: tuple[Interval, Interval],
    sources: _Sources,
) -> Unit:
    bounds, valid = bounds_and_validity
    active = (seconds(product.start), seconds(product.end) if product.end else FOREVER_S)
    start = max(bounds[0], active[0], valid[0])
    end = min(bounds[1], active[1], valid[1], sources.request.until_s or FOREVER_S)
    scope: Sequence[Interval] = [(start, end)] if start < end else []
    zone_name = objective.time_zone or product.time_zone or "UTC"
    if objective.service_hours and scope:
        scope = intersect(scope, hours_of(objective.service_hours, bounds, zone_name))
    excluded = intersect(scope, sources.exclusions) if sources.exclusions else []
    return Unit(
        number=number,
        product_id=product.id,
        period_start=bounds[0],
        period_end=bounds[1],
        scope=scope,
        excluded=excluded,
        allowed=subtract(scope, excluded) if excluded else scope,
    )


def hours_of(hours: ServiceHours, bounds: Interval, zone_name: str) -> Sequence[Interval]:
    """Service hours that touch `bounds`, as intervals."""
    tz = zone(zone_name)
    first = instant(bounds[0]).astimezone(tz).date()
    end = instant(bounds[1] - 1).astimezone(tz).date()
    return service_intervals(
        first,
        end + timedelta(days=1),
        zone_name,
        (hours.days, hours.from_minute, hours.to_minute, hours.holidays),
    )


def restricted(unit: Unit, away: Sequence[Interval], number: int) -> Unit:
    """The unit with further time excluded (M6: time in which the product was unavailable)."""
    excluded = union([*unit.excluded, *intersect(unit.scope, away)])
    return Unit(
        number=number,
        product_id=unit.product_id,
        period_start=unit.period_start,
        period_end=unit.period_end,
        scope=unit.scope,
        excluded=excluded,
        allowed=subtract(unit.scope, excluded),
    )
