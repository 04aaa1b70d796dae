"""All findings of a judged period by one measure, each with what happened before it."""

from __future__ import annotations

from trueline.problems.judged import Judged
from trueline.problems.measure import Measure
from trueline.problems.measured import scan_measured
from trueline.problems.precedence import with_precedence
from trueline.problems.scan import ANY, Shared, scan_verdicts
from trueline.settings.workspace import Workspace


def found_in(
    workspace: Workspace, judged: Judged, *, measure: Measure = Measure.VIOLATED, of: str = ANY
) -> list[Shared]:
    """The least likely first; `of` keeps findings of one objective or parameter. Raises
    InputError where the measure needs one that is not given, or has no figures."""
    if measure is Measure.VIOLATED:
        found = scan_verdicts(judged.rows, judged.period, judged.snapshot)
        found = [one for one in found if of in (ANY, one.objective_id)]
    else:
        found = scan_measured(workspace, judged, measure, of)
    return with_precedence(
        workspace, found, judged.rows, delivery=judged.delivery, analyses=judged.analyses
    )
