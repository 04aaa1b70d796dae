"""`trueline lake ...`: the measurement lake's own care."""

from __future__ import annotations

import typer

from trueline.cli import console
from trueline.intake.record import write_lock
from trueline.measurement.lake import open_lake

app = typer.Typer(no_args_is_help=True, help="The measurement lake.")


@app.command()
def compact() -> None:
    """Merge segments into sorted blocks; every answer stays the same."""
    workspace = console.workspace()
    with write_lock(workspace):
        open_lake(workspace).compact()
    console.out.print("compacted")
