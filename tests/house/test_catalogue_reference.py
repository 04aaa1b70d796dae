"""Every key and column that is read stands in the reference pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from trueline.intake.tables import Columns
from trueline.inventory.agreements import AGREEMENT_COLUMNS
from trueline.inventory.rows import CUSTOMER_COLUMNS, GROUP_COLUMNS, PRODUCT_COLUMNS
from trueline.inventory.suppliers import COMMITMENT_KEYS, SUPPLIER_KEYS
from trueline.offerings.credit_keys import (
    BAND_KEYS,
    BAND_TABLE_KEYS,
    CHRONIC_KEYS,
    CREDIT_KEYS,
    DAY_KEYS,
    STEP_KEYS,
)
from trueline.offerings.keys import (
    OBJECTIVE_KEYS,
    OFFERING_KEYS,
    PARAMETER_KEYS,
    ROUNDING_KEYS,
    SERVICE_HOURS_KEYS,
    THRESHOLD_KEYS,
    TOLERANCE_KEYS,
)
from trueline.outages.load import COLUMNS
from trueline.standards.document import SCOPE_KEYS, STANDARD_KEYS, SUPPORT_KEYS

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
KEYS = (
    *PARAMETER_KEYS,
    *OFFERING_KEYS,
    *OBJECTIVE_KEYS,
    *THRESHOLD_KEYS,
    *SERVICE_HOURS_KEYS,
    *TOLERANCE_KEYS,
    *ROUNDING_KEYS,
    *CREDIT_KEYS,
    *BAND_TABLE_KEYS,
    *BAND_KEYS,
    *STEP_KEYS,
    *DAY_KEYS,
    *CHRONIC_KEYS,
)


def test_every_key_of_the_catalogue_file_is_documented_with_its_meaning() -> None:
    page = (REFERENCE / "offerings-yaml.md").read_text()

    assert [k.name for k in KEYS if f"| `{k.name}` |" not in page or k.meaning not in page] == []


def test_every_key_of_the_suppliers_file_is_documented_with_its_meaning() -> None:
    page = (REFERENCE / "suppliers-yaml.md").read_text()
    keys = (*SUPPLIER_KEYS, *COMMITMENT_KEYS)

    assert [k.name for k in keys if f"| `{k.name}` |" not in page or k.meaning not in page] == []


def test_every_key_of_the_standards_file_is_documented_with_its_meaning() -> None:
    page = (REFERENCE / "standards-yaml.md").read_text()
    keys = (*STANDARD_KEYS, *SCOPE_KEYS, *SUPPORT_KEYS)

    assert [k.name for k in keys if f"| `{k.name}` |" not in page or k.meaning not in page] == []


@pytest.mark.parametrize(
    "columns", [CUSTOMER_COLUMNS, PRODUCT_COLUMNS, AGREEMENT_COLUMNS, GROUP_COLUMNS, COLUMNS]
)
def test_every_column_of_a_table_is_documented(columns: Columns) -> None:
    page = (REFERENCE / "tables.md").read_text()

    names = (*columns.required, *columns.optional)
    assert [name for name in names if f"`{name}`" not in page] == []
