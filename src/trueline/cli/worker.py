"""`trueline worker`: runs what is due."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from trueline.cli import console
from trueline.engine.duckdb import DuckDBEngine


def worker(
    once: Annotated[bool, typer.Option("--once", help="one turn, then stop")] = False,
    every: Annotated[int, typer.Option(help="seconds between two turns", min=1)] = 60,
) -> None:
    """Take in what waits under names that identities.yaml makes certain, bring summaries up to
    date and run regimes that are due, again and again. Exit code 1 when a turn of --once failed in
    part."""
    workspace = console.workspace()
    from trueline.worker.turn import Worker

    own = Worker(workspace, DuckDBEngine(spill_dir=workspace.home / "spill"))
    while True:
        turn = own.take_turn(now=console.now())
        for sentence in turn.done:
            console.out.print(sentence, markup=False)
        for sentence in turn.failed:
            console.err.print(f"failed: {sentence}", markup=False)
        if once:
            if not turn.done and not turn.failed:
                console.out.print("Nothing was due")
            break
        time.sleep(every)
    if turn.failed:
        raise typer.Exit(1)
