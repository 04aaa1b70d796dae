"""Scans that the worker makes of itself: trends by their cadence, problems after an assessment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trueline.assessment.known import what_was_known
from trueline.calendars.instants import seconds
from trueline.monitoring.problem_scans import is_scanned, newest_due_s, scan_problems
from trueline.settings.scans import problem_cadence
from trueline.settings.workspace import Workspace
from trueline.trends.ask_workspace import WorkspaceScan, scan_workspace
from trueline.trends.daily_history import newest_assessment, newest_period, stored_days
from trueline.trends.record_scan import OnRecord, newest_run, record_scan
from trueline.trends.workspace_scan import LEAST_DAYS
from trueline.worker.due import due_instant, is_due

BY = "trueline worker"


@dataclass(frozen=True)
class TrendsWanted:
    """A scope that is scanned for trends, how often, and what in it."""

    scope: str
    cadence: str
    scan: WorkspaceScan


def scan_trends_if_due(workspace: Workspace, wanted: TrendsWanted, *, now: datetime) -> str | None:
    """What was done, None where nothing was due: the cadence's instant is scanned already, nothing
    was assessed since, or fewer than four weeks are."""
    newest = newest_assessment(workspace.results)
    last = newest_run(wanted.scope)
    if newest is None or (last is not None and last.assessed_at == newest.assessed_at):
        return None
    if not is_due(wanted.cadence, last.due_s if last else None, seconds(now)):
        return None
    if stored_days(workspace.results) < LEAST_DAYS:
        return None
    known = what_was_known(workspace)
    found = scan_workspace(workspace, known, wanted.scan)
    due_s = due_instant(wanted.cadence, seconds(now))
    on = OnRecord(wanted.scope, due_s, newest.assessed_at)
    recorded = record_scan(workspace, found, on, by=BY, now=now)
    return (
        f"trends{f' of {wanted.scope}' if wanted.scope else ''} to {found.last_day}: "
        f"{found.scanned:,} series, {recorded.raised} raised, {recorded.cleared} cleared, "
        f"{recorded.standing} stand"
    )


def scan_problems_if_due(workspace: Workspace, *, now: datetime) -> str | None:
    """What was done, None where nothing was due: the newest month's assessment is scanned already,
    or the cadence's instant is. Months before it are left alone: what they shared is past."""
    cadence, newest = problem_cadence(), newest_period(workspace.results)
    if cadence is None or newest is None or is_scanned(newest):
        return None
    if not is_due(cadence, newest_due_s(), seconds(now)):
        return None
    due_s = due_instant(cadence, seconds(now))
    scan = scan_problems(workspace, newest, due_s, by=BY, now=now)
    return (
        f"problems of {scan.period}: {scan.findings} found, {scan.raised} raised, "
        f"{scan.joined} joined, {scan.held_back} held back"
    )
