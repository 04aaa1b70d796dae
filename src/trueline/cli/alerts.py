"""`trueline alerts ...`: what regimes raised, and cleared, and what people did about it."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from trueline.calendars.instants import render_instant, seconds
from trueline.cli import console

By = Annotated[str, typer.Option(help="who does it")]
Note = Annotated[str, typer.Option(help="what you say to it")]
Number = Annotated[int, typer.Argument(help="number of the alert")]

app = typer.Typer(help="What regimes raised, and what people did about it.")


@app.callback(invoke_without_command=True)
def alerts(
    context: typer.Context,
    regime: Annotated[str | None, typer.Option(help="only of this regime")] = None,
    every: Annotated[bool, typer.Option("--all", help="those that were cleared too")] = False,
) -> None:
    """Standing alerts, newest first, each with what it was raised on; and how much gets worse."""
    if context.invoked_subcommand is not None:
        return
    console.workspace()
    from trueline.monitoring.acts import standing_regime
    from trueline.monitoring.alert_notes import Handled, handled
    from trueline.monitoring.board import alerts_of
    from trueline.trends.record_scan import told_of

    if regime is not None:
        standing_regime(regime)
    table = Table("no.", "raised", "cleared", "regime", "trigger", "objective", "subject", "value")
    table.add_column("handled", overflow="fold")
    found = alerts_of(regime, standing_only=not every)
    by_alert = handled(found)
    for alert in found:
        table.add_row(
            str(alert.pk),
            render_instant(alert.raised_s),
            render_instant(alert.cleared_s) if alert.cleared_s is not None else "",
            alert.regime_id,
            alert.trigger,
            alert.objective_id,
            alert.subject,
            str(json.loads(alert.raised_evidence)["value"]),
            by_alert.get(alert.pk, Handled()).words,
        )
    if found:
        console.out.print(table)
    else:
        console.out.print(
            "No alerts" if every else "No standing alerts; --all shows those that were cleared too"
        )
    worse = len(told_of(standing_only=True))
    if worse:
        console.out.print(f"{worse} stand as getting worse: trueline trends standing")


@app.command()
def acknowledge(number: Number, by: By, note: Note = "") -> None:
    """Say that you have seen an alert; it stands until a measure clears it."""
    workspace = console.workspace()
    from trueline.monitoring import alert_notes
    from trueline.monitoring.acts import Act

    alert_notes.acknowledge(workspace, number, Act(by, console.now(), note))
    console.out.print(f"alert {number} is acknowledged by {by}", markup=False)


@app.command()
def comment(number: Number, by: By, note: Note) -> None:
    """Say something to an alert; it is kept with your name."""
    workspace = console.workspace()
    from trueline.monitoring import alert_notes
    from trueline.monitoring.acts import Act

    alert_notes.comment(workspace, number, Act(by, console.now(), note))
    console.out.print(f"alert {number}: commented by {by}", markup=False)


@app.command()
def assign(
    number: Number,
    owner: Annotated[str, typer.Argument(help="who sees to it from now on")],
    by: By,
    note: Note = "",
) -> None:
    """Say who sees to an alert from now on."""
    workspace = console.workspace()
    from trueline.monitoring import alert_notes
    from trueline.monitoring.acts import Act

    alert_notes.assign(workspace, number, owner, Act(by, console.now(), note))
    console.out.print(f"alert {number} is now owned by {owner}", markup=False)


@app.command()
def show(number: Number) -> None:
    """One alert with its evidence and everything that was said to it."""
    console.workspace()
    from trueline.monitoring.alert_notes import Handled, alert_numbered, handled

    alert = alert_numbered(number)
    console.out.print(
        f"alert {number} of {alert.regime_id}: {alert.trigger} {alert.objective_id} "
        f"{alert.subject}, raised {render_instant(alert.raised_s)}",
        markup=False,
    )
    console.out.print(f"evidence: {alert.raised_evidence}", markup=False)
    console.out.print(
        f"run: trueline regimes show {alert.regime_id} --at {render_instant(alert.raised_s)}",
        markup=False,
    )
    if alert.cleared_s is not None:
        at = render_instant(alert.cleared_s)
        console.out.print(f"cleared {at}: {alert.cleared_evidence}", markup=False)
    for note in handled([alert]).get(alert.pk, Handled()).notes:
        said = ": ".join(part for part in (note.owner, note.text) if part)
        when = render_instant(seconds(note.at))
        console.out.print(f"{when} {note.kind} by {note.by} {said}".rstrip(), markup=False)
