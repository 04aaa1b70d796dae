"""Which objectives a product is held to, and why (R2): what the customer negotiated, else its
class, its offering, the specification, else what holds for all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from trueline.calendars.instants import seconds
from trueline.calendars.periods import midnight
from trueline.errors import InputError
from trueline.inventory.chosen import (
    RENEWED_ON,
    Holder,
    Standards,
    anchor_of,
    choose,
    customer_class_of,
    standards_of,
)
from trueline.inventory.values import Agreement, AgreementTerm, InventorySnapshot, Product
from trueline.offerings.override import with_changes
from trueline.offerings.validate import objective_faults
from trueline.offerings.values import Catalog, Migration, ServiceLevelObjective

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


def resolver_of(catalog: Catalog, snapshot: InventorySnapshot) -> Resolver:
    """The one that resolves products of this very catalogue and snapshot, kept for the next."""
    return _resolver(_Same(catalog), _Same(snapshot))


def possible_objectives(
    product: Product, catalog: Catalog, snapshot: InventorySnapshot
) -> tuple[ServiceLevelObjective, ...]:
    """Every version of every standard that may hold for `product` at some time, as approved:
    without negotiated terms."""
    if product.offering_id not in catalog.offerings:
        return ()
    standards = _resolver(_Same(catalog), _Same(snapshot)).standards_for(product)
    return tuple(standards.all_objectives())


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
        self._snapshot = snapshot
        self._classes = any(one.scope.customer_class is not None for one in catalog.standards)
        self._standards: dict[tuple[str, str], Standards] = {}
        self._migrations: dict[str, list[Migration]] = defaultdict(list)  # by product
        for migration in catalog.migrations:
            for product_id in migration.product_ids:
                self._migrations[product_id].append(migration)
        self._shared: dict[tuple[object, ...], tuple[AppliedObjective, ...]] = {}

    def objectives_of(self, product: Product, at_s: int) -> tuple[AppliedObjective, ...]:
        if product.offering_id not in self.catalog.offerings:
            return ()
        effective_s = max(at_s, seconds(product.start))
        standards = self.standards_for(product)
        terms = self._terms_of(product)
        holder = Holder(
            product.time_zone,
            anchor_of(product, effective_s) if standards.depends_on_start else 0,
            tuple(self._migrations.get(product.id, ())),
        )
        key = (id(standards), holder, effective_s, *(id(term) for _, term in terms))
        found = self._shared.get(key)
        if found is None:
            applied = {
                name: AppliedObjective(one.objective, product.offering_id, None, one.reasons)
                for name, one in choose(standards, holder, effective_s).items()
            }
            found = self._shared[key] = self._negotiated(
                applied, product.offering_id, product.time_zone, (terms, effective_s)
            )
        return found

    def held_alike(self, product: Product) -> tuple[object, ...]:
        """What the objectives of a product depend on, but for the time that is asked about."""
        if product.offering_id not in self.catalog.offerings:
            return (product.offering_id,)
        standards = self.standards_for(product)
        terms = tuple(id(term) for _, term in self._terms_of(product))
        anchor: tuple[object, ...] = ()
        if terms or standards.depends_on_start:
            anchor = (product.start, product.characteristics.get(RENEWED_ON))
        migrations = tuple(self._migrations.get(product.id, ()))
        return (id(standards), product.offering_id, product.time_zone, terms, migrations, anchor)

    def standards_for(self, product: Product) -> Standards:
        """Every standard that may hold for `product`, whose offering the catalogue has."""
        customer_class = customer_class_of(product, self._snapshot) if self._classes else ""
        key = (product.offering_id, customer_class)
        found = self._standards.get(key)
        if found is None:
            found = self._standards[key] = standards_of(self.catalog, *key)
        return found

    def _terms_of(self, product: Product) -> list[_Negotiated]:
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

    def _negotiated(
        self,
        applied: dict[str, AppliedObjective],
        offering_id: str,
        zone: str,
        terms_at: tuple[list[_Negotiated], int],
    ) -> tuple[AppliedObjective, ...]:
        terms, at_s = terms_at
        for agreement, term in terms:
            known = applied.get(term.objective_id)
            local = (known.objective.time_zone if known else None) or zone
            if not _term_in_force(term, local, at_s):
                continue
            changed = self._with_term(offering_id, known, agreement, term)
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
