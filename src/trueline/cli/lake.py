"""`trueline lake ...`: the measurement lake's own care."""

from __future__ import annotations

import time

import typer

from trueline.cli import console
from trueline.measurement.lake import open_lake

app = typer.Typer(no_args_is_help=True, help="The measurement lake.")


@app.command()
def compact() -> None:
    """Merge segments into sorted blocks, published as a Delta Lake table; no answer changes."""
    workspace = console.workspace()
    began = time.monotonic()
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
