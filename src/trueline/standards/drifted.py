"""What a drift report compares, read from every room as known after one delivery."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import F

from trueline.intake.models import known_at
from trueline.intake.record import latest_delivery
from trueline.inventory.load_suppliers import suppliers_at
from trueline.inventory.models import AgreementVersion
from trueline.inventory.snapshot import snapshot_at
from trueline.offerings.catalog import (
    catalog_at,
    loaded_catalog,
    published_standards,
    scope_text,
)
from trueline.offerings.meaning import objective_meaning
from trueline.offerings.models import ObjectiveVersion, OfferingVersion, PublishedStandard
from trueline.offerings.scope import Level, StandardScope
from trueline.offerings.values import ServiceLevelObjective
from trueline.standards.drift_kinds import Compared, FileChange


def compared_at(at_s: int, delivery: int | None = None, old_after: int = 1) -> Compared:
    """Everything as known after `delivery` (the newest), to be compared at the instant `at_s`."""
    known = latest_delivery() if delivery is None else delivery
    return Compared(
        catalog_at(known),
        snapshot_at(known),
        suppliers_at(known),
        at_s,
        tuple(_file_changes(known)),
        dict(_recorded(known)),
        old_after,
    )


def _file_changes(known: int) -> Iterator[FileChange]:
    """Objectives of catalogue files that are newer than what was approved, and say otherwise."""
    loaded = loaded_catalog(known).offerings
    approved: dict[tuple[str, str], ServiceLevelObjective] = {}
    for one in published_standards(known):
        if one.scope.level is Level.OFFERING and one.scope.offering is not None:
            key = (one.scope.offering, one.objective.id)
            if key not in approved or approved[key].version < one.objective.version:
                approved[key] = one.objective
    for (offering_id, objective_id), standard in approved.items():
        offering = loaded.get(offering_id)
        for objective in offering.objectives if offering else ():
            same_id = objective.id == objective_id and objective.version > standard.version
            if same_id and objective_meaning(objective) != objective_meaning(standard):
                yield FileChange(
                    offering_id,
                    objective,
                    standard,
                    _published_by(known, offering_id, standard),
                    _file_of(known, offering_id, objective),
                )


def _published_by(known: int, offering_id: str, standard: ServiceLevelObjective) -> str:
    rows = PublishedStandard.objects.filter(
        known_at(known), objective_id=standard.id, version=standard.version
    )
    wanted = scope_text(StandardScope(offering=offering_id))
    row = rows.filter(scope=wanted).first()
    return row.published_by if row is not None else "nobody known"


def _file_of(known: int, offering_id: str, objective: ServiceLevelObjective) -> str:
    row = ObjectiveVersion.objects.filter(
        known_at(known),
        offering_id=offering_id,
        objective_id=objective.id,
        version=objective.version,
    ).first()
    return row.delivery.source if row is not None else "a file"


def _recorded(known: int) -> Iterator[tuple[str, date]]:
    """On which day the newest version of each thing was recorded."""
    day = F("delivery__recorded_at")
    offerings = OfferingVersion.objects.filter(known_at(known)).order_by("delivery_id")
    for name, at in offerings.values_list("offering_id", day):
        yield f"offering {name}", at.date()
    objectives = ObjectiveVersion.objects.filter(known_at(known)).order_by("delivery_id")
    for name, objective, at in objectives.values_list("offering_id", "objective_id", day):
        yield f"objective {name}/{objective}", at.date()
    agreements = AgreementVersion.objects.filter(known_at(known)).order_by("delivery_id")
    for name, at in agreements.values_list("agreement_id", day):
        yield f"agreement {name}", at.date()
