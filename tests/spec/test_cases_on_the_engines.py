"""Every spec case on the engines: DuckDB over whole columns and by table expressions, and Spark in
`make test-all`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engines.expressions import ExpressionsOnly
from tests.engines.in_memory import assess_in_memory
from tests.generative.specification import write_workspace
from tests.spec.case import SpecCase, differences, workspace_of
from tests.spec.cases import TABLES

from trueline.engine import Engine
from trueline.engine.duckdb import DuckDBEngine

CASES = [
    pytest.param(case, id=f"{table}: {case.rule}")
    for table, rows in TABLES.items()
    for case in rows
]


@pytest.fixture(
    scope="module",
    params=["columns", "expressions", pytest.param("spark", marks=pytest.mark.spark)],
)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    found: Engine
    if request.param == "columns":
        found = DuckDBEngine(threads=1)
    elif request.param == "expressions":
        found = ExpressionsOnly(threads=1)
    else:
        pytest.importorskip("pyspark", reason="PySpark is not installed (extra `spark`)")
        from trueline.engine.spark import SparkEngine

        found = SparkEngine()
    yield found
    found.close()


@pytest.mark.parametrize("case", CASES)
def test_case_gives_the_row_worked_by_hand(case: SpecCase, engine: Engine, tmp_path: Path) -> None:
    spec = workspace_of(case)
    write_workspace(tmp_path, spec)
    rows = assess_in_memory(engine, tmp_path, spec.period, as_of_s=spec.as_of_s)
    [row] = [row for row in rows if row["objective_id"] == "o0"]
    assert differences(case, row) == []
