"""Which figures a change of the catalogue touches: exactly those that have to be issued again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from trueline.assessment.plan import Plan, PlanRequest, Task, plan_assessment
from trueline.calendars.intervals import Interval
from trueline.calendars.periods import Period
from trueline.inventory.values import InventorySnapshot, Product
from trueline.offerings.meaning import canonical, objective_plain
from trueline.offerings.values import Catalog, ServiceLevelObjective

_NOT_COMPARED = frozenset(("name", "annotations", "valid_from", "valid_to"))


@dataclass(frozen=True)
class Reissue:
    """One figure that rests on another version now; version 0: it was, or is, not promised."""

    period: str  # the conformance period
    product_id: str
    objective_id: str
    before: int
    after: int


def to_reissue(
    before: Catalog,
    after: Catalog,
    snapshot: InventorySnapshot,
    products: Sequence[Product],
    periods: Iterable[Period],
) -> tuple[Reissue, ...]:
    """Figures of `products` in the assessed `periods` whose promise, or the time in which it
    counts, differs between the two catalogues. Sorted by period, product, objective."""
    found: dict[tuple[str, str, str], Reissue] = {}
    for period in periods:
        old = _tasks(products, before, snapshot, period)
        new = _tasks(products, after, snapshot, period)
        for one in _changed(old, new):
            found[one.period, one.product_id, one.objective_id] = one
    return tuple(found[key] for key in sorted(found))


_Name = tuple[str, str, str]


def _tasks(
    products: Sequence[Product], catalog: Catalog, snapshot: InventorySnapshot, period: Period
) -> Mapping[_Name, Task]:
    exclusions: Mapping[str, Sequence[Interval]] = {}  # they do not depend on a standard
    plan: Plan = plan_assessment(products, catalog, snapshot, exclusions, PlanRequest(period))
    return {(t.period.label, t.product_id, t.objective.id): t for t in plan.tasks}


def _changed(old: Mapping[_Name, Task], new: Mapping[_Name, Task]) -> Iterator[Reissue]:
    for name in old.keys() | new.keys():
        one, other = old.get(name), new.get(name)
        if one is not None and other is not None and _same(one, other):
            continue
        yield Reissue(
            *name,
            before=one.objective.version if one else 0,
            after=other.objective.version if other else 0,
        )


def _same(one: Task, other: Task) -> bool:
    if one.unit.scope != other.unit.scope:
        return False
    if one.objective is other.objective:
        return True
    return _promise(one.objective) == _promise(other.objective)


def _promise(objective: ServiceLevelObjective) -> str:
    plain = objective_plain(objective)
    return canonical({key: plain[key] for key in plain if key not in _NOT_COMPARED})
