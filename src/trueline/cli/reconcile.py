"""`trueline reconcile`: where catalogue, inventory and measurements do not fit together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.table import Table

from trueline.assessment.known import what_was_known
from trueline.assessment.store import render_table, write_whole
from trueline.calendars.instants import parse_as_of
from trueline.calendars.periods import parse_period
from trueline.cli import console
from trueline.engine.duckdb import DuckDBEngine
from trueline.measurement.lake import open_lake
from trueline.sourcing.read import what_was_sourced
from trueline.sourcing.reconcile import Mismatch, Reconciliation, reconcile

PRINTED = 20  # of each kind


def reconcile_records(
    period: Annotated[str, typer.Option(help="2026-10, 2026-Q4, 2026-W40, 2026-10-05 or 2026")],
    as_of: Annotated[str | None, typer.Option(help="as known at this record time")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="write every finding to a .json, .csv or .parquet file",
            callback=console.results_file,
        ),
    ] = None,
) -> None:
    """Sold offerings without an objective, objectives without a measurement, measurements without
    a sold offering, ended ones that are still measured."""
    asked = parse_period(period)
    workspace = console.workspace()
    known = what_was_known(workspace, parse_as_of(as_of) if as_of else None)
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    with open_lake(workspace) as lake:
        sourced = what_was_sourced(engine, workspace, lake, known, asked)
    found = reconcile(sourced)
    if output is not None:
        rows = [
            {"kind": f.kind.value, "subject": f.subject, "detail": f.detail, "mend": f.mend}
            for f in found.findings
        ]
        schema = pa.schema([(n, pa.string()) for n in ("kind", "subject", "detail", "mend")])
        table = pa.Table.from_pylist(rows, schema=schema)
        write_whole(output, render_table(table, output.suffix))
        console.out.print(f"findings written to {output}", markup=False)
    _print(found, period)


def _print(found: Reconciliation, period: str) -> None:
    console.out.print(
        f"{period}: {found.sound:,} of {found.in_service:,} sold offerings in service fit together",
        markup=False,
    )
    counts = Counter(f.kind for f in found.findings)
    for kind in Mismatch:
        if not counts[kind]:
            continue
        mine = [f for f in found.findings if f.kind is kind]
        table = Table(title=f"{kind.value}: {counts[kind]:,}; {mine[0].mend}")
        table.add_column("subject", overflow="fold")
        table.add_column("detail", overflow="fold")
        for finding in mine[:PRINTED]:
            table.add_row(finding.subject, finding.detail)
        if counts[kind] > PRINTED:
            table.add_row("...", f"{counts[kind] - PRINTED:,} more")
        console.out.print(table)
