"""Every spec case on the second implementation, so that both are held to the same hand-work."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.generative.specification import write_workspace
from tests.oracle.assess import assess
from tests.spec.case import SpecCase, differences, workspace_of
from tests.spec.cases import TABLES

CASES = [
    pytest.param(case, id=f"{table}: {case.rule}")
    for table, rows in TABLES.items()
    for case in rows
]


@pytest.mark.parametrize("case", CASES)
def test_case_gives_the_row_worked_by_hand(case: SpecCase, tmp_path: Path) -> None:
    spec = workspace_of(case)
    write_workspace(tmp_path, spec)
    rows = assess(tmp_path, spec.period, as_of=spec.as_of_s)["rows"]
    [row] = [row for row in rows if row["objective_id"] == "o0"]
    assert differences(case, row) == []
