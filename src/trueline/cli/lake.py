"""`trueline lake ...`: the measurement lake's own care."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from trueline.assessment.summaries.parts import SummaryStore
from trueline.cli import console
from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.record import kinds_between, latest_delivery
from trueline.measurement.lake import open_lake
from trueline.measurement.upkeep import keep_up

app = typer.Typer(no_args_is_help=True, help="The measurement lake.")
summaries = typer.Typer(no_args_is_help=True, help="What the lake holds, summed up by day.")
app.add_typer(summaries, name="summaries")


@app.command()
def compact(
    if_due: Annotated[
        bool, typer.Option("--if-due", help="only as much as is worth it now")
    ] = False,
) -> None:
    """Merge segments into sorted blocks, published as a Delta Lake table; no answer changes.

    Nothing waits for it. Big loads and the server do it by themselves when enough has come in."""
    workspace = console.workspace()
    began = time.monotonic()
    if if_due:
        with open_lake(workspace) as lake:
            console.out.print(keep_up(lake) or "Nothing is due", markup=False)
        return
    with open_lake(workspace) as lake:
        report = lake.compact()
    if not report.segments:
        console.out.print("Nothing to merge: every granule lies in a block already")
        return
    console.out.print(
        f"Merged {report.segments:,} segments into {report.blocks:,} blocks: "
        f"{report.samples:,} samples in {report.size:,} bytes "
        f"({report.size / max(report.samples, 1):.2f} a sample), "
        f"{time.monotonic() - began:.1f} s"
    )


@summaries.command()
def build() -> None:
    """Sum up what arrived since the last build: only the product-days that it touches."""
    from trueline.assessment.summed import summarise

    workspace = console.workspace()
    began = time.monotonic()
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    report = summarise(workspace, engine)
    if not report.parts:
        console.out.print(f"Up to date: delivery {report.level}")
        return
    what = "the whole lake"
    if report.product_days is not None:
        what = f"{report.product_days:,} days of a product and parameter"
    console.out.print(
        f"Summed up {what} to delivery {report.level}: {report.rows:,} rows in "
        f"{report.size:,} bytes, {time.monotonic() - began:.1f} s"
    )


@summaries.command()
def follow() -> None:
    """Sum up whatever arrived, each time a line comes in; ends with its input. The server starts
    it for pushes, so that no push waits for summaries and the server's memory does not grow."""
    from trueline.assessment.summed import builder_of, kept_up

    workspace = console.workspace()
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    builder = builder_of(workspace, open_lake(workspace), engine)
    for _ in sys.stdin:
        report = kept_up(workspace, lambda: engine, builder)
        if report is not None and report.parts:
            console.out.print(f"Summed up to delivery {report.level}", markup=False)


@summaries.command()
def status() -> None:
    """How far the summaries reach, what they hold and what waits to be summed up."""
    index = SummaryStore(console.workspace()).index()
    if not index.levels:
        console.out.print("There are no summaries; make them with `trueline lake summaries build`")
        return
    newest = latest_delivery()
    waiting = "measurements" in kinds_between(index.level, newest)
    console.out.print(
        f"Summaries answer for deliveries {index.oldest} to {index.level} of {newest}"
        + ("; later measurements wait to be summed up" if waiting else "")
    )
    console.out.print(
        f"{len(index.parts):,} parts, {sum(p.rows for p in index.parts):,} rows, "
        f"{sum(p.size for p in index.parts):,} bytes; {len(index.readings)} readings, "
        f"{len(index.watches)} thresholds"
    )
