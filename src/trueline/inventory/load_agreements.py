"""Load agreements: rows that are new or differ join the agreement, the others stay in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from trueline.errors import InputError
from trueline.intake.ledger import Ledger, SetAsideRow
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.models import Delivery, known_at
from trueline.intake.recorded_load import (
    Outcome,
    record_load,
    record_versions,
    source_of,
    supersede,
)
from trueline.intake.tables import TableReader, set_aside_row
from trueline.intake.yaml_tree import is_yaml
from trueline.inventory.agreements import (
    AGREEMENT_COLUMNS,
    Change,
    change_of,
    changes_in,
    changes_of_yaml,
    terms_from,
    unfit_terms,
)
from trueline.inventory.models import AgreementVersion
from trueline.inventory.rows import digest_of
from trueline.inventory.snapshot import terms_of, terms_text
from trueline.inventory.values import Agreement
from trueline.offerings.catalog import catalog_at
from trueline.offerings.load import read_bounded
from trueline.offerings.values import Catalog
from trueline.settings.workspace import Workspace


def load_agreements(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    """Load agreements from CSV, Parquet or YAML, one negotiated change per row."""
    source = source_of("agreements", path, options)

    def write(delivery: Delivery) -> Outcome:
        changes, set_aside = _read(path)
        outcome = _record(delivery, changes, catalog_at(delivery.id))
        outcome.set_aside = [*set_aside, *outcome.set_aside]
        outcome.ledger.set_aside = len(outcome.set_aside)
        return outcome

    return record_load(workspace, source, options, write)


def _read(path: Path) -> tuple[list[Change], list[SetAsideRow]]:
    if is_yaml(path):
        return changes_of_yaml(read_bounded(path), path.name)
    reader = TableReader(path, AGREEMENT_COLUMNS)
    changes: list[Change] = []
    set_aside: list[SetAsideRow] = []
    for row in reader:
        try:
            changes.append(change_of(row))
        except InputError as error:
            set_aside.append(set_aside_row(row, error))
    return changes, [*set_aside, *reader.set_aside]


def _record(delivery: Delivery, changes: Iterable[Change], catalog: Catalog) -> Outcome:
    by_agreement: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_agreement[change.agreement_id].append(change)
    rows = AgreementVersion.objects.filter(known_at(delivery.id), agreement_id__in=by_agreement)
    known = {row.agreement_id: row for row in rows}
    ledger, set_aside = Ledger(), list[SetAsideRow]()
    new: list[AgreementVersion] = []
    gone: list[int] = []
    for agreement_id, incoming in by_agreement.items():
        before = known.get(agreement_id)
        agreement, refused = _merged(before, incoming, catalog, ledger)
        set_aside += refused
        version = _version(delivery, agreement)
        if not agreement.terms or (before is not None and before.digest == version.digest):
            continue
        new.append(version)
        if before is not None:
            gone.append(before.pk)
    supersede(AgreementVersion, gone, delivery)
    record_versions(new)
    return Outcome(ledger, set_aside)


def _merged(
    before: AgreementVersion | None, incoming: list[Change], catalog: Catalog, ledger: Ledger
) -> tuple[Agreement, list[SetAsideRow]]:
    """The agreement as it stands after `incoming`, counted row by row."""
    first = incoming[0]
    customer = before.customer_id if before else first.customer_id
    name = first.name or (before.name if before else "")
    kept = {}
    if before is not None:
        earlier = Agreement(before.agreement_id, customer, before.name, terms_of(before.terms))
        kept = {change.identity: change for change in changes_in(earlier)}
    proposed = Agreement(first.agreement_id, customer, name, terms_from(incoming))
    unfit = unfit_terms(proposed, catalog)
    refused: list[SetAsideRow] = []
    for change in incoming:
        reason = unfit.get(
            (change.objective_id, change.product_ids, change.valid_from, change.valid_to), ""
        )
        if change.customer_id != customer:
            reason = f"The agreement {change.agreement_id} is with customer {customer}"
        if reason:
            unknown = reason.startswith("No offering")
            text = f"{change.agreement_id}: {change.objective_id} {change.key} = {change.value}"
            refused.append(SetAsideRow(change.line, change.key, reason, text, unknown))
            continue
        standing = kept.get(change.identity)
        if standing is not None and standing.content == change.content:
            ledger.duplicate += 1
            continue
        ledger.accepted += 1
        ledger.corrected += standing is not None
        kept[change.identity] = change
    return Agreement(first.agreement_id, customer, name, terms_from(kept.values())), refused


def _version(delivery: Delivery, agreement: Agreement) -> AgreementVersion:
    terms = terms_text(agreement.terms)
    return AgreementVersion(
        delivery=delivery,
        agreement_id=agreement.id,
        customer_id=agreement.customer_id,
        name=agreement.name,
        terms=terms,
        digest=digest_of(agreement.customer_id, agreement.name, terms),
    )
