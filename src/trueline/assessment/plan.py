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
from trueline.inventory.resolve import (
    AppliedObjective,
    objectives_of,
    possible_objectives,
    resolver_of,
)
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


@dataclass(frozen=True, eq=False, slots=True)
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
    kinds = Kinds(catalog, snapshot, request)
    for product in products:
        excluded = union(exclusions.get(product.id, ()))
        _plan_product(plan, product, kinds, excluded)
    return plan


@dataclass(frozen=True)
class Due:
    """One objective and period that products of one kind share. `slot`: which of the kind's
    stretches of time it counts in. `parameter` None: nobody defined it."""

    applied: AppliedObjective
    parameter: PerformanceParameter | None
    period: Period
    zone_name: str
    slot: int


@dataclass(frozen=True)
class Stretch:
    """Time in which objectives count: within the bounds of a period, while they are valid, in
    service hours (None: always)."""

    bounds: Interval
    valid: Interval
    hours: Sequence[Interval] | None


@dataclass(frozen=True)
class Kind:
    """What is due of every product of one offering, zone and set of terms."""

    due: Sequence[Due]
    stretches: Sequence[Stretch]


@dataclass
class Kinds:
    """Thousands of products differ in little: what applies is worked out once for each kind."""

    catalog: Catalog
    snapshot: InventorySnapshot
    request: PlanRequest
    _periods: dict[object, list[tuple[str, str, Period]]] = field(default_factory=dict)
    _earliest: dict[object, int] = field(default_factory=dict)
    _kinds: dict[object, Kind] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._resolver = resolver_of(self.catalog, self.snapshot)

    def of(self, product: Product) -> Kind:
        alike = self._resolver.held_alike(product)
        periods = self._periods.get(alike)
        if periods is None:
            periods = self._periods[alike] = list(self._periods_of(product))
            self._earliest[alike] = min((p.bounds(z)[0] for z, _, p in periods), default=0)
        key = (alike, max(self._earliest[alike], seconds(product.start)))
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = self._kind(product, periods)
        return kind

    def _periods_of(self, product: Product) -> Iterator[tuple[str, str, Period]]:
        """Zone, length and period of all that may be due."""
        for zone_name, length in sorted(self._rhythms(product)):
            for period in conformance_periods(self.request.period, length):
                yield zone_name, length, period

    def _rhythms(self, product: Product) -> set[tuple[str, str]]:
        """Zones and period lengths that the product's objectives may have."""
        objectives = list(possible_objectives(product, self.catalog, self.snapshot))
        at_s = seconds(product.start)
        negotiated = objectives_of(product, self.catalog, self.snapshot, at_s)
        objectives += [a.objective for a in negotiated]
        return {self._rhythm(product, objective) for objective in objectives}

    def _rhythm(self, product: Product, objective: ServiceLevelObjective) -> tuple[str, str]:
        zone_name = objective.time_zone or product.time_zone or "UTC"
        return zone_name, self.request.length or objective.conformance_period

    def _kind(self, product: Product, periods: Sequence[tuple[str, str, Period]]) -> Kind:
        """Each objective that applies, with the periods it is decided for. The standard in force
        at the start of a period, in the objective's own zone, applies to it; for a product that
        starts later, the one in force at its start."""
        due: list[Due] = []
        slots: dict[object, int] = {}
        stretches: list[Stretch] = []
        for zone_name, length, period in periods:
            bounds = period.bounds(zone_name)
            start_s = max(bounds[0], seconds(product.start))
            for applied in objectives_of(product, self.catalog, self.snapshot, start_s):
                objective = applied.objective
                if self._rhythm(product, objective) != (zone_name, length):
                    continue
                parameter = self.catalog.parameters.get(objective.parameter)
                valid = validity(objective, zone_name)
                if parameter is not None and not intersect([valid], [bounds]):
                    continue
                key = (zone_name, objective.service_hours, bounds, valid)
                if key not in slots:
                    slots[key] = len(stretches)
                    hours = objective.service_hours
                    open_time = hours_of(hours, bounds, zone_name) if hours else None
                    stretches.append(Stretch(bounds, valid, open_time))
                due.append(Due(applied, parameter, period, zone_name, slots[key]))
        return Kind(due, stretches)


def _plan_product(
    plan: Plan, product: Product, kinds: Kinds, exclusions: Sequence[Interval]
) -> None:
    kind = kinds.of(product)
    active = (seconds(product.start), seconds(product.end) if product.end else FOREVER_S)
    until_s = kinds.request.until_s
    if until_s:
        active = (active[0], min(active[1], until_s))
    units: dict[int, Unit] = {}
    for due in kind.due:
        if due.parameter is None:
            objective = due.applied.objective
            plan.set_aside.append(
                f"{product.id} {objective.id}: parameter {objective.parameter!r} is not defined"
            )
            continue
        unit = units.get(due.slot)
        if unit is None:
            scope = _scope(kind.stretches[due.slot], active)
            unit = _unit(len(plan.units), product.id, kind.stretches[due.slot], scope, exclusions)
            units[due.slot] = unit
            plan.units.append(unit)
        plan.tasks.append(Task(unit, due.applied, due.parameter, due.period, due.zone_name))


def validity(objective: ServiceLevelObjective, zone_name: str) -> Interval:
    """[valid_from, valid_to) as instants: local midnights in the objective's zone."""
    return (
        midnight(objective.valid_from, zone_name) if objective.valid_from else -FOREVER_S,
        midnight(objective.valid_to, zone_name) if objective.valid_to else FOREVER_S,
    )


def _scope(stretch: Stretch, active: Interval) -> Sequence[Interval]:
    start = max(stretch.bounds[0], active[0], stretch.valid[0])
    end = min(stretch.bounds[1], active[1], stretch.valid[1])
    if start >= end:
        return []
    return [(start, end)] if stretch.hours is None else intersect([(start, end)], stretch.hours)


def _unit(
    number: int,
    product_id: str,
    stretch: Stretch,
    scope: Sequence[Interval],
    exclusions: Sequence[Interval],
) -> Unit:
    excluded = intersect(scope, exclusions) if exclusions else []
    return Unit(
        number=number,
        product_id=product_id,
        period_start=stretch.bounds[0],
        period_end=stretch.bounds[1],
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
