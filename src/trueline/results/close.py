"""Closing a period, and restating a closed one: the only two ways into the result log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trueline.assessment.assess import AssessmentRequest, Known
from trueline.assessment.known import what_was_known
from trueline.assessment.run import store_period
from trueline.calendars.instants import render_instant
from trueline.calendars.periods import Period
from trueline.engine import Engine
from trueline.errors import InputError
from trueline.people.people import may_where_known
from trueline.people.roles import Role
from trueline.results.inputs import inputs_hashes
from trueline.results.log import Entry, append, head_of_log, is_closed, standing
from trueline.results.values import BatchKind, Closing, FigureKey, LoggedFigure, Restated
from trueline.settings.workspace import Workspace

CLOSERS = frozenset({Role.SERVICE_LEVEL_MANAGER, Role.PROCESS_OWNER})


@dataclass(frozen=True)
class Act:
    """Who does it, and why."""

    by: str
    reason: str = ""
    correction: int | None = None


def close_period(
    engine: Engine, workspace: Workspace, period: Period, act: Act, *, now: datetime
) -> Closing:
    """Assess the period from all that is known, log its figures, and keep them for the pages.
    InputError where it is closed already or nothing of it is over yet."""
    may_where_known(act.by, CLOSERS, "close a period")
    if is_closed(period.label):
        raise InputError(
            f"{period.label} is closed",
            mend="Restate it with a reason: trueline results restate --period "
            f"{period.label} --reason ...",
        )
    head = head_of_log()
    known = what_was_known(workspace)
    figures, running = _figures(engine, workspace, known, period, now)
    if not figures:
        raise InputError(
            f"No figure of {period.label} can be closed: what is known ends at "
            f"{render_instant(known.as_of_s)}, before any of its conformance periods is over"
            if running
            else f"{period.label} has no figures: no objective applies to any sold offering",
            mend="Close a period that is over",
        )
    entry = Entry(BatchKind.CLOSE, period.label, known.delivery, known.as_of_s, act.by, act.reason)
    batch = append(workspace, entry, figures, head=head, now=now)
    return Closing(batch, len(figures), running)


def restate_period(
    engine: Engine, workspace: Workspace, period: Period, act: Act, *, now: datetime
) -> Closing | None:
    """Assess a closed period again and log what differs, before and after. None where nothing
    does: the log stays as it is."""
    may_where_known(act.by, CLOSERS, "restate a period")
    if not is_closed(period.label):
        raise InputError(
            f"{period.label} was never closed", mend="Close it: trueline results close --period ..."
        )
    if not act.reason.strip():
        raise InputError("A restatement needs a reason", mend="Say why: --reason TEXT")
    head = head_of_log()
    known = what_was_known(workspace)
    figures, running = _figures(engine, workspace, known, period, now)
    before = {key: figure for key, (figure, _) in standing(workspace, period.label).items()}
    restated = compare(before, {f.key: f for f in figures})
    if not restated:
        return None
    logged = [_as_logged(change) for change in restated]
    entry = Entry(
        BatchKind.RESTATEMENT,
        period.label,
        known.delivery,
        known.as_of_s,
        act.by,
        act.reason,
        act.correction,
    )
    batch = append(workspace, entry, logged, head=head, now=now)
    return Closing(batch, len(logged), running, restated)


def compare(
    before: dict[FigureKey, LoggedFigure], after: dict[FigureKey, LoggedFigure]
) -> list[Restated]:
    """Figures that differ, or that only one side has, in the order of their keys."""
    return [
        Restated(before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _as_logged(change: Restated) -> LoggedFigure:
    if change.after is not None:
        return change.after
    assert change.before is not None
    return LoggedFigure(change.before.row, change.before.inputs_hash, retracted=True)


def _figures(
    engine: Engine, workspace: Workspace, known: Known, period: Period, now: datetime
) -> tuple[Sequence[LoggedFigure], int]:
    """Figures whose own conformance period is over, and how many are still running."""
    request = AssessmentRequest(period)
    result = store_period(engine, workspace, known, request, now=now)
    hashes = inputs_hashes(engine, known, request)
    over = [row for row in result.rows if row.period_end <= known.as_of_s]
    figures = [
        LoggedFigure(row, hashes[row.product_id, row.objective_id, row.period_start])
        for row in over
    ]
    return figures, len(result.rows) - len(over)
