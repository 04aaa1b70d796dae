"""`trueline pivot`: verdicts by two dimensions, compared fairly, small cells hidden on request."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.table import Table

from trueline.aggregates.cube import Cell, Facts, Pivot, Weight, pivot
from trueline.aggregates.facts import facts_of, read_verdicts
from trueline.aggregates.reversal import find_reversals
from trueline.aggregates.select import Selected, dimension_of, selected
from trueline.aggregates.sla_types import in_need_of_review, judge_by_type
from trueline.aggregates.standardise import standardised
from trueline.aggregates.suppression import DEFAULT_K, suppress, with_totals
from trueline.assessment.store import render_table, write_whole
from trueline.calendars.periods import parse_period
from trueline.cli import console
from trueline.intake.record import latest_delivery
from trueline.inventory.snapshot import snapshot_at
from trueline.offerings.catalog import catalog_at

MAX_WARNINGS = 5
HIDDEN = "hidden"


def pivot_verdicts(
    period: Annotated[list[str], typer.Option(help="a stored period; may be given more than once")],
    rows: Annotated[str, typer.Option(help="dimension of the rows, or any characteristic")],
    columns: Annotated[str, typer.Option(help="dimension of the columns")] = "period",
    where: Annotated[
        list[str] | None, typer.Option(help="only these, as dimension=value; repeatable")
    ] = None,
    weight: Annotated[Weight, typer.Option(help="what counts once")] = Weight.PRODUCT,
    same_mix: Annotated[
        str | None, typer.Option(help="also compare the rows as if each had this mix")
    ] = None,
    leaving: Annotated[
        bool, typer.Option(help="hide small cells, as in anything that leaves the operator")
    ] = False,
    k: Annotated[int, typer.Option(min=2, help="fewest customers of a cell that is shown")] = (
        DEFAULT_K
    ),
    output: Annotated[
        Path | None,
        typer.Option(
            help="write the cells to a .json, .csv or .parquet file",
            callback=console.results_file,
        ),
    ] = None,
) -> None:
    """Share of verdicts that kept the line, by two dimensions, with intervals, depth of the misses
    and a warning where parts and whole point in opposite directions."""
    workspace = console.workspace()
    delivery = latest_delivery()
    stored = read_verdicts(workspace, [parse_period(p).label for p in period])
    everything = facts_of(stored, snapshot_at(delivery), catalog_at(delivery))
    facts = selected(everything, [Selected.parse(text) for text in where or ()])
    down, across = dimension_of(facts, rows), dimension_of(facts, columns)
    table = pivot(facts, down, across, weight)
    hidden = suppress(with_totals(table), k) if leaving else frozenset()
    if output is not None:
        write_whole(output, render_table(_cells(table, hidden), output.suffix))
        console.out.print(f"cells written to {output}", markup=False)
    console.out.print(_shown(table, hidden, f"{rows} by {columns}, by {weight}"))
    if leaving:
        console.out.print(f"{len(hidden)} cells concern fewer than {k} customers, or hide those")
        return
    for reversal in find_reversals(facts, down, facts.dimensions.values())[:MAX_WARNINGS]:
        console.out.print(reversal.sentence, markup=False)
    if same_mix is not None:
        console.out.print(_fair(facts, rows, same_mix))
    _print_review(facts)


def _shown(table: Pivot, hidden: frozenset[tuple[int, int]], title: str) -> Table:
    out = Table(title=title)
    out.add_column("")
    for label in (*table.column_labels, "all"):
        out.add_column(label, justify="right")
    lines = [*zip(table.row_labels, table.cells, table.row_totals, strict=True)]
    lines.append(("all", table.column_totals, table.total))
    for r, (label, cells, total) in enumerate(lines):
        shown = [
            HIDDEN if (r, c) in hidden else _text(cell) for c, cell in enumerate((*cells, total))
        ]
        out.add_row(label, *shown)
    return out


def _text(cell: Cell) -> str:
    if cell.share is None:
        return "–"
    interval = f" ({100 * (cell.low or 0):.1f}–{100 * (cell.high or 0):.1f})"
    return f"{int(1000 * cell.share) / 10} %{interval}\n{cell.met:,} of {cell.assessed:,}"


def _cells(table: Pivot, hidden: frozenset[tuple[int, int]]) -> pa.Table:
    """The cells without totals, one a row; a hidden one says nothing but that."""
    found = []
    for r, row in enumerate(table.row_labels):
        for c, column in enumerate(table.column_labels):
            cell, away = table.cells[r][c], (r, c) in hidden
            found.append(
                {
                    "row": row,
                    "column": column,
                    "hidden": away,
                    "verdicts": None if away else cell.verdicts,
                    "assessed": None if away else cell.assessed,
                    "met": None if away else cell.met,
                    "products": None if away else cell.products,
                    "customers": None if away else cell.customers,
                    "share": None if away else cell.share,
                    "low": None if away else cell.low,
                    "high": None if away else cell.high,
                    "bad_share": None if away else cell.bad_share,
                    "bad_s": None if away else cell.bad_s,
                }
            )
    return pa.Table.from_pylist(found)


def _fair(facts: Facts, rows: str, mix: str) -> Table:
    out = Table(title=f"{rows}, as if each had the same mix of {mix}")
    for name in (rows, "as it is", "with the same mix", "95 % interval", "of the mix", "verdicts"):
        out.add_column(name, justify="left" if name == rows else "right")
    for one in standardised(facts, dimension_of(facts, rows), dimension_of(facts, mix)):
        if one.share is not None and one.crude is not None:
            out.add_row(
                one.label,
                f"{100 * one.crude:.2f} %",
                f"{100 * one.share:.2f} %",
                f"{100 * (one.low or 0):.2f}–{100 * (one.high or 0):.2f}",
                f"{100 * one.covered:.0f} %",
                f"{one.assessed:,}",
            )
    return out


def _print_review(facts: Facts) -> None:
    wanted = in_need_of_review(judge_by_type(facts))
    if not wanted:
        return
    out = Table(title=f"{len(wanted)} objectives to look at")
    for name in ("SLA type", "objective", "judgement", "why"):
        out.add_column(name, overflow="fold")
    for one in wanted:
        out.add_row(one.sla_type, one.objective_id, one.judgement.value, one.why)
    console.out.print(out)
