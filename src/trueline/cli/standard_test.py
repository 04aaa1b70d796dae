"""`trueline test FILE`: operators test their own standards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trueline.assessment.standard_test import run_standard_tests
from trueline.cli import console
from trueline.engine.duckdb import DuckDBEngine


def test(
    files: Annotated[
        list[Path], typer.Argument(help="test files; see docs/how-to/test-a-standard")
    ],
) -> None:
    """Run the cases of test files. Exit code 1 when one does not hold, 2 for a broken file."""
    console.workspace()
    engine = DuckDBEngine(threads=1)
    passed = failed = 0
    for file in files:
        for outcome in run_standard_tests(engine, file):
            passed += not outcome.differences
            failed += bool(outcome.differences)
            word = "FAILED" if outcome.differences else "ok"
            console.out.print(f"{word} {outcome.name}", markup=False)
            for difference in outcome.differences:
                console.out.print(f"  {difference}", markup=False)
    console.out.print(f"{passed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)
