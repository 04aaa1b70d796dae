"""Load suppliers and what they promise, and read them as known after a delivery."""

from __future__ import annotations

from pathlib import Path

from trueline.intake.keyed_versions import KeyedVersions
from trueline.intake.ledger import Ledger, SetAsideRow
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.models import Delivery, known_at
from trueline.intake.recorded_load import Outcome, record_load, source_of
from trueline.inventory.models import CommitmentVersion, SupplierVersion
from trueline.inventory.suppliers import (
    Suppliers,
    commitment_of,
    commitment_text,
    parse_suppliers,
    supplier_of,
    supplier_text,
)
from trueline.offerings.load import read_bounded
from trueline.settings.workspace import Workspace


def load_suppliers(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    """Load suppliers and commitments from YAML. A commitment of a supplier nobody knows is set
    aside; one that is left out of a later file stays as it is: end it with valid_to."""
    source = source_of("suppliers", path, options)

    def write(delivery: Delivery) -> Outcome:
        ledger = Ledger()
        parties = KeyedVersions(SupplierVersion, ("supplier_id",), ("definition",), ledger)
        promises = KeyedVersions(
            CommitmentVersion, ("commitment_id",), ("supplier_id", "definition"), ledger
        )
        suppliers, commitments, set_aside = parse_suppliers(read_bounded(path), path.name)
        for supplier in suppliers:
            parties.take((supplier.id,), (supplier_text(supplier),))
        for one in commitments:
            if parties.knows((one.supplier_id,)):
                promises.take((one.id,), (one.supplier_id, commitment_text(one)))
                continue
            reason = f"There is no supplier {one.supplier_id!r}. Add it to the suppliers"
            set_aside.append(SetAsideRow(0, f"commitments[{one.id}].supplier", reason, one.id))
        parties.write(delivery)
        promises.write(delivery)
        ledger.set_aside = len(set_aside)
        return Outcome(ledger, set_aside)

    return record_load(workspace, source, options, write)


def suppliers_at(delivery: int) -> Suppliers:
    """Suppliers and commitments as known once `delivery` was recorded."""
    known = known_at(delivery)
    suppliers = SupplierVersion.objects.filter(known).order_by("supplier_id")
    commitments = CommitmentVersion.objects.filter(known).order_by("commitment_id")
    return Suppliers(
        {row.supplier_id: supplier_of(row.definition) for row in suppliers},
        {row.commitment_id: commitment_of(row.definition) for row in commitments},
    )
