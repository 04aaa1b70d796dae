"""Load a catalogue file: sound definitions are recorded as versions, broken ones set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from trueline.errors import InputError, Place
from trueline.intake.ledger import Ledger
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.models import Delivery
from trueline.intake.recorded_load import (
    Outcome,
    record_load,
    record_versions,
    source_of,
    supersede,
)
from trueline.intake.yaml_tree import MAX_BYTES
from trueline.offerings.catalog import highest_version, loaded_catalog
from trueline.offerings.meaning import (
    canonical,
    objective_meaning,
    objective_plain,
    offering_plain,
    parameter_plain,
)
from trueline.offerings.models import (
    CatalogueFile,
    ObjectiveVersion,
    OfferingVersion,
    ParameterVersion,
)
from trueline.offerings.openslo import is_openslo, parse_openslo
from trueline.offerings.openslo_documents import Unmapped
from trueline.offerings.parse import ParsedCatalogue, parse_offerings
from trueline.offerings.scope import StandardScope
from trueline.offerings.values import Catalog, PerformanceParameter, ProductOffering
from trueline.settings.workspace import Workspace


def load_offerings(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    """Load `path`, trueline/v1 or OpenSLO v1. A definition already known with the same meaning is
    a duplicate; one that differs supersedes it, and only objectives that changed rise in version.
    """
    source = source_of("offerings", path, options)
    data = read_bounded(path)

    def write(delivery: Delivery) -> Outcome:
        known = loaded_catalog(delivery.id)
        unmapped: tuple[Unmapped, ...] = ()
        if is_openslo(data):
            imported = parse_openslo(data, path.name, known.parameters)
            parsed, unmapped = imported.catalogue, imported.unmapped
            parsed.offerings = [_joined(offering, known) for offering in parsed.offerings]
        else:
            parsed = parse_offerings(data, path.name, known.parameters)
        CatalogueFile.objects.create(delivery=delivery, name=path.name, content=data)
        outcome = record_catalogue(delivery, parsed)
        outcome.messages = [*outcome.messages, *(f"not mapped: {item}" for item in unmapped)]
        return outcome

    return record_load(workspace, source, options, write)


def _joined(offering: ProductOffering, known: Catalog) -> ProductOffering:
    """An OpenSLO file need not hold all SLOs of a service: objectives under other ids stay."""
    before = known.offerings.get(offering.id)
    if before is None:
        return offering
    brought = {objective.id: objective for objective in offering.objectives}
    kept = [brought.pop(objective.id, objective) for objective in before.objectives]
    return replace(
        offering,
        name=offering.name or before.name,
        characteristics=offering.characteristics or before.characteristics,
        objectives=(*kept, *brought.values()),
    )


def read_bounded(path: Path) -> bytes:
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(
            f"The file is larger than {MAX_BYTES:,} bytes",
            place=Place(path.name),
            mend="Split it into several files",
        )
    return data


def record_catalogue(delivery: Delivery, parsed: ParsedCatalogue) -> Outcome:
    """Record the sound definitions of `parsed` under `delivery`; call inside its transaction."""
    ledger = Ledger(set_aside=len(parsed.set_aside))
    _record_parameters(delivery, parsed.parameters, ledger)
    _record_offerings(delivery, parsed.offerings, ledger)
    return Outcome(ledger, parsed.set_aside, parsed.warnings)


def _record_parameters(
    delivery: Delivery, parameters: Sequence[PerformanceParameter], ledger: Ledger
) -> None:
    current = {row.parameter_id: row for row in ParameterVersion.objects.filter(superseded_by=None)}
    new, replaced = [], []
    for parameter in parameters:
        definition = canonical(parameter_plain(parameter))
        known = current.get(parameter.id)
        if known is not None and known.definition == definition:
            ledger.duplicate += 1
            continue
        _count(ledger, corrected=known is not None)
        if known is not None:
            replaced.append(known.pk)
        new.append(
            ParameterVersion(delivery=delivery, parameter_id=parameter.id, definition=definition)
        )
    supersede(ParameterVersion, replaced, delivery)
    record_versions(new)


def _record_offerings(
    delivery: Delivery, offerings: Sequence[ProductOffering], ledger: Ledger
) -> None:
    current = {row.offering_id: row for row in OfferingVersion.objects.filter(superseded_by=None)}
    new, replaced = [], []
    for position, offering in enumerate(offerings):
        definition = canonical(offering_plain(replace(offering, objectives=())))
        known = current.get(offering.id)
        changed = _record_objectives(delivery, offering)
        if known is not None and known.definition == definition:
            if changed:
                _count(ledger, corrected=True)
            else:
                ledger.duplicate += 1
            continue
        _count(ledger, corrected=known is not None)
        if known is not None:
            replaced.append(known.pk)
        new.append(
            OfferingVersion(
                delivery=delivery,
                offering_id=offering.id,
                position=position if known is None else known.position,
                definition=definition,
            )
        )
    supersede(OfferingVersion, replaced, delivery)
    record_versions(new)


def _record_objectives(delivery: Delivery, offering: ProductOffering) -> bool:
    """Record what changed among the objectives of `offering`; True when anything did."""
    rows = ObjectiveVersion.objects.filter(offering_id=offering.id)
    current = list(rows.filter(superseded_by=None).order_by("position", "id"))
    highest: dict[str, int] = {}
    by_meaning = {(row.objective_id, row.meaning): row for row in current}
    kept: set[int] = set()
    new = []
    for position, objective in enumerate(offering.objectives):
        meaning = objective_meaning(objective)
        definition = canonical(objective_plain(objective))
        known = by_meaning.get((objective.id, meaning))
        if known and known.definition == definition and known.position == position:
            kept.add(known.pk)
            continue
        if known is None:
            if objective.id not in highest:
                scope = StandardScope(offering=offering.id)
                highest[objective.id] = highest_version(scope, objective.id)
            highest[objective.id] += 1
        new.append(
            ObjectiveVersion(
                delivery=delivery,
                offering_id=offering.id,
                objective_id=objective.id,
                version=known.version if known else highest[objective.id],
                position=position,
                meaning=meaning,
                definition=definition,
            )
        )
    gone = [row.pk for row in current if row.pk not in kept]
    supersede(ObjectiveVersion, gone, delivery)
    record_versions(new)
    return bool(new or gone)


def _count(ledger: Ledger, *, corrected: bool) -> None:
    ledger.accepted += 1
    if corrected:
        ledger.corrected += 1
