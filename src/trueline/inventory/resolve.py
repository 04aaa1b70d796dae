"""Which objectives a product is held to, and why: negotiated agreement before offering (R2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from trueline.calendars.instants import seconds
from trueline.calendars.periods import midnight
from trueline.errors import InputError
from trueline.inventory.values import Agreement, AgreementTerm, InventorySnapshot, Product
from trueline.offerings.override import with_changes
from trueline.offerings.validate import objective_faults
from trueline.offerings.values import Catalog, ProductOffering, ServiceLevelObjective

_Negotiated = tuple[Agreement, AgreementTerm]


@dataclass(frozen=True)
class AppliedObjective:
    """An objective as it holds for one product. `reasons`: why these values apply, in order."""

    objective: ServiceLevelObjective
    offering_id: str
    agreement_id: str | None
    reasons: tuple[str, ...]


def objectives_of(
    product: Product, catalog: Catalog, snapshot: InventorySnapshot, at_s: int
) -> tuple[AppliedObjective, ...]:
    """The objectives that hold for `product` at `at_s` or, where the product starts later, at its
    start. Of several versions of one objective the one in force then, else the first that comes
    into force later; one whose validity is over does not apply."""
    return _resolver(_Same(catalog), _Same(snapshot)).objectives_of(product, at_s)


def negotiated_terms(
    product: Product, catalog: Catalog, snapshot: InventorySnapshot
) -> list[AgreementTerm]:
    """Terms that cover the product, at whatever time. Products of one offering and zone under the
    same terms are held to the same objectives at the same time."""
    resolver = _resolver(_Same(catalog), _Same(snapshot))
    return [term for _, term in resolver.terms_of(product)]


def in_force(
    versions: Iterable[ServiceLevelObjective], zone: str, at_s: int
) -> ServiceLevelObjective | None:
    """Of the versions of one objective the one in force at `at_s`, else the next to come."""
    later: list[tuple[int, ServiceLevelObjective]] = []
    for objective in versions:
        local = objective.time_zone or zone
        if objective.valid_to is not None and midnight(objective.valid_to, local) <= at_s:
            continue
        start = midnight(objective.valid_from, local) if objective.valid_from else None
        if start is None or start <= at_s:
            return objective
        later.append((start, objective))
    return min(later, key=lambda pair: pair[0])[1] if later else None


class Resolver:
    """Resolves many products of one catalogue and snapshot: products of one offering and zone
    under the same terms share the outcome."""

    def __init__(self, catalog: Catalog, snapshot: InventorySnapshot) -> None:
        self.catalog = catalog
        self._named = {p.agreement_id for p in snapshot.products.values() if p.agreement_id}
        self._general: dict[str, list[_Negotiated]] = defaultdict(list)  # by customer
        self._special: dict[tuple[str, str], list[_Negotiated]] = defaultdict(list)
        for _, agreement in sorted(snapshot.agreements.items()):
            for term in agreement.terms:
                if term.product_ids is None:
                    self._general[agreement.customer_id].append((agreement, term))
                for product_id in term.product_ids or ():
                    self._special[agreement.customer_id, product_id].append((agreement, term))
        self._shared: dict[tuple[object, ...], tuple[AppliedObjective, ...]] = {}

    def objectives_of(self, product: Product, at_s: int) -> tuple[AppliedObjective, ...]:
        offering = self.catalog.offerings.get(product.offering_id)
        if offering is None:
            return ()
        effective_s = max(at_s, seconds(product.start))
        terms = self.terms_of(product)
        key = (offering.id, product.time_zone, effective_s, *(id(term) for _, term in terms))
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = self._resolved(
                offering, product.time_zone, terms, effective_s
            )
        return found

    def terms_of(self, product: Product) -> list[_Negotiated]:
        """Terms that cover the product: those for every product first, so that a term for this
        product by name has the last word."""
        general = self._general.get(product.customer_id)
        special = self._special.get((product.customer_id, product.id))
        if not general and not special:
            return []
        return [
            (agreement, term)
            for agreement, term in (*(general or ()), *(special or ()))
            if agreement.id not in self._named or product.agreement_id == agreement.id
        ]

    def _resolved(
        self, offering: ProductOffering, zone: str, terms: list[_Negotiated], at_s: int
    ) -> tuple[AppliedObjective, ...]:
        applied = {
            name: AppliedObjective(
                objective, offering.id, None, (f"offering {offering.id}", _why(objective))
            )
            for name, objective in _chosen(offering, zone, at_s).items()
        }
        for agreement, term in terms:
            known = applied.get(term.objective_id)
            local = (known.objective.time_zone if known else None) or zone
            if not _term_in_force(term, local, at_s):
                continue
            changed = self._with_term(offering.id, known, agreement, term)
            if changed is not None:
                applied[term.objective_id] = changed
        return tuple(applied.values())

    def _with_term(
        self,
        offering_id: str,
        known: AppliedObjective | None,
        agreement: Agreement,
        term: AgreementTerm,
    ) -> AppliedObjective | None:
        """The objective with the term's changes; a term that makes no sound objective is left out
        and said so."""
        reasons = known.reasons if known else (f"offering {offering_id} has no such objective",)
        named = ", ".join(f"{key} = {text or 'none'}" for key, text in term.changes.items())
        try:
            outcome = with_changes(
                known.objective if known else None, term.objective_id, term.changes
            )
            faults = objective_faults(outcome.objective, self.catalog.parameters)
            broken = faults[0].what if faults else None
        except InputError as error:
            broken = error.what
        if broken is not None:
            if known is None:
                return None
            why = f"agreement {agreement.id}: {named} was NOT applied: {broken}"
            return AppliedObjective(
                known.objective, offering_id, known.agreement_id, (*reasons, why)
            )
        validity = _validity(term)
        why = f"agreement {agreement.id}: {named}{validity}"
        return AppliedObjective(
            outcome.objective, offering_id, agreement.id, (*reasons, why, *outcome.notes)
        )


def _chosen(offering: ProductOffering, zone: str, at_s: int) -> dict[str, ServiceLevelObjective]:
    by_id: dict[str, list[ServiceLevelObjective]] = {}
    for objective in offering.objectives:
        by_id.setdefault(objective.id, []).append(objective)
    chosen = {name: in_force(versions, zone, at_s) for name, versions in by_id.items()}
    return {name: objective for name, objective in chosen.items() if objective is not None}


def _why(objective: ServiceLevelObjective) -> str:
    text = f"{objective.id} version {objective.version}"
    if objective.valid_from:
        text += f", valid from {objective.valid_from.isoformat()}"
    if objective.valid_to:
        text += f", valid to {objective.valid_to.isoformat()}"
    return text


def _term_in_force(term: AgreementTerm, zone: str, at_s: int) -> bool:
    if term.valid_from is not None and midnight(term.valid_from, zone) > at_s:
        return False
    return term.valid_to is None or at_s < midnight(term.valid_to, zone)


def _validity(term: AgreementTerm) -> str:
    text = f", valid from {term.valid_from.isoformat()}" if term.valid_from else ""
    return text + (f", valid to {term.valid_to.isoformat()}" if term.valid_to else "")


@dataclass(frozen=True, eq=False)
class _Same:
    """A value hashed by identity, so that a large catalogue or snapshot can key a cache."""

    value: object

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


@lru_cache(maxsize=4)
def _resolver(catalog: _Same, snapshot: _Same) -> Resolver:
    assert isinstance(catalog.value, Catalog)
    assert isinstance(snapshot.value, InventorySnapshot)
    return Resolver(catalog.value, snapshot.value)
