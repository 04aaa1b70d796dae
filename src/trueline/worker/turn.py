"""One turn of the worker: everything that is due now, each by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from trueline.assessment.summaries.build import SummaryBuilder
from trueline.assessment.summaries.parts import SummaryStore
from trueline.assessment.summed import builder_of, summarise
from trueline.calendars.instants import render_instant, seconds
from trueline.engine import Engine
from trueline.errors import TruelineError
from trueline.intake.record import latest_delivery, locked
from trueline.measurement.lake import open_lake
from trueline.monitoring.acts import standing_regimes
from trueline.monitoring.models import RegimeRun
from trueline.monitoring.run import run_regime
from trueline.monitoring.trend_scans import regime_trends
from trueline.monitoring.values import RegimeState
from trueline.settings.scans import trend_cadence
from trueline.settings.workspace import Workspace
from trueline.sourcing.identities import Decision, apply_certain
from trueline.sourcing.identity_file import FILE
from trueline.trends.ask_workspace import WorkspaceScan
from trueline.trends.scan_store import WORKSPACE
from trueline.worker.due import due_instant, is_due
from trueline.worker.scans import TrendsWanted, scan_problems_if_due, scan_trends_if_due


@dataclass
class Turn:
    """What was done, a sentence each, and what failed with its reason."""

    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass
class Worker:
    """Takes one turn after the other in one workspace."""

    workspace: Workspace
    engine: Engine
    _builder: SummaryBuilder | None = None
    _identified: tuple[int, int | None] | None = None  # after which delivery and edit of the file

    def take_turn(self, *, now: datetime) -> Turn:
        """Take in what waits under names that are certain, bring summaries up to date, run every
        active regime that is due, then scan for problems and trends where that is due. One that
        fails is told with its reason; the others go on. Two workers never take a turn at once."""
        turn = Turn()
        if not latest_delivery():
            return turn
        with locked(self.workspace.worker_lock, "Another worker is at work in this workspace"):
            self._tried(turn, "names in feeds", lambda: self._identify(now))
            self._summarise(turn)
            for regime_id, standing in standing_regimes().items():
                if standing.state is RegimeState.ACTIVE:
                    self._run_if_due(regime_id, standing.regime.cadence, turn, now)
            self._scan(turn, now)
        return turn

    def _identify(self, now: datetime) -> str | None:
        """Where the operator's file lets an identifier decide by itself, and something arrived or
        the file changed since the last turn."""
        file = self.workspace.home / FILE
        state = (latest_delivery(), file.stat().st_mtime_ns if file.exists() else None)
        if state[1] is None or state == self._identified:
            return None
        self._identified = state
        decided = apply_certain(self.workspace, Decision(FILE, now))
        if not decided.identities:
            return None
        return f"names in feeds: {len(decided.identities)} accepted by {FILE}"

    def _scan(self, turn: Turn, now: datetime) -> None:
        self._tried(turn, "problems", lambda: scan_problems_if_due(self.workspace, now=now))
        for wanted in self._trends_wanted(turn):
            name = f"trends{f' of {wanted.scope}' if wanted.scope else ''}"
            self._tried(turn, name, partial(scan_trends_if_due, self.workspace, wanted, now=now))

    def _trends_wanted(self, turn: Turn) -> list[TrendsWanted]:
        """Everything by the setting, and the group of each active regime that names its trends."""
        try:
            cadence = trend_cadence()
        except TruelineError as error:
            turn.failed.append(f"trends: {error}")
            cadence = None
        whole = [TrendsWanted(WORKSPACE, cadence, WorkspaceScan())] if cadence else []
        own = [
            TrendsWanted(one.regime.id, one.regime.trends, regime_trends(one.regime))
            for one in standing_regimes().values()
            if one.state is RegimeState.ACTIVE and one.regime.trends
        ]
        return whole + own

    def _tried(self, turn: Turn, name: str, act: Callable[[], str | None]) -> None:
        try:
            done = act()
        except TruelineError as error:
            turn.failed.append(f"{name}: {error}")
            return
        if done is not None:
            turn.done.append(done)

    def _summarise(self, turn: Turn) -> None:
        """Where a workspace has summaries; the first build is asked for by hand."""
        if not SummaryStore(self.workspace).exists():
            return
        if self._builder is None:
            lake = open_lake(self.workspace)
            self._builder = builder_of(self.workspace, lake, self.engine)
        try:
            report = summarise(self.workspace, self.engine, self._builder)
        except TruelineError as error:
            turn.failed.append(f"summaries: {error}")
            return
        if report.parts:
            turn.done.append(f"summaries: up to delivery {report.level}")

    def _run_if_due(self, regime_id: str, cadence: str, turn: Turn, now: datetime) -> None:
        last = RegimeRun.objects.filter(regime_id=regime_id).order_by("-due_s").first()
        if not is_due(cadence, last.due_s if last else None, seconds(now)):
            return
        due_s = due_instant(cadence, seconds(now))
        try:
            report = run_regime(self.workspace, self.engine, regime_id, due_s, now=now)
        except TruelineError as error:
            turn.failed.append(f"{regime_id}: {error}")
            return
        turn.done.append(
            f"{regime_id} at {render_instant(due_s)}: {report.raised} alerts raised, "
            f"{report.cleared} cleared"
        )
