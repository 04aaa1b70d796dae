"""`trueline lake ...`: the measurement lake's own care."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from trueline.cli import console
from trueline.measurement.lake import open_lake
from trueline.measurement.upkeep import keep_up

app = typer.Typer(no_args_is_help=True, help="The measurement lake.")


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
