"""Where what was agreed and sold has come apart from what the catalogue says now (R2 i), each with
its severity, whom it touches, since when, and the mend."""

from __future__ import annotations

from collections.abc import Iterator

from trueline.calendars.instants import seconds
from trueline.calendars.periods import midnight
from trueline.inventory.rules import members, parse_rule
from trueline.inventory.suppliers import Commitment
from trueline.inventory.values import Product
from trueline.standards.chains import CHAINED, in_force, supports_of
from trueline.standards.drift_catalogue import file_drift, offering_drift, version_drift
from trueline.standards.drift_kinds import Compared, Drift, DriftFinding, finding, held
from trueline.standards.drift_terms import broken_terms, term_drift

ENDS_SOON_S = 60 * 86_400


def drift(compared: Compared) -> list[DriftFinding]:
    """Every finding, severest kind first, then by subject."""
    sold = [p for p in compared.snapshot.products.values() if _in_service(p, compared.at_s)]
    found = [
        *offering_drift(compared, sold),
        *file_drift(compared, sold),
        *broken_terms(compared, sold),
        *term_drift(compared, sold),
        *version_drift(compared, sold),
        *_suppliers(compared),
    ]
    order = list(Drift)
    return sorted(found, key=lambda one: (order.index(one.kind), one.subject, one.detail))


def _in_service(product: Product, at_s: int) -> bool:
    ended = product.end is not None and seconds(product.end) <= at_s
    return seconds(product.start) <= at_s and not ended


def _suppliers(compared: Compared) -> Iterator[DriftFinding]:
    """Commitments that ended, or will soon, without a successor of the same supplier, while
    promises of availability or repair go on that rest on them."""
    for one in compared.suppliers.commitments.values():
        if one.valid_to is None:
            continue
        ends_s = midnight(one.valid_to, one.time_zone)
        if ends_s > compared.at_s + ENDS_SOON_S:
            continue
        resting = _resting(compared, one, max(ends_s, compared.at_s))
        if not resting:
            continue
        told = f"{one.title} of {one.supplier_id}"
        day = one.valid_to.isoformat()
        if ends_s <= compared.at_s:
            ended = f"{told} ended on {day}"
            yield finding(Drift.SUPPLIER_ENDED, one.id, ended, resting, one.valid_to)
        else:
            left = -(-(ends_s - compared.at_s) // 86_400)
            ending = f"{told} ends on {day}, in {left} days"
            yield finding(Drift.SUPPLIER_ENDING, one.id, ending, resting, None)


def _resting(compared: Compared, commitment: Commitment, after_s: int) -> list[Product]:
    """Products in service under its rule whose promises it bears on, and that no other commitment
    of the same supplier carries from `after_s` on."""
    followed: set[str] = set()
    for other in compared.suppliers.commitments.values():
        if _follows(other, commitment) and in_force(other, (after_s, after_s + 1)):
            followed.update(_members(compared, other))
    return [
        product
        for product in (compared.snapshot.products[n] for n in _members(compared, commitment))
        if product.id not in followed and _bears_on(compared, commitment, product)
    ]


def _follows(other: Commitment, commitment: Commitment) -> bool:
    """Another commitment of the same supplier that promises the same things."""
    if other.supplier_id != commitment.supplier_id or other.id == commitment.id:
        return False
    pairs = (
        (commitment.availability, other.availability),
        (commitment.repair_s, other.repair_s),
    )
    return all(mine is None or theirs is not None for mine, theirs in pairs)


def _members(compared: Compared, commitment: Commitment) -> tuple[str, ...]:
    rule = parse_rule(commitment.products)
    return members(rule, compared.snapshot, catalog=compared.catalog, at_s=compared.at_s)


def _bears_on(compared: Compared, commitment: Commitment, product: Product) -> bool:
    promises = [one.objective for one in held(product, compared, compared.snapshot).values()]
    return any(
        objective.statistic in CHAINED and supports_of(objective, [commitment])
        for objective in promises
    )
