"""The assessment and the second implementation on generated workspaces."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.engines.expressions import ExpressionsOnly
from tests.engines.in_memory import assess_in_memory
from tests.generative.comparison import compare
from tests.generative.workspaces import WorkspaceSpec, workspaces, write_workspace
from tests.oracle.assess import assess

from trueline.engine import Engine
from trueline.engine.duckdb import DuckDBEngine

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
EXAMPLES = int(os.environ.get("TRUELINE_EXAMPLES", "12"))
_settings = settings(
    deadline=None,
    # No shrinking: one example takes seconds on Spark, and the workspace that fails is printed.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def duckdb_engine() -> Iterator[Engine]:
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def expressions_engine() -> Iterator[Engine]:
    engine = ExpressionsOnly(threads=1)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def spark_engine() -> Iterator[Engine]:
    pytest.importorskip("pyspark", reason="PySpark is not installed (extra `spark`)")
    from trueline.engine.spark import SparkEngine

    engine = SparkEngine()
    yield engine
    engine.close()


def disagreement(engine: Engine, spec: WorkspaceSpec) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_workspace(folder, spec)
        expected = assess(folder, spec.period, as_of=spec.as_of_s)["rows"]
        actual = assess_in_memory(engine, folder, spec.period, as_of_s=spec.as_of_s)
        return compare(expected, actual)


@settings(_settings, max_examples=EXAMPLES)
@given(spec=workspaces())
def test_duckdb_agrees(duckdb_engine: Engine, spec: WorkspaceSpec) -> None:
    assert disagreement(duckdb_engine, spec) == []


@settings(_settings, max_examples=max(2, EXAMPLES // 2))
@given(spec=workspaces())
def test_table_expressions_agree(expressions_engine: Engine, spec: WorkspaceSpec) -> None:
    assert disagreement(expressions_engine, spec) == []


@pytest.mark.slow
@settings(_settings, max_examples=40 * EXAMPLES)
@given(spec=workspaces())
def test_duckdb_agrees_over_many(duckdb_engine: Engine, spec: WorkspaceSpec) -> None:
    assert disagreement(duckdb_engine, spec) == []


@pytest.mark.spark
@settings(_settings, max_examples=max(2, EXAMPLES // 5))
@given(spec=workspaces())
def test_spark_agrees(spark_engine: Engine, spec: WorkspaceSpec) -> None:
    assert disagreement(spark_engine, spec) == []
