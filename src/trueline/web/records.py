"""What was promised and sold, as known to the assessment that a page shows."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from trueline.assessment.aggregate import FIXED_DIMENSIONS, memberships
from trueline.inventory.resolve import objectives_of
from trueline.inventory.snapshot import snapshot_at
from trueline.inventory.values import InventorySnapshot
from trueline.offerings.catalog import catalog_at
from trueline.offerings.values import (
    Catalog,
    PerformanceParameter,
    Rollout,
    ServiceLevelObjective,
)
from trueline.settings.workspace import Workspace

GROUP, OFFERING = "group", "offering"


@dataclass(frozen=True, eq=False)
class Records:
    """Catalogue and inventory as known after one delivery, with the ways pages look into them."""

    catalog: Catalog
    inventory: InventorySnapshot

    @cached_property
    def objectives(self) -> Mapping[str, tuple[ServiceLevelObjective, ...]]:
        """Objectives by id; offerings may promise the same objective with other targets."""
        found: dict[str, list[ServiceLevelObjective]] = {}
        for offering in self.catalog.offerings.values():
            for objective in offering.objectives:
                found.setdefault(objective.id, []).append(objective)
        for standard in self.catalog.standards:
            found.setdefault(standard.objective.id, []).append(standard.objective)
        return {name: tuple(promised) for name, promised in found.items()}

    @cached_property
    def offerings_promising(self) -> Mapping[str, tuple[str, ...]]:
        """Ids of the offerings by the objective that they promise."""
        found: dict[str, list[str]] = {}
        for offering in self.catalog.offerings.values():
            for name in dict.fromkeys(objective.id for objective in offering.objectives):
                found.setdefault(name, []).append(offering.id)
        return {name: tuple(ids) for name, ids in found.items()}

    def objective_of(
        self, product_id: str, objective_id: str, at_s: int
    ) -> ServiceLevelObjective | None:
        """The objective as it held for this product at `at_s`, negotiated terms included."""
        product = self.inventory.products.get(product_id)
        applied = objectives_of(product, self.catalog, self.inventory, at_s) if product else ()
        own = [a.objective for a in applied if a.objective.id == objective_id]
        return newest(own or self.objectives.get(objective_id, ()))

    def promised_on(
        self, objective_id: str, day: date, offering_ids: Iterable[str] | None = None
    ) -> tuple[ServiceLevelObjective, ...]:
        """The versions of an objective that offerings (all by default) hold products to on a day;
        several where one is for new sales. A later version does not show in an earlier period."""
        offerings = self.catalog.offerings
        ids = sorted(offerings if offering_ids is None else offering_ids)
        return tuple(
            objective
            for offering_id in ids
            if offering_id in offerings
            for objective in standing(
                [o for o in offerings[offering_id].objectives if o.id == objective_id], day
            )
        )

    def parameter_of(self, objective: ServiceLevelObjective) -> PerformanceParameter | None:
        return self.catalog.parameters.get(objective.parameter)

    def customer_name(self, customer_id: str) -> str:
        customer = self.inventory.customers.get(customer_id)
        return (customer.name if customer else "") or customer_id

    def offering_name(self, offering_id: str) -> str:
        offering = self.catalog.offerings.get(offering_id)
        return (offering.name if offering else "") or offering_id

    def name_of(self, dimension: str, key: str) -> str:
        """What people call the set of products `dimension` = `key`."""
        if dimension == GROUP and key in self.inventory.groups:
            return self.inventory.groups[key].name or key
        if dimension == OFFERING:
            return self.offering_name(key)
        return key

    def members_by_key(self, dimension: str) -> Mapping[str, tuple[str, ...]]:
        """Product ids of every group, offering, segment or attribute value, as the assessment
        put them together."""
        if dimension not in self._members:
            fixed = dimension in FIXED_DIMENSIONS
            for found in memberships(self.inventory, self.catalog, () if fixed else (dimension,)):
                keyed = self._members.setdefault(found.dimension, {})
                keyed[found.key] = tuple(sorted(found.product_ids))
        return self._members.get(dimension, {})

    @cached_property
    def _members(self) -> dict[str, dict[str, tuple[str, ...]]]:
        return {}

    @cached_property
    def products_by_customer(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for product in self.inventory.products.values():
            found.setdefault(product.customer_id, []).append(product.id)
        return {customer: tuple(sorted(ids)) for customer, ids in found.items()}


def standing(versions: Sequence[ServiceLevelObjective], day: date) -> list[ServiceLevelObjective]:
    """Of one offering's versions of one objective those in force on `day`: the last one for every
    product, and what came for new sales since. Where none is in force yet, all."""

    def rank(objective: ServiceLevelObjective) -> tuple[date, int]:
        return objective.valid_from or date.min, objective.version

    begun = [
        one
        for one in versions
        if rank(one)[0] <= day and (one.valid_to is None or one.valid_to > day)
    ]
    for_all = max((o for o in begun if o.rollout is Rollout.ALL), key=rank, default=None)
    if for_all is None:
        return begun or list(versions)
    return [one for one in begun if rank(one) >= rank(for_all)]


def newest(promised: Iterable[ServiceLevelObjective]) -> ServiceLevelObjective | None:
    return max(promised, key=lambda objective: objective.version, default=None)


_known: dict[tuple[Path, int], Records] = {}
_reading = threading.Lock()


def records_at(workspace: Workspace, delivery: int) -> Records:
    """Records as known after `delivery`; read once, since what was known never changes."""
    key = (workspace.home, delivery)
    with _reading:
        if key not in _known:
            while len(_known) >= 4:  # old periods stay open in other tabs; more are rare
                _known.pop(next(iter(_known)))
            _known[key] = Records(catalog_at(delivery), snapshot_at(delivery))
        return _known[key]
