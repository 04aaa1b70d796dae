"""The findings of the period in view, kept while what they were made from stays the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from trueline.calendars.instants import instant
from trueline.intake.record import latest_delivery
from trueline.problems import life
from trueline.problems.judged import Judged, judged_period
from trueline.problems.models import RecordedAnalysis
from trueline.problems.precedence import with_precedence
from trueline.problems.scan import Shared, scan_verdicts
from trueline.web.sight import Sight


@dataclass(frozen=True)
class Scanned:
    """`judged` None: nothing tells of any period."""

    period: str
    judged: Judged | None
    findings: tuple[Shared, ...]


_kept: OrderedDict[object, Scanned] = OrderedDict()
_keeping = threading.Lock()
_KEPT = 4


def scanned(sight: Sight) -> Scanned:
    """A scan of the period in view; without an assessment, of the last month that imported
    analyses tell of. The most trusted first."""
    period = sight.period or _last_imported()
    if not period:
        return Scanned("", None, ())
    stamp = sight.assessment.stamp if sight.assessment else ()
    key = (str(sight.workspace.home), period, stamp, latest_delivery())
    with _keeping:
        if key not in _kept:
            judged = judged_in_sight(sight, period)
            found = scan_verdicts(judged.rows, period, judged.snapshot)
            dated = with_precedence(
                sight.workspace,
                found,
                judged.rows,
                delivery=judged.delivery,
                analyses=judged.analyses,
            )
            _kept[key] = Scanned(period, judged, tuple(dated))
        _kept.move_to_end(key)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
        kept = _kept[key]
    return Scanned(kept.period, kept.judged, tuple(life.most_trusted_first(kept.findings)))


def judged_in_sight(sight: Sight, period: str) -> Judged:
    """A period as it is known now: analyses may have come in after it was assessed."""
    return judged_period(sight.workspace, period, delivery=latest_delivery())


def _last_imported() -> str:
    last = RecordedAnalysis.objects.filter(superseded_by=None).order_by("-start_s").first()
    return f"{instant(last.start_s):%Y-%m}" if last else ""
