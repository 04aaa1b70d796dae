"""`trueline aggregate`: figures of groups, offerings, segments and other attributes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.table import Table

from trueline.assessment.assess import AssessmentRequest
from trueline.assessment.known import what_was_known
from trueline.assessment.run import (
    AggregateOver,
    assess_aggregates,
    refuse_unknown_dimensions,
)
from trueline.assessment.store import render_table, write_whole
from trueline.calendars.instants import parse_as_of
from trueline.calendars.periods import parse_period
from trueline.cli import console
from trueline.engine.duckdb import DuckDBEngine


def aggregate(
    period: Annotated[str, typer.Option(help="2026-10, 2026-Q4, 2026-W40, 2026-10-05 or 2026")],
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="dimensions to print: group, offering, segment, sla_type, region, or "
            "any characteristic; may be given more than once"
        ),
    ] = None,
    k: Annotated[int | None, typer.Option(min=1, help="also k-of-n availability")] = None,
    as_of: Annotated[str | None, typer.Option(help="as known at this record time")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="write all rows to a .json, .csv or .parquet file",
            callback=console.results_file,
        ),
    ] = None,
) -> None:
    """Pooled figures with their rule, share met with its Wilson interval, worst members. Never an
    average of averages."""
    asked = parse_period(period)
    workspace = console.workspace()
    known = what_was_known(workspace, parse_as_of(as_of) if as_of else None)
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    wanted = by or ["group", "offering"]
    refuse_unknown_dimensions(known, wanted)
    over = AggregateOver(attributes=wanted, k=k)
    request = AssessmentRequest(asked)
    _, table = assess_aggregates(engine, known, request, over)
    if output is not None:
        write_whole(output, render_table(table, output.suffix))
        console.out.print(f"aggregates written to {output}", markup=False)
    _print(table, wanted)


def _print(table: pa.Table, wanted: list[str]) -> None:
    shown = Table(
        "dimension",
        "key",
        "objective",
        "rule",
        "value",
        "share met",
        "95 % interval",
        "assessed",
        "not assessable",
        "coverage",
        "worst members",
    )
    for row in table.to_pylist():
        if row["dimension"] in wanted:
            interval = (
                f"{row['share_low']:.4f} to {row['share_high']:.4f}"
                if row["share_low"] is not None
                else ""
            )
            shown.add_row(
                row["dimension"],
                row["key"],
                row["objective_id"],
                row["rule"],
                _number(row["value"]),
                _number(row["share_met"]),
                interval,
                f"{row['assessed']} of {row['members']}",
                str(row["not_assessable"]),
                _number(row["coverage"]),
                " ".join(row["worst_members"][:3]),
            )
    console.print_listing(
        shown,
        f"No figure to aggregate by {', '.join(wanted)}: nothing sold carries it with an objective "
        "in this period. `trueline assess` says how many verdicts there are",
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
