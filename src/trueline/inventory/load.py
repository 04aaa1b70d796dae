"""Load customers, products, agreements and groups from CSV, Parquet or YAML."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trueline.calendars.instants import seconds
from trueline.errors import InputError
from trueline.intake.keyed_versions import Cells, KeyedVersions
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
    group_of,
    groups_of_yaml,
    product_of,
    sorted_json,
)
from trueline.offerings.load import read_bounded
from trueline.settings.workspace import Workspace

__all__ = ["load_agreements", "load_customers", "load_groups", "load_products"]

_PROGRESS_ROWS = 5_000


@dataclass(frozen=True)
class _Kind:
    """What differs between the tables: columns, model, and how a row becomes a version."""

    name: str
    columns: Columns
    model: type[RecordedVersion]
    key: str
    values: tuple[str, ...]
    version_of: Callable[[TableRow], tuple[str, Cells]]  # key and values


def load_customers(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    return _load_table(workspace, path, options, _CUSTOMERS)


def load_products(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    return _load_table(workspace, path, options, _PRODUCTS)


def load_groups(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    """Load groups from CSV, Parquet or YAML; a rule that is no rule is set aside."""
    if is_yaml(path):
        return _load_groups_yaml(workspace, path, options)
    return _load_table(workspace, path, options, _GROUPS)


def _load_groups_yaml(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    source = source_of("groups", path, options)

    def write(delivery: Delivery) -> Outcome:
        ledger = Ledger()
        versions = KeyedVersions(GroupVersion, ("group_id",), _GROUPS.values, ledger)
        groups, set_aside = groups_of_yaml(read_bounded(path), path.name)
        for group in groups:
            versions.take((group.id,), (group.name, group.rule))
        versions.write(delivery)
        ledger.set_aside = len(set_aside)
        return Outcome(ledger, set_aside)

    return record_load(workspace, source, options, write)


def _load_table(workspace: Workspace, path: Path, options: LoadOptions, kind: _Kind) -> LoadReport:
    source = source_of(kind.name, path, options)
    total = path.stat().st_size

    def write(delivery: Delivery) -> Outcome:
        ledger = Ledger()
        versions = KeyedVersions(kind.model, (kind.key,), kind.values, ledger)
        reader = TableReader(path, kind.columns)
        set_aside: list[SetAsideRow] = []
        for number, row in enumerate(reader, start=1):
            try:
                key, values = kind.version_of(row)
                versions.take((key,), values)
            except InputError as error:
                set_aside.append(set_aside_row(row, error))
            if options.progress and number % _PROGRESS_ROWS == 0:
                options.progress.advance(min(reader.done_bytes, total), total, number)
        versions.write(delivery)
        set_aside += reader.set_aside
        ledger.set_aside = len(set_aside)
        return Outcome(ledger, set_aside)

    return record_load(workspace, source, options, write)


def _customer_version(row: TableRow) -> tuple[str, Cells]:
    customer = customer_of(row)
    contacts = json.dumps([[c.role, c.address] for c in customer.contacts], ensure_ascii=False)
    free = sorted_json(customer.characteristics)
    return customer.id, (customer.name, customer.segment, contacts, free)


def _product_version(row: TableRow) -> tuple[str, Cells]:
    product = product_of(row)
    return product.id, (
        product.offering_id,
        product.customer_id,
        product.status,
        seconds(product.start),
        seconds(product.end) if product.end else None,
        product.time_zone,
        product.agreement_id,
        sorted_json(product.characteristics),
    )


def _group_version(row: TableRow) -> tuple[str, Cells]:
    group = group_of(row)
    return group.id, (group.name, group.rule)


_CUSTOMERS = _Kind(
    "customers",
    CUSTOMER_COLUMNS,
    CustomerVersion,
    "customer_id",
    ("name", "segment", "contacts", "characteristics"),
    _customer_version,
)
_PRODUCTS = _Kind(
    "products",
    PRODUCT_COLUMNS,
    ProductVersion,
    "product_id",
    (
        "offering_id",
        "customer_id",
        "status",
        "start_s",
        "end_s",
        "time_zone",
        "agreement_id",
        "characteristics",
    ),
    _product_version,
)
_GROUPS = _Kind("groups", GROUP_COLUMNS, GroupVersion, "group_id", ("name", "rule"), _group_version)
