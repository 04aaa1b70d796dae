"""Whether a deterioration stands after a scan: raised at once, cleared only by two scans in a row.

Between the q-value that raises and the one that clears lies a range in which nothing changes, so
that a finding near the limit is not raised and cleared in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from trueline.trends.course_kind import Kind
from trueline.trends.findings import WORSE, QuietSeries, TrendFinding

CLEAR_ABOVE = 0.2
"""q-value above which a series counts as not called; between it and the scan's own it is held."""
CLEAR_AFTER = 2
"""Scans in a row that have to say so."""


class Act(StrEnum):
    """What a scan does to a deterioration."""

    RAISED = "raised"
    CALLED = "called"  # it stands, and is called again
    HELD = "held"  # it stands, and is neither called nor clearly gone
    MISSED = "missed"  # it stands, and this scan says that it is gone
    CLEARED = "cleared"


def act_of(found: TrendFinding | QuietSeries, before: Sequence[str] | None) -> Act | None:
    """What a scan that tested the series does, given the acts of a standing deterioration, oldest
    first; None for `before` where none stands. None says: nothing is recorded."""
    if _called(found):
        return Act.RAISED if before is None else Act.CALLED
    if before is None:
        return None
    if isinstance(found, QuietSeries) and _doubtful(found):
        return Act.HELD
    missed = 1
    for act in reversed(before):
        if act != Act.MISSED:
            break
        missed += 1
    return Act.CLEARED if missed >= CLEAR_AFTER else Act.MISSED


def _called(found: TrendFinding | QuietSeries) -> bool:
    return found.kind in {kind.value for kind in WORSE}


def _doubtful(found: QuietSeries) -> bool:
    return found.kind == Kind.NO_TREND_FOUND.value and found.q_value <= CLEAR_ABOVE
