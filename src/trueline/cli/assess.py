"""`trueline assess`: a verdict for every sold offering and objective of a period."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from trueline.assessment.assess import Assessment, AssessmentRequest
from trueline.assessment.assess import assess as assess_rows
from trueline.assessment.known import what_was_known
from trueline.assessment.run import Selection, select_products, store_period
from trueline.assessment.store import ResultHeader, render_result, write_whole
from trueline.assessment.summed import asked_first
from trueline.assessment.values import AssessmentRow, Verdict
from trueline.calendars.instants import parse_as_of
from trueline.calendars.periods import parse_period
from trueline.cli import console
from trueline.engine.duckdb import DuckDBEngine
from trueline.errors import InputError
from trueline.results.log import is_closed

PRINTED_ROWS = 20


def assess(
    period: Annotated[str, typer.Option(help="2026-10, 2026-Q4, 2026-W40, 2026-10-05 or 2026")],
    group: Annotated[str | None, typer.Option(help="only members of this group")] = None,
    offering: Annotated[str | None, typer.Option(help="only this offering")] = None,
    customer: Annotated[str | None, typer.Option(help="only this customer")] = None,
    product: Annotated[str | None, typer.Option(help="only this sold offering")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="as known at this record time (default: everything)")
    ] = None,
    to_date: Annotated[
        bool, typer.Option(help="cut a running period at the as-of instant")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            help="write the rows to a .json, .csv or .parquet file",
            callback=console.results_file,
        ),
    ] = None,
    store: Annotated[
        bool, typer.Option(help="keep rows, daily figures and aggregates for the pages")
    ] = False,
    summaries: Annotated[
        bool,
        typer.Option(help="where summaries are built, bring them up to date and ask them first"),
    ] = True,
) -> None:
    """Which sold offerings keep the line, by how much, over which time. Exit code 0 when the
    assessment ran, whatever the verdicts."""
    started = time.perf_counter()
    asked = parse_period(period)
    workspace = console.workspace()
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    known = what_was_known(workspace, parse_as_of(as_of) if as_of else None)
    summed = asked_first(workspace, engine, known) if summaries else None
    if summed is not None:
        known = summed.known
    selection = Selection(group, offering, customer, product)
    request = AssessmentRequest(
        asked, product_ids=select_products(known, selection), to_date=to_date
    )
    if store and is_closed(asked.label):
        raise InputError(
            f"{asked.label} is closed: what the pages show of it changes by restatement only",
            mend=f"trueline results restate --period {asked.label} --reason TEXT",
        )
    if store:
        result = store_period(engine, workspace, known, request, now=console.now())
    else:
        result = assess_rows(engine, known, request)
    if output is not None:
        header = ResultHeader(asked.label, known.as_of_s)
        write_whole(output, render_result(result.rows, header, output.suffix))
    _print_summary(result, asked.label, time.perf_counter() - started, output)
    if summed is not None:
        console.out.print(summed.sentence(), markup=False)


def _print_summary(result: Assessment, label: str, elapsed_s: float, output: Path | None) -> None:
    counts = Counter(r.verdict for r in result.rows)
    products = len({r.product_id for r in result.rows})
    verdicts = ", ".join(f"{counts[v]:,} {v.value}" for v in Verdict if counts[v])
    console.out.print(
        f"{label}: {len(result.rows):,} verdicts on {products:,} sold offerings in "
        f"{elapsed_s:.1f} s: {verdicts or 'none'}",
        markup=False,
    )
    if not result.rows:
        console.out.print(
            f"No sold offering that was asked for had a promise in {label}; `trueline reconcile "
            f"--period {label}` says what is missing",
            markup=False,
        )
    for reason in result.set_aside[:PRINTED_ROWS]:
        console.err.print(f"set aside: {reason}", markup=False)
    worst = [r for r in result.rows if r.verdict in (Verdict.VIOLATED, Verdict.AT_RISK)]
    if worst:
        console.out.print(_worst_table(worst))
    if output is not None:
        console.out.print(f"rows written to {output}", markup=False)


def _worst_table(rows: list[AssessmentRow]) -> Table:
    """The rows in trouble, most of the allowance spent first."""
    rows.sort(
        key=lambda r: (
            r.verdict is not Verdict.VIOLATED,
            r.allowance_left is None,
            r.allowance_left or 0,
            r.product_id,
            r.objective_id,
        )
    )
    table = Table(title=f"{min(len(rows), PRINTED_ROWS)} of {len(rows):,} in trouble")
    for name in (
        "product",
        "objective",
        "verdict",
        "value",
        "margin",
        "bad s",
        "unknown s",
        "coverage",
    ):
        table.add_column(
            name,
            justify="left" if name in ("product", "objective", "verdict") else "right",
            overflow="fold",
        )
    for row in rows[:PRINTED_ROWS]:
        table.add_row(
            row.product_id,
            row.objective_id,
            row.verdict.value,
            _number(row.value),
            _number(row.margin),
            f"{row.bad_s:,}",
            f"{row.unknown_s:,}",
            _number(row.coverage),
        )
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
