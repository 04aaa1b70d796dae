"""Load customers, products, agreements and groups from CSV, Parquet or YAML."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from trueline.calendars.instants import seconds
from trueline.errors import InputError
from trueline.intake.keyed_versions import KeyedVersions
from trueline.intake.ledger import Ledger, SetAsideRow
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.models import Delivery, RecordedVersion
from trueline.intake.recorded_load import Outcome, record_load, source_of
from trueline.intake.tables import Columns, TableReader, TableRow, set_aside_row
from trueline.intake.yaml_tree import is_yaml
from trueline.inventory.load_agreements import load_agreements
from trueline.inventory.models import CustomerVersion, GroupVersion, ProductVersion
from trueline.inventory.rows import (
    CUSTOMER_COLUMNS,
    GROUP_COLUMNS,
    PRODUCT_COLUMNS,
    customer_of,
    digest_of,
    group_of,
    groups_of_yaml,
    product_of,
    sorted_json,
)
from trueline.inventory.values import Group
from trueline.offerings.load import read_bounded
from trueline.settings.workspace import Workspace

__all__ = ["load_agreements", "load_customers", "load_groups", "load_products"]

_PROGRESS_ROWS = 5_000
_Row = TypeVar("_Row", bound=RecordedVersion)
_Recorded = tuple[str, RecordedVersion, str]  # key, version, digest


@dataclass(frozen=True)
class _Kind:
    """What differs between the tables: columns, model, and how a row becomes a version."""

    name: str
    columns: Columns
    model: type[RecordedVersion]
    key: str
    version_of: Callable[[TableRow], _Recorded]


def load_customers(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    kind = _Kind("customers", CUSTOMER_COLUMNS, CustomerVersion, "customer_id", _customer_version)
    return _load_table(workspace, path, options, kind)


def load_products(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    kind = _Kind("products", PRODUCT_COLUMNS, ProductVersion, "product_id", _product_version)
    return _load_table(workspace, path, options, kind)


def load_groups(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    """Load groups from CSV, Parquet or YAML; a rule that is no rule is set aside."""
    if is_yaml(path):
        return _load_groups_yaml(workspace, path, options)
    kind = _Kind("groups", GROUP_COLUMNS, GroupVersion, "group_id", _group_version)
    return _load_table(workspace, path, options, kind)


def _load_groups_yaml(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    source = source_of("groups", path, options)

    def write(delivery: Delivery) -> Outcome:
        ledger = Ledger()
        versions = KeyedVersions(GroupVersion, ("group_id",), ledger)
        groups, set_aside = groups_of_yaml(read_bounded(path), path.name)
        for group in groups:
            version, digest = _group_row(group)
            versions.take((group.id,), version, digest)
        versions.write(delivery)
        ledger.set_aside = len(set_aside)
        return Outcome(ledger, set_aside)

    return record_load(workspace, source, options, write)


def _load_table(workspace: Workspace, path: Path, options: LoadOptions, kind: _Kind) -> LoadReport:
    source = source_of(kind.name, path, options)
    total = path.stat().st_size

    def write(delivery: Delivery) -> Outcome:
        ledger = Ledger()
        versions = KeyedVersions(kind.model, (kind.key,), ledger)
        reader = TableReader(path, kind.columns)
        set_aside: list[SetAsideRow] = []
        for number, row in enumerate(reader, start=1):
            try:
                key, version, digest = kind.version_of(row)
                versions.take((key,), version, digest)
            except InputError as error:
                set_aside.append(set_aside_row(row, error))
            if options.progress and number % _PROGRESS_ROWS == 0:
                options.progress.advance(min(reader.done_bytes, total), total, number)
        versions.write(delivery)
        set_aside += reader.set_aside
        ledger.set_aside = len(set_aside)
        return Outcome(ledger, set_aside)

    return record_load(workspace, source, options, write)


def _customer_version(row: TableRow) -> _Recorded:
    customer = customer_of(row)
    contacts = json.dumps([[c.role, c.address] for c in customer.contacts], ensure_ascii=False)
    free = sorted_json(customer.characteristics)
    digest = digest_of(customer.name, customer.segment, contacts, free)
    version = CustomerVersion(
        customer_id=customer.id,
        name=customer.name,
        segment=customer.segment,
        contacts=contacts,
        characteristics=free,
        digest=digest,
    )
    return customer.id, version, digest


def _product_version(row: TableRow) -> _Recorded:
    product = product_of(row)
    free = sorted_json(product.characteristics)
    values = {
        "offering_id": product.offering_id,
        "customer_id": product.customer_id,
        "status": product.status,
        "start_s": seconds(product.start),
        "end_s": seconds(product.end) if product.end else None,
        "time_zone": product.time_zone,
        "agreement_id": product.agreement_id,
        "characteristics": free,
    }
    digest = digest_of(*values.values())
    return product.id, ProductVersion(product_id=product.id, digest=digest, **values), digest


def _group_version(row: TableRow) -> _Recorded:
    group = group_of(row)
    version, digest = _group_row(group)
    return group.id, version, digest


def _group_row(group: Group) -> tuple[GroupVersion, str]:
    digest = digest_of(group.name, group.rule)
    version = GroupVersion(group_id=group.id, name=group.name, rule=group.rule, digest=digest)
    return version, digest
