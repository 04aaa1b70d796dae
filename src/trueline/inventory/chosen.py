"""Which version of which standard holds for a sold offering, before negotiated terms (R2).

Class of customer before offering, before specification, before global; but what was agreed is
never overridden by what the operator merely finds acceptable. A version that reaches new sales
only leaves the others what they were sold or renewed with, until an approved migration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from trueline.calendars.instants import seconds
from trueline.calendars.periods import midnight
from trueline.inventory.values import InventorySnapshot, Product
from trueline.offerings.scope import StandardScope
from trueline.offerings.values import (
    Basis,
    Catalog,
    Migration,
    Rollout,
    ScopedObjective,
    ServiceLevelObjective,
)

RENEWED_ON = "renewed_on"  # the characteristic with the local day of the newest renewal
_ALWAYS_S = -(1 << 60)


@dataclass(frozen=True)
class Holder:
    """What of a product decides which versions it holds. `anchor_s`: its start, or its newest
    renewal that is not after the instant asked about."""

    zone: str
    anchor_s: int
    migrations: tuple[Migration, ...] = ()


@dataclass(frozen=True)
class Chosen:
    objective: ServiceLevelObjective
    reasons: tuple[str, ...]


@dataclass
class Standards:
    """Every standard that may hold for products of one offering and customer class, by id of the
    objective and by what it applies to."""

    by_objective: dict[str, dict[StandardScope, list[ServiceLevelObjective]]] = field(
        default_factory=dict
    )
    depends_on_start: bool = False  # some versions reach new sales only

    def add(self, scoped: ScopedObjective) -> None:
        scopes = self.by_objective.setdefault(scoped.objective.id, {})
        scopes.setdefault(scoped.scope, []).append(scoped.objective)
        self.depends_on_start |= scoped.objective.rollout is Rollout.NEW

    def all_objectives(self) -> Iterable[ServiceLevelObjective]:
        for scopes in self.by_objective.values():
            for versions in scopes.values():
                yield from versions


def standards_of(catalog: Catalog, offering_id: str, customer_class: str) -> Standards:
    """What may hold for products of `offering_id` (which the catalogue has) in that class."""
    offering = catalog.offerings[offering_id]
    found = Standards()
    own = StandardScope(offering=offering_id)
    for objective in offering.objectives:
        found.add(ScopedObjective(own, objective))
    for scoped in catalog.standards:
        if scoped.scope.covers(offering_id, offering.characteristics, customer_class):
            found.add(scoped)
    return found


def customer_class_of(product: Product, snapshot: InventorySnapshot) -> str:
    """The customer's segment; empty where the customer is not known."""
    customer = snapshot.customers.get(product.customer_id)
    return customer.segment if customer else ""


def anchor_of(product: Product, at_s: int) -> int:
    """The product's start, or its renewal where that lies between the start and `at_s`. A renewal
    that is no date counts as none."""
    start_s = seconds(product.start)
    text = product.characteristics.get(RENEWED_ON, "")
    try:
        renewed_s = midnight(date.fromisoformat(text), product.time_zone or "UTC")
    except ValueError:
        return start_s
    return renewed_s if start_s < renewed_s <= at_s else start_s


def choose(standards: Standards, holder: Holder, at_s: int) -> dict[str, Chosen]:
    """One version for each objective that holds at `at_s` or, where none does yet, the next."""
    found = {}
    for objective_id, scopes in standards.by_objective.items():
        chosen = _of_scopes(scopes, holder, at_s)
        if chosen is not None:
            found[objective_id] = chosen
    return found


def _of_scopes(
    scopes: Mapping[StandardScope, Sequence[ServiceLevelObjective]], holder: Holder, at_s: int
) -> Chosen | None:
    held: list[tuple[StandardScope, ServiceLevelObjective, str]] = []
    later: list[tuple[int, StandardScope, ServiceLevelObjective]] = []
    for scope in sorted(scopes, key=lambda one: one.rank):
        own = _of_versions(scopes[scope], _holder_in(holder, scope), at_s)
        if own is None:
            continue
        objective, from_s, note = own
        if from_s <= at_s:
            held.append((scope, objective, note))
        else:
            later.append((from_s, scope, objective))
    if not held:
        if not later:
            return None
        _, scope, objective = min(later, key=lambda one: (one[0], one[1].rank))
        return Chosen(objective, (scope.words, why(objective)))
    agreed = [one for one in held if one[1].basis is Basis.AGREED]
    scope, objective, note = (agreed or held)[0]
    reasons = [scope.words, why(objective), *([note] if note else [])]
    for other, passed, _ in held:
        if other.rank < scope.rank:
            reasons.append(
                f"{other.words}, {passed.id} version {passed.version}, was not applied: "
                "what is merely acceptable never overrides what was agreed"
            )
    return Chosen(objective, tuple(reasons))


def _holder_in(holder: Holder, scope: StandardScope) -> Holder:
    if not holder.migrations:
        return holder
    own = tuple(one for one in holder.migrations if one.scope == scope)
    return Holder(holder.zone, holder.anchor_s, own)


_Held = tuple[ServiceLevelObjective, int, str]  # the version, since when, and a note on why


def _of_versions(
    versions: Sequence[ServiceLevelObjective], holder: Holder, at_s: int
) -> _Held | None:
    """The version that came to this product last, else the next to come."""
    held: list[_Held] = []
    later: list[_Held] = []
    kept_from: list[ServiceLevelObjective] = []
    for objective in versions:
        zone = objective.time_zone or holder.zone
        if objective.valid_to is not None and midnight(objective.valid_to, zone) <= at_s:
            continue
        start_s = midnight(objective.valid_from, zone) if objective.valid_from else _ALWAYS_S
        reached = _reached(objective, start_s, holder, at_s)
        if reached is None:
            kept_from.append(objective)
            continue
        from_s, note = reached
        (held if from_s <= at_s else later).append((objective, from_s, note))
    if held:
        best = max(held, key=lambda one: (one[1], one[0].version))
        return (*best[:2], best[2] or _kept(best, kept_from))
    return min(later, key=lambda one: one[1]) if later else None


def _reached(
    objective: ServiceLevelObjective, start_s: int, holder: Holder, at_s: int
) -> tuple[int, str] | None:
    """From when the product holds this version, and why; None when it does not."""
    zone = objective.time_zone or holder.zone
    for one in holder.migrations:
        if (one.objective_id, one.version) == (objective.id, objective.version):
            from_s = midnight(one.valid_from, zone)
            if from_s <= at_s or objective.rollout is Rollout.NEW:
                agreed = f", as agreed in {one.agreement}" if one.agreement else ""
                note = f"migrated to it on {one.valid_from.isoformat()}{agreed}"
                return max(from_s, start_s), note
    if objective.rollout is Rollout.ALL or start_s <= holder.anchor_s:
        return start_s, ""
    return None


def _kept(best: _Held, passed: Sequence[ServiceLevelObjective]) -> str:
    """Why a newer version was left alone."""
    newest = max(passed, key=lambda one: one.version, default=None)
    if newest is None or newest.version <= best[0].version or newest.valid_from is None:
        return ""
    return (
        f"kept since it was sold or renewed: version {newest.version} is for products sold or "
        f"renewed from {newest.valid_from.isoformat()} on"
    )


def why(objective: ServiceLevelObjective) -> str:
    """Version and validity, as explanations say it."""
    text = f"{objective.id} version {objective.version}"
    if objective.valid_from:
        text += f", valid from {objective.valid_from.isoformat()}"
    if objective.valid_to:
        text += f", valid to {objective.valid_to.isoformat()}"
    return text
