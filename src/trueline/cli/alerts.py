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
    """Standing alerts, newest first, each with what it was raised on."""
    console.workspace()
    from trueline.monitoring.acts import standing_regime
    from trueline.monitoring.board import alerts_of

    if regime is not None:
        standing_regime(regime)
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
    if not found:
        console.out.print(
            "No alerts" if every else "No standing alerts; --all shows those that were cleared too"
        )
        return
    console.out.print(table)
