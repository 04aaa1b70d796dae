"""The catalogue as it would be with a draft in force, and whom that touches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from trueline.assessment.advised_credits import charge_of
from trueline.calendars.instants import seconds
from trueline.calendars.periods import midnight
from trueline.inventory.chosen import customer_class_of
from trueline.inventory.resolve import AppliedObjective, objectives_of
from trueline.inventory.values import InventorySnapshot, Product
from trueline.offerings.scope import Level, StandardScope
from trueline.offerings.values import Basis, Catalog, ScopedObjective, ServiceLevelObjective
from trueline.standards.document import StandardDraft
from trueline.standards.life_cycle import Exposure
from trueline.standards.strictness import promises_less

_EVER = date(1970, 1, 2)


@dataclass(frozen=True)
class Proposed:
    """A draft with the version it would get."""

    draft: StandardDraft
    version: int

    @property
    def scoped(self) -> ScopedObjective:
        objective = replace(self.draft.objective, version=self.version, rollout=self.draft.rollout)
        return ScopedObjective(self.draft.scope, objective)


def with_standard(catalog: Catalog, proposed: Proposed) -> Catalog:
    """The catalogue with the draft published, in the place of the version that it corrects. A
    correction reaches whom the version reached that it corrects."""
    one, corrects = proposed.scoped, proposed.draft.corrects
    key = (one.objective.id, corrects)
    held = versions_in(catalog, one.scope, one.objective.id)
    for earlier in held:
        if earlier.version == corrects:
            one = replace(one, objective=replace(one.objective, rollout=earlier.rollout))
    offering = catalog.offerings.get(one.scope.offering or "")
    if one.scope.level is Level.OFFERING and offering is not None:
        kept = [o for o in offering.objectives if (o.id, o.version) != key]
        changed = replace(offering, objectives=(*kept, one.objective))
        return replace(catalog, offerings={**catalog.offerings, offering.id: changed})
    beside = [
        s
        for s in catalog.standards
        if s.scope != one.scope or (s.objective.id, s.objective.version) != key
    ]
    return replace(catalog, standards=(*beside, one))


def versions_in(
    catalog: Catalog, scope: StandardScope, objective_id: str
) -> tuple[ServiceLevelObjective, ...]:
    """Versions of one standard that are known, oldest number first."""
    if scope.level is Level.OFFERING:
        offering = catalog.offerings.get(scope.offering or "")
        found = list(offering.objectives) if offering else []
    else:
        found = [one.objective for one in catalog.standards if one.scope == scope]
    own = [objective for objective in found if objective.id == objective_id]
    return tuple(sorted(own, key=lambda objective: objective.version))


def holders(
    scope: StandardScope, catalog: Catalog, snapshot: InventorySnapshot, from_s: int
) -> list[Product]:
    """Products that the scope covers and that are in service at or after `from_s`."""
    found = []
    for product in snapshot.products.values():
        offering = catalog.offerings.get(product.offering_id)
        if offering is None or (product.end is not None and seconds(product.end) <= from_s):
            continue
        customer_class = customer_class_of(product, snapshot)
        if scope.covers(offering.id, offering.characteristics, customer_class):
            found.append(product)
    return found


def exposure_of(products: Iterable[Product]) -> Exposure:
    """Products, customers and monthly charges; a charge that is missing or no number is unknown."""
    sold = list(products)
    charges = [charge_of(product) for product in sold]
    known = [charge for charge in charges if charge is not None]
    total = sum(known, Decimal(0)) if len(known) == len(charges) else None
    return Exposure(len(sold), len({product.customer_id for product in sold}), total)


def in_force_s(draft: StandardDraft, product: Product) -> int:
    """When the draft comes into force for a product, in the zone that counts."""
    day = draft.objective.valid_from or _EVER
    return midnight(day, draft.objective.time_zone or product.time_zone or "UTC")


def held_by(
    product: Product, catalog: Catalog, snapshot: InventorySnapshot, objective_id: str, at_s: int
) -> AppliedObjective | None:
    """What a product is held to under one objective."""
    applied = objectives_of(product, catalog, snapshot, at_s)
    return next((one for one in applied if one.objective.id == objective_id), None)


def promised_less(
    proposed: Proposed, catalog: Catalog, snapshot: InventorySnapshot, products: Iterable[Product]
) -> Mapping[str, tuple[str, ...]]:
    """By customer, the products that would be promised less than today by what was agreed, unless
    the draft says where the customer agreed."""
    draft = proposed.draft
    after = with_standard(catalog, proposed)
    found: dict[str, list[str]] = defaultdict(list)
    less: dict[tuple[int, int], bool] = {}  # thousands of products hold one version
    for product in products:
        if product.customer_id in draft.agreed_with:
            continue
        at_s, name = in_force_s(draft, product), draft.objective.id
        old = held_by(product, catalog, snapshot, name, at_s)
        new = held_by(product, after, snapshot, name, at_s)
        if old is None or old.objective.basis is Basis.ACCEPTABLE:
            continue
        both = (id(old.objective), id(None if new is None else new.objective))
        if both not in less:
            less[both] = new is None or promises_less(old.objective, new.objective)
        if less[both]:
            found[product.customer_id].append(product.id)
    return {customer: tuple(ids) for customer, ids in found.items()}
