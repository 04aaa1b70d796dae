"""The newest assessment scanned for common problems, once; each finding raised once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from trueline.intake.record import latest_delivery, write_lock
from trueline.monitoring.models import ProblemScanRun
from trueline.problems.found import found_in
from trueline.problems.judged import judged_period
from trueline.problems.life import most_trusted_first, raise_problem
from trueline.problems.models import ProductProblem
from trueline.problems.scan import Shared
from trueline.problems.states import REOPEN_WITHIN, ProblemState
from trueline.settings.workspace import Workspace
from trueline.trends.daily_history import StoredAssessment

GIVEN_UP = (ProblemState.REJECTED, ProblemState.CANCELLED)


@dataclass(frozen=True)
class ProblemScan:
    """How many findings there were, and what became of them."""

    period: str
    findings: int
    raised: int
    joined: int
    held_back: int


def is_scanned(assessment: StoredAssessment) -> bool:
    """Whether this very assessment was scanned before."""
    return ProblemScanRun.objects.filter(
        period=assessment.period, assessed_at=assessment.assessed_at
    ).exists()


def newest_due_s() -> int | None:
    """The instant that the newest scan was due for."""
    newest = ProblemScanRun.objects.order_by("-due_s").first()
    return newest.due_s if newest else None


def scan_problems(
    workspace: Workspace, assessment: StoredAssessment, due_s: int, *, by: str, now: datetime
) -> ProblemScan:
    """Scan a stored assessment and raise what it shows: a new problem, or members of an open one.

    What a person rejected or cancelled is not raised again for REOPEN_WITHIN, unless by hand.
    """
    delivery = latest_delivery()
    judged = judged_period(workspace, assessment.period, delivery=delivery)
    found = found_in(workspace, judged)
    told = most_trusted_first([one for one in found if not _given_up(one, now=now)])
    acts = [raise_problem(workspace, one, judged.snapshot, by=by, now=now).act for one in told]
    scan = ProblemScan(
        assessment.period,
        len(found),
        acts.count("raised"),
        len(acts) - acts.count("raised"),
        len(found) - len(told),
    )
    with write_lock(workspace):
        ProblemScanRun.objects.create(
            period=scan.period,
            assessed_at=assessment.assessed_at,
            due_s=due_s,
            delivery_id=delivery,
            findings=scan.findings,
            raised=scan.raised,
            joined=scan.joined,
            held_back=scan.held_back,
            run_by=by,
            run_at=now,
        )
    return scan


def _given_up(shared: Shared, *, now: datetime) -> bool:
    """Whether the newest problem of one of its names was given up lately."""
    problems = ProductProblem.objects.filter(objective_id=shared.objective_id).order_by("-pk")
    for problem in problems:
        if _alike(shared.names, problem.names):
            return problem.state in GIVEN_UP and now - problem.state_since <= REOPEN_WITHIN
    return False


def _alike(names: Collection[Mapping[str, str]], others: Collection[Mapping[str, str]]) -> bool:
    return any(dict(name) == dict(other) for name in names for other in others)
