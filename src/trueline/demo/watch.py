"""The demo operator's regimes: drafted by one, approved by another, run at the end of the data."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files

from trueline.calendars.periods import parse_period
from trueline.engine import Engine
from trueline.intake.load import LoadReport
from trueline.monitoring.acts import (
    Act,
    approve_regime,
    draft_regimes,
    move_regime,
    standing_regimes,
)
from trueline.monitoring.parse import parse_regimes
from trueline.monitoring.run import run_regime
from trueline.monitoring.values import RegimeState
from trueline.settings.workspace import Workspace

_DAY_S = 86_400
_AUTHOR, _APPROVER = "demo author", "demo approver"


def start_regimes(workspace: Workspace, now: datetime) -> list[LoadReport]:
    """Record the regimes and let them run."""
    data = files("trueline.demo").joinpath("regimes.yaml").read_bytes()
    regimes = parse_regimes(data, "regimes.yaml")
    reports = [draft_regimes(workspace, regimes, Act(_AUTHOR, now))]
    for regime in regimes:
        reports.append(approve_regime(workspace, regime.id, Act(_APPROVER, now)))
        reports.append(move_regime(workspace, regime.id, RegimeState.ACTIVE, Act(_AUTHOR, now)))
    return reports


def run_regimes(
    workspace: Workspace, engine: Engine, last_month: str, *, now: datetime
) -> list[str]:
    """Run every active regime for the last two days of the data; what was run, a sentence each."""
    end_s = parse_period(last_month).bounds("UTC")[1]
    said = []
    for regime_id, standing in standing_regimes().items():
        if standing.state is RegimeState.ACTIVE:
            for due_s in (end_s - _DAY_S, end_s):
                report = run_regime(workspace, engine, regime_id, due_s, now=now)
            said.append(f"regime {regime_id}: {report.raised} alerts raised on the last day")
    return said
