"""One turn of the worker: everything that is due now, each by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from trueline.assessment.summaries.parts import SummaryStore
from trueline.assessment.summed import summarise
from trueline.calendars.instants import render_instant, seconds
from trueline.engine import Engine
from trueline.errors import TruelineError
from trueline.intake.record import latest_delivery, locked
from trueline.monitoring.acts import standing_regimes
from trueline.monitoring.models import RegimeRun
from trueline.monitoring.run import run_regime
from trueline.monitoring.values import RegimeState
from trueline.settings.workspace import Workspace
from trueline.worker.due import due_instant, is_due


@dataclass
class Turn:
    """What was done, a sentence each, and what failed with its reason."""

    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def take_turn(workspace: Workspace, engine: Engine, *, now: datetime) -> Turn:
    """Bring summaries up to date, then run every active regime that is due. One that fails is told
    with its reason; the others go on. Two workers never take a turn at once."""
    turn = Turn()
    if not latest_delivery():
        return turn
    with locked(workspace.worker_lock, "Another worker is at work in this workspace"):
        _summarise(workspace, engine, turn)
        for regime_id, standing in standing_regimes().items():
            if standing.state is not RegimeState.ACTIVE:
                continue
            last = RegimeRun.objects.filter(regime_id=regime_id).order_by("-due_s").first()
            cadence = standing.regime.cadence
            if is_due(cadence, last.due_s if last else None, seconds(now)):
                _run(workspace, engine, (regime_id, due_instant(cadence, seconds(now))), turn, now)
    return turn


def _summarise(workspace: Workspace, engine: Engine, turn: Turn) -> None:
    """Where a workspace has summaries; the first build is asked for by hand."""
    if not SummaryStore(workspace).exists():
        return
    try:
        report = summarise(workspace, engine)
    except TruelineError as error:
        turn.failed.append(f"summaries: {error}")
        return
    if report.parts:
        turn.done.append(f"summaries: up to delivery {report.level}")


def _run(
    workspace: Workspace,
    engine: Engine,
    what: tuple[str, int],
    turn: Turn,
    now: datetime,
) -> None:
    regime_id, due_s = what
    try:
        report = run_regime(workspace, engine, regime_id, due_s, now=now)
    except TruelineError as error:
        turn.failed.append(f"{regime_id}: {error}")
        return
    turn.done.append(
        f"{regime_id} at {render_instant(due_s)}: {report.raised} alerts raised, "
        f"{report.cleared} cleared"
    )
