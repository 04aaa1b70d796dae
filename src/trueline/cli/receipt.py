"""`trueline receipt` and `trueline verify`: one figure, and the proof of it on another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trueline.assessment.known import what_was_known
from trueline.assessment.store import write_whole
from trueline.calendars.instants import parse_as_of
from trueline.calendars.periods import parse_period
from trueline.cli import console
from trueline.engine.duckdb import DuckDBEngine
from trueline.errors import InputError
from trueline.results.receipt import Subject, build_receipt
from trueline.results.verify import verify_receipt


def receipt(
    product: Annotated[str, typer.Argument(help="sold offering")],
    objective: Annotated[str, typer.Argument(help="objective id")],
    period: Annotated[str, typer.Option(help="2026-10, 2026-Q4, 2026-W40, 2026-10-05 or 2026")],
    output: Annotated[Path, typer.Option(help="the .zip file to write")],
    as_of: Annotated[str | None, typer.Option(help="as known at this record time")] = None,
) -> None:
    """Bundle a figure with its inputs, versions, formula and hashes."""
    asked = parse_period(period)
    workspace = console.workspace()
    known = what_was_known(workspace, parse_as_of(as_of) if as_of else None)
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    subject = Subject(product, objective, asked)
    write_whole(output, build_receipt(engine, workspace, known, subject))
    console.out.print(f"receipt written to {output}", markup=False)


def verify(
    file: Annotated[Path, typer.Argument(help="a receipt")],
    link: Annotated[
        str | None, typer.Option(help="the log link's hash as you were told it by other means")
    ] = None,
) -> None:
    """Compute a receipt again, without any workspace. Exit code 2 where anything was changed."""
    checks = verify_receipt(DuckDBEngine(), file, told_link=link)
    for check in checks:
        mark = "holds " if check.holds else "BROKEN"
        console.out.print(f"{mark} {check.name}: {check.detail}", markup=False)
    broken = [check.name for check in checks if not check.holds]
    if broken:
        raise InputError(f"The receipt does not hold: {', '.join(broken)}")
