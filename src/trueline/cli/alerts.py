"""`trueline alerts`: what regimes raised, and cleared."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from trueline.calendars.instants import render_instant
from trueline.cli import console


def alerts(
    regime: Annotated[str | None, typer.Option(help="only of this regime")] = None,
    every: Annotated[bool, typer.Option("--all", help="those that were cleared too")] = False,
) -> None:
    """Standing alerts, newest first, each with what it was raised on; and how much gets worse."""
    console.workspace()
    from trueline.monitoring.board import alerts_of
    from trueline.trends.record_scan import told_of

    table = Table("raised", "cleared", "regime", "trigger", "objective", "subject", "value")
    found = alerts_of(regime, standing_only=not every)
    for alert in found:
        table.add_row(
            render_instant(alert.raised_s),
            render_instant(alert.cleared_s) if alert.cleared_s is not None else "",
            alert.regime_id,
            alert.trigger,
            alert.objective_id,
            alert.subject,
            str(json.loads(alert.raised_evidence)["value"]),
        )
    if found:
        console.out.print(table)
    else:
        console.out.print("No alerts")
    worse = len(told_of(standing_only=True))
    if worse:
        console.out.print(f"{worse} stand as getting worse: trueline trends standing")
