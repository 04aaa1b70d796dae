"""`trueline lake ...`: the measurement lake's own care."""

from __future__ import annotations

import typer

from trueline.cli import console
from trueline.measurement.lake import open_lake

app = typer.Typer(no_args_is_help=True, help="The measurement lake.")


@app.command()
def compact() -> None:
    """Merge segments into sorted blocks; every answer stays the same."""
    workspace = console.workspace()
    with open_lake(workspace) as lake:
        lake.compact()
    console.out.print("compacted")
