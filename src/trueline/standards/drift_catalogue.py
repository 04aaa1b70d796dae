"""Products against the catalogue of today: offerings, promises, prices, files, versions kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation

from trueline.assessment.advised_credits import CHARGE, charge_of
from trueline.calendars.periods import midnight
from trueline.inventory.chosen import Standards, customer_class_of, standards_of
from trueline.inventory.values import Product
from trueline.offerings.values import ProductOffering, ServiceLevelObjective
from trueline.standards.drift_kinds import Compared, Drift, DriftFinding, finding, held
from trueline.standards.strictness import differences

RETIRED = frozenset({"retired", "obsolete", "end of life"})
STATUS, UNTIL = "lifecycle_status", "valid_to"  # characteristics of an offering


def offering_drift(compared: Compared, sold: Sequence[Product]) -> Iterator[DriftFinding]:
    by_offering: dict[str, list[Product]] = defaultdict(list)
    for product in sold:
        by_offering[product.offering_id].append(product)
    for offering_id, products in sorted(by_offering.items()):
        offering = compared.catalog.offerings.get(offering_id)
        if offering is None:
            told = "sold, and not in the catalogue"
            yield finding(Drift.OFFERING_GONE, offering_id, told, products, None)
            continue
        yield from _retired(compared, offering, products)
        yield from _ended_promises(compared, offering, products)
        yield from _prices(compared, offering, products)


def _retired(
    compared: Compared, offering: ProductOffering, products: Sequence[Product]
) -> Iterator[DriftFinding]:
    until, status = offering.characteristics.get(UNTIL), offering.characteristics.get(STATUS, "")
    ended: date | None = None
    with suppress(ValueError):  # no day: the status alone decides
        ended = date.fromisoformat(until) if until else None
    over = ended is not None and midnight(ended, "UTC") <= compared.at_s
    if over or status.lower() in RETIRED:
        told = f"{status or 'valid'} until {until}" if until else status
        since = ended if over else compared.recorded.get(f"offering {offering.id}")
        yield finding(Drift.OFFERING_RETIRED, offering.id, told, products, since)


def _ended_promises(
    compared: Compared, offering: ProductOffering, products: Sequence[Product]
) -> Iterator[DriftFinding]:
    """Objectives of which no version is in force any more, nor will be."""
    versions: dict[str, list[ServiceLevelObjective]] = defaultdict(list)
    for objective in offering.objectives:
        versions[objective.id].append(objective)
    for objective_id, own in versions.items():
        ends = [one.valid_to for one in own if one.valid_to is not None]
        if len(ends) < len(own) or midnight(max(ends), "UTC") > compared.at_s:
            continue
        lacking = [
            product
            for product in products
            if objective_id not in held(product, compared, compared.snapshot)
        ]
        if lacking:
            told = f"{objective_id} ended on {max(ends).isoformat()} without a successor"
            yield finding(Drift.PROMISE_ENDED, offering.id, told, lacking, max(ends))


def _prices(
    compared: Compared, offering: ProductOffering, products: Sequence[Product]
) -> Iterator[DriftFinding]:
    """Charges against the list price, where the catalogue has one."""
    try:
        listed = Decimal(offering.characteristics[CHARGE])
    except (KeyError, InvalidOperation):
        return
    other = [p for p in products if (charge := charge_of(p)) is not None and charge != listed]
    if other:
        told = f"charged otherwise than the list price {listed:f}"
        since = compared.recorded.get(f"offering {offering.id}")
        yield finding(Drift.PRICE_DIFFERS, offering.id, told, other, since)


def file_drift(compared: Compared, sold: Sequence[Product]) -> Iterator[DriftFinding]:
    for change in compared.file_changes:
        keys = ", ".join(d.key for d in differences(change.approved, change.objective))
        told = (
            f"{change.file_name} brought version {change.objective.version} after version "
            f"{change.approved.version} was approved by {change.approved_by}; it differs in {keys}"
        )
        subject = f"{change.offering_id}/{change.objective.id}"
        products = [p for p in sold if p.offering_id == change.offering_id]
        since = compared.recorded.get(f"objective {subject}")
        yield finding(Drift.FILE_OVER_APPROVED, subject, told, products, since)


def version_drift(compared: Compared, sold: Sequence[Product]) -> Iterator[DriftFinding]:
    """Products that keep a version while newer ones are in force for new sales."""
    touched: dict[tuple[str, int, int], list[Product]] = defaultdict(list)
    days: dict[tuple[str, int, int], date | None] = {}
    kept: dict[tuple[str, str], Standards] = {}
    for product in sold:
        if product.offering_id not in compared.catalog.offerings:
            continue
        kind = (product.offering_id, customer_class_of(product, compared.snapshot))
        if kind not in kept:
            kept[kind] = standards_of(compared.catalog, *kind)
        standards = kept[kind]
        if not standards.depends_on_start:
            continue
        for objective_id, one in held(product, compared, compared.standard_only).items():
            for scope, versions in standards.by_objective[objective_id].items():
                if one.objective not in versions or scope.words not in one.reasons:
                    continue
                newer = [v for v in versions if _newer(v, one.objective, product, compared.at_s)]
                if len(newer) >= compared.old_after:
                    newest = max(newer, key=lambda v: v.version)
                    key = (objective_id, one.objective.version, newest.version)
                    touched[key].append(product)
                    days[key] = min(v.valid_from for v in newer if v.valid_from is not None)
    for key, products in touched.items():
        told = f"keeps version {key[1]} where version {key[2]} is sold today"
        yield finding(Drift.VERSION_OLD, key[0], told, products, days[key])


def _newer(
    version: ServiceLevelObjective, held: ServiceLevelObjective, product: Product, at_s: int
) -> bool:
    zone = version.time_zone or product.time_zone
    if version.version <= held.version or version.valid_from is None:
        return False
    over = version.valid_to is not None and midnight(version.valid_to, zone) <= at_s
    return midnight(version.valid_from, zone) <= at_s and not over
