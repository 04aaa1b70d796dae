"""What a draft is held against, read from the records and the stored assessments."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from trueline.intake.record import latest_delivery
from trueline.inventory.load_suppliers import suppliers_at
from trueline.inventory.snapshot import snapshot_at
from trueline.inventory.values import InventorySnapshot, Product
from trueline.offerings.catalog import catalog_at, highest_version
from trueline.offerings.scope import Level
from trueline.offerings.values import Catalog, ParameterKind, ServiceLevelObjective
from trueline.settings.approvals import exposure_limit
from trueline.settings.workspace import Workspace
from trueline.standards.chains import in_force, resting_on, supports_of
from trueline.standards.checks import CheckFinding, DraftFacts, Severity, check_draft
from trueline.standards.document import StandardDraft
from trueline.standards.life_cycle import Exposure, Part, required_parts
from trueline.standards.proposed import (
    Proposed,
    exposure_of,
    held_by,
    holders,
    in_force_s,
    promised_less,
    versions_in,
)
from trueline.standards.stored import measured_granularity_s
from trueline.standards.support import support_gap


@dataclass(frozen=True)
class Examined:
    """A draft looked at from every side. `products`: those it would reach in the end."""

    proposed: Proposed
    catalog: Catalog
    snapshot: InventorySnapshot
    products: tuple[Product, ...]
    findings: tuple[CheckFinding, ...]
    exposure: Exposure
    limit: Decimal

    @property
    def current(self) -> ServiceLevelObjective | None:
        """The newest version beside the draft."""
        draft = self.proposed.draft
        versions = versions_in(self.catalog, draft.scope, draft.objective.id)
        return versions[-1] if versions else None

    @property
    def faults(self) -> tuple[CheckFinding, ...]:
        return tuple(one for one in self.findings if one.severity is Severity.FAULT)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Parts of an approval that it needs."""
        basis = self.proposed.draft.objective.basis
        return required_parts(self.exposure, self.limit, basis)


def examine(workspace: Workspace, draft: StandardDraft, delivery: int | None = None) -> Examined:
    """Hold a draft against everything known after `delivery`, the newest one by default."""
    known = latest_delivery() if delivery is None else delivery
    catalog, snapshot = catalog_at(known), snapshot_at(known)
    proposed = Proposed(draft, highest_version(draft.scope, draft.objective.id) + 1)
    reached = holders(draft.scope, catalog, snapshot, 0)
    from_now = [p for p in reached if p.end is None or p.end.timestamp() > in_force_s(draft, p)]
    versions = versions_in(catalog, draft.scope, draft.objective.id)
    facts = DraftFacts(
        parameters=catalog.parameters,
        current=versions[-1] if versions else None,
        versions={one.version: one for one in versions},
        sibling_ids=_siblings(draft, catalog),
        granularity_s=_granularity_s(workspace, draft, catalog),
        holders=len(from_now),
        negotiated=_negotiated(draft, catalog, snapshot, from_now),
        promised_less=promised_less(proposed, catalog, snapshot, from_now),
        recorded_gaps={}
        if draft.supported_by
        else _recorded_gaps(draft, catalog, snapshot, from_now),
    )
    return Examined(
        proposed,
        catalog,
        snapshot,
        tuple(from_now),
        check_draft(draft, facts),
        exposure_of(from_now),
        exposure_limit(),
    )


def _recorded_gaps(
    draft: StandardDraft, catalog: Catalog, snapshot: InventorySnapshot, products: list[Product]
) -> dict[str, int]:
    """What the supplier records cannot carry of the draft, where it comes into force: products by
    what is wrong. Those that rest on nothing recorded are left out: nothing is known of them."""
    suppliers = suppliers_at(catalog.delivery)
    counted: dict[str, int] = {}
    if not suppliers.commitments:
        return counted
    resting = resting_on(suppliers.commitments.values(), catalog, snapshot)
    for product in products:
        at_s = in_force_s(draft, product)
        links = [
            suppliers.commitments[name]
            for name in resting.get(product.id, ())
            if in_force(suppliers.commitments[name], (at_s, at_s + 1))
        ]
        gap = support_gap(draft.objective, supports_of(draft.objective, links))
        if gap is not None and (gap.gap is None or gap.gap > 0):
            counted[gap.what] = counted.get(gap.what, 0) + 1
    return counted


def _siblings(draft: StandardDraft, catalog: Catalog) -> frozenset[str]:
    """Ids of the objectives that hold beside the draft's for each product it covers."""
    if draft.scope.level is Level.OFFERING or draft.scope.offering is not None:
        own = [catalog.offerings.get(draft.scope.offering or "")]
    else:
        own = list(catalog.offerings.values())
    ids = [frozenset(o.id for o in one.objectives) for one in own if one is not None]
    beside = frozenset(one.objective.id for one in catalog.standards)
    shared = frozenset.intersection(*ids) if ids else frozenset()
    return (shared | beside) - {draft.objective.id}


def _granularity_s(workspace: Workspace, draft: StandardDraft, catalog: Catalog) -> int | None:
    parameter = catalog.parameters.get(draft.objective.parameter)
    if parameter is None or parameter.kind is ParameterKind.EVENT:
        return None
    alike = [
        objective.id
        for offering in catalog.offerings.values()
        for objective in offering.objectives
        if objective.parameter == parameter.id
    ]
    return measured_granularity_s(workspace.results, alike)


def _negotiated(
    draft: StandardDraft, catalog: Catalog, snapshot: InventorySnapshot, products: list[Product]
) -> int:
    count = 0
    for product in products:
        at_s = in_force_s(draft, product)
        held = held_by(product, catalog, snapshot, draft.objective.id, at_s)
        count += held is not None and held.agreement_id is not None
    return count
