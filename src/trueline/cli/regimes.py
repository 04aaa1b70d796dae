"""`trueline regimes ...`: what is watched, how often, and what runs found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from trueline.calendars.instants import parse_instant, render_instant, seconds
from trueline.cli import console
from trueline.engine.duckdb import DuckDBEngine
from trueline.errors import InputError, Place

app = typer.Typer(no_args_is_help=True, help="Monitoring regimes: what is watched, by whom.")
By = Annotated[str, typer.Option(help="who does it")]
Reason = Annotated[str, typer.Option(help="why")]
At = Annotated[str | None, typer.Option(help="the instant of a run: 2026-10-05T00:00:00Z")]


@app.command(name="list")
def list_regimes() -> None:
    """Every regime with its state, its newest run and its standing alerts."""
    console.workspace()
    from trueline.monitoring.board import board

    table = Table("regime", "state", "version", "owner", "every", "last run", "alerts", "note")
    for line in board(now=console.now()):
        standing = line.standing
        table.add_row(
            standing.regime.id,
            standing.state.value,
            str(standing.version),
            standing.regime.owner,
            standing.regime.cadence,
            render_instant(line.run.due_s) if line.run else "",
            str(line.alerts),
            "unread for 90 days: retire it?" if line.unread else "",
        )
    console.print_listing(
        table, "No regimes; `trueline regimes draft FILE --by NAME` records some as drafts"
    )


@app.command()
def draft(file: Annotated[Path, typer.Argument(help="regimes as YAML")], by: By) -> None:
    """Record regimes as drafts; a changed one is a draft again."""
    workspace = console.workspace()
    from trueline.monitoring.acts import Act, draft_regimes
    from trueline.monitoring.parse import parse_regimes

    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror}", place=Place(str(file))
        ) from None
    regimes = parse_regimes(data, file.name)
    console.print_report(draft_regimes(workspace, regimes, Act(by, console.now())), "regimes")


def _move(regime: str, to: str, by: str, reason: str) -> None:
    workspace = console.workspace()
    from trueline.monitoring.acts import Act, approve_regime, move_regime
    from trueline.monitoring.values import RegimeState

    act = Act(by, console.now(), reason)
    if to == RegimeState.APPROVED:
        approve_regime(workspace, regime, act)
    else:
        move_regime(workspace, regime, RegimeState(to), act)
    console.out.print(f"{regime} is {to} by {by}", markup=False)


@app.command()
def approve(regime: str, by: By, reason: Reason = "") -> None:
    """Approve a draft; its author may not."""
    _move(regime, "approved", by, reason)


@app.command()
def start(regime: str, by: By, reason: Reason = "") -> None:
    """Let an approved or suspended regime run."""
    _move(regime, "active", by, reason)


@app.command()
def suspend(regime: str, by: By, reason: Reason = "") -> None:
    """Let an active regime rest."""
    _move(regime, "suspended", by, reason)


@app.command()
def retire(regime: str, by: By, reason: Reason = "") -> None:
    """Give a regime up; its runs and alerts stay on record."""
    _move(regime, "retired", by, reason)


@app.command()
def run(
    regime: str,
    at: At = None,
) -> None:
    """Run an active regime now, for the newest end of its cadence or for an instant."""
    workspace = console.workspace()
    from trueline.monitoring.acts import standing_regime
    from trueline.monitoring.run import run_regime
    from trueline.worker.due import due_instant

    standing = standing_regime(regime)
    now = console.now()
    due_s = seconds(parse_instant(at)) if at else due_instant(standing.regime.cadence, seconds(now))
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    report = run_regime(workspace, engine, regime, due_s, now=now)
    if report.repeated:
        console.out.print(f"{regime} was run for {render_instant(due_s)} before", markup=False)
        return
    console.out.print(
        f"{regime} at {render_instant(due_s)}: {report.raised} alerts raised, "
        f"{report.cleared} cleared",
        markup=False,
    )


@app.command()
def show(
    regime: str,
    by: Annotated[str, typer.Option(help="who reads it")] = "",
    at: At = None,
) -> None:
    """What a run found; the newest, or the one of an instant."""
    console.workspace()
    from trueline.monitoring.board import note_reading
    from trueline.monitoring.run import run_of

    found = run_of(regime, seconds(parse_instant(at)) if at else None)
    note_reading(regime, by or console.recorded_by() or "unnamed", now=console.now())
    content = json.loads(found.content)
    cohort = content["cohort"]
    console.out.print(
        f"{regime} version {found.version} at {content['due']}, {content['period']} to date, as "
        f"known at delivery {content['delivery']}: {len(cohort['current'])} members, "
        f"{len(cohort['joined'])} joined and {len(cohort['left'])} left since the period began",
        markup=False,
    )
    table = Table("objective", "met", "at risk", "violated", "not assessable", "fixed cohort")
    for name in ("unlike peers", "violations expected", "credits expected"):
        table.add_column(name, justify="right")
    table.add_column("Brier score, climate, as it stood", overflow="fold")
    for one in content["objectives"]:
        table.add_row(*_cells(one))
    console.out.print(table)
    for one in content["objectives"]:
        for right in ((one["prediction"] or {}).get("leaving") or {}).get("rights", []):
            chance = "stands" if right["stands"] else f"chance {right['chance']}"
            words = f"{right['product']} {one['objective']}: {chance}, {right['words']}"
            console.out.print(f"right to leave: {words}", markup=False)


def _cells(one: dict[str, Any]) -> list[str]:
    now, fixed = one["current"]["verdicts"], one["fixed"]["verdicts"]
    prediction = one["prediction"]
    return [
        one["objective"],
        *(str(now[name]) for name in ("met", "atRisk", "violated", "notAssessable")),
        f"{fixed['violated']} violated of {one['fixed']['assessed']}",
        str(len(one["unlike_peers"])),
        str(prediction["expected_violations"]) if prediction else "",
        _money(prediction) if prediction else "",
        _scores(prediction["back_test"]) if prediction else one.get("why_unpredicted", ""),
    ]


def _money(prediction: dict[str, Any]) -> str:
    sums = (prediction.get("money_at_risk") or {}).get("by_currency", {})
    return ", ".join(f"{one['expected']} {name}".rstrip() for name, one in sums.items())


def _scores(test: dict[str, Any]) -> str:
    names = ("brier_score", "base_rate_score", "as_it_stood_score")
    return ", ".join(str(test.get(name)) for name in names)


@app.command()
def repeat(regime: str, at: At = None) -> None:
    """Make a run again from what was known then; exit code 1 when a byte differs."""
    workspace = console.workspace()
    from trueline.monitoring.run import repeat_run, run_of

    found = run_of(regime, seconds(parse_instant(at)) if at else None)
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    same = repeat_run(workspace, engine, found) == found.content
    told = "the same, byte for byte" if same else "NOT the same"
    console.out.print(
        f"{regime} at {render_instant(found.due_s)} ({found.sha256[:12]}): {told}", markup=False
    )
    if not same:
        raise typer.Exit(1)
