"""Every spec case of granules: what its lineage lists adds up to the row worked by hand."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.engines.in_memory import known_from
from tests.generative.specification import write_workspace
from tests.spec.case import SpecCase, workspace_of
from tests.spec.cases import TABLES

from trueline.assessment.explain import explain
from trueline.calendars.instants import parse_instant, seconds
from trueline.calendars.periods import parse_period
from trueline.engine import Engine
from trueline.engine.duckdb import DuckDBEngine
from trueline.sourcing.trace import Account, Version, checks, traced

CASES = [
    pytest.param(case, id=f"{table}: {case.rule}")
    for table, rows in TABLES.items()
    for case in rows
    if case.series and not case.events
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    found = DuckDBEngine(threads=1)
    yield found
    found.close()


def newest_versions(folder: Path, parameter: str) -> dict[int, Version]:
    """The last row of each start, as the file has it."""
    with open(folder / "measurements.csv", newline="", encoding="utf-8") as file:
        return {
            seconds(parse_instant(row["start"])): Version(
                1,
                None,
                Decimal(row["value"]),
                Decimal(row["denominator"]) if row["denominator"] else None,
                row["suspect"] == "true",
            )
            for row in csv.DictReader(file)
            if row["parameter"] == parameter
        }


@pytest.mark.parametrize("case", CASES)
def test_what_is_listed_adds_up_to_the_figure(
    case: SpecCase, engine: Engine, tmp_path: Path
) -> None:
    spec = workspace_of(case)
    write_workspace(tmp_path, spec)
    known = known_from(tmp_path, spec.as_of_s)
    [product] = known.snapshot.products
    versions = newest_versions(tmp_path, case.parameter)
    for found in explain(engine, known, product, "o0", parse_period(spec.period)):
        account = Account.of(found.spans)
        granules = [traced(g, versions[g.start_s], account) for g in found.granules]
        told = checks(found.objective, found.row, granules)
        assert [one for one in told if not one.agrees] == []
        assert {one.what for one in told} >= {"good seconds", "bad seconds", "samples"}
