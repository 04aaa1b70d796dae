"""Moving products that keep an older version to another one, when their customers agreed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from trueline.calendars.periods import midnight
from trueline.errors import InputError, Place, unknown_name
from trueline.intake.ledger import Ledger
from trueline.intake.load import LoadOptions
from trueline.intake.models import Delivery
from trueline.intake.record import DeliverySource, latest_delivery
from trueline.intake.recorded_load import Outcome, record_load
from trueline.inventory.snapshot import snapshot_at
from trueline.offerings.catalog import catalog_at, scope_of
from trueline.offerings.models import MigrationVersion
from trueline.offerings.values import Basis, Catalog, ServiceLevelObjective
from trueline.people.people import may
from trueline.settings.workspace import Workspace
from trueline.standards.acts import Deed, proposal_numbered
from trueline.standards.life_cycle import DRAFTERS, PUBLISHERS, Act, State, refuse_author
from trueline.standards.models import MigrationProposal
from trueline.standards.proposed import held_by, versions_in
from trueline.standards.strictness import promises_less


@dataclass(frozen=True)
class MigrationRequest:
    """Products to move to the version that a proposal was published as; `agreement`: where their
    customers agreed, needed wherever they are promised less."""

    proposal: int
    product_ids: tuple[str, ...]
    valid_from: date
    agreement: str = ""


def propose_migration(request: MigrationRequest, deed: Deed) -> MigrationProposal:
    """Ask for a migration; refused where a customer who has to agree did not."""
    may(deed.by, DRAFTERS, "propose migrations")
    proposal = proposal_numbered(request.proposal)
    if proposal.version is None or proposal.state not in (State.PUBLISHED, State.SUPERSEDED):
        raise InputError(
            f"Proposal {proposal.pk} is {proposal.state}: there is no version in force to move to"
        )
    catalog = catalog_at(latest_delivery())
    versions = versions_in(catalog, scope_of(proposal.scope), proposal.objective_id)
    target = next(one for one in versions if one.version == proposal.version)
    _refuse_unagreed(request, target, catalog)
    # What is sent twice, by a double click or a page loaded again, is proposed once.
    found, _ = MigrationProposal.objects.get_or_create(
        standard=proposal.standard,
        scope=proposal.scope,
        objective_id=proposal.objective_id,
        version=proposal.version,
        valid_from=request.valid_from,
        product_ids=json.dumps(sorted(set(request.product_ids))),
        agreement=request.agreement,
        state="proposed",
        author=deed.by,
        defaults={"proposed_at": deed.now},
    )
    return found


def approve_migration(workspace: Workspace, number: int, deed: Deed) -> int:
    """Put a migration into force; the number of its delivery."""
    may(deed.by, PUBLISHERS, "approve migrations")
    asked = MigrationProposal.objects.filter(pk=number).first()
    if asked is None:
        raise InputError(f"There is no migration {number}")
    refuse_author(asked.author, deed.by, Act.APPROVE)

    def write(delivery: Delivery) -> Outcome:
        waiting = MigrationProposal.objects.filter(pk=number, state="proposed")
        if not waiting.update(state="approved", decided_by=deed.by, decided_at=deed.now):
            raise InputError(f"Migration {number} was decided before")
        MigrationVersion.objects.create(
            delivery=delivery,
            scope=asked.scope,
            objective_id=asked.objective_id,
            version=asked.version,
            valid_from=asked.valid_from,
            product_ids=asked.product_ids,
            agreement=asked.agreement,
        )
        return Outcome(Ledger(accepted=len(json.loads(asked.product_ids))))

    source = DeliverySource("standards", f"migrate {asked.standard}", recorded_by=deed.by)
    return record_load(workspace, source, LoadOptions(deed.now, deed.by), write).delivery


def reject_migration(number: int, deed: Deed) -> None:
    """Close a migration that will not come; its row stays."""
    may(deed.by, PUBLISHERS, "reject migrations")
    with transaction.atomic():
        waiting = MigrationProposal.objects.filter(pk=number, state="proposed")
        if not waiting.update(state="rejected", decided_by=deed.by, decided_at=deed.now):
            raise InputError(f"Migration {number} does not wait for a decision")


def _refuse_unagreed(
    request: MigrationRequest, target: ServiceLevelObjective, catalog: Catalog
) -> None:
    snapshot = snapshot_at(catalog.delivery)
    if not request.product_ids:
        raise InputError("No product is named", place=Place(field="products"))
    less: list[str] = []
    for product_id in request.product_ids:
        product = snapshot.products.get(product_id)
        if product is None:
            raise unknown_name("sold offering", product_id, snapshot.products)
        at_s = midnight(request.valid_from, target.time_zone or product.time_zone or "UTC")
        held = held_by(product, catalog, snapshot, target.id, at_s)
        if held is None or held.objective.basis is Basis.ACCEPTABLE:
            continue
        if promises_less(held.objective, target):
            less.append(product_id)
    if less and not request.agreement.strip():
        raise InputError(
            f"Version {target.version} of {target.id} promises less to {_some(less)}",
            place=Place(field="agreement"),
            mend="Name where the customers agreed",
        )


def _some(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{len(ids)} products, {ids[0]} first"
