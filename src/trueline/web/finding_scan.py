"""The findings of the period in view, kept while what they were made from stays the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

from trueline.calendars.instants import instant
from trueline.intake.record import latest_delivery
from trueline.problems import life
from trueline.problems.found import found_in
from trueline.problems.judged import Judged, judged_period
from trueline.problems.models import RecordedAnalysis
from trueline.problems.scan import Shared
from trueline.settings.workspace import Workspace
from trueline.web.records import records_at
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
            _kept[key] = Scanned(period, judged, tuple(found_in(sight.workspace, judged)))
        _kept.move_to_end(key)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
        kept = _kept[key]
    return Scanned(kept.period, kept.judged, tuple(life.most_trusted_first(kept.findings)))


def judged_in_sight(sight: Sight, period: str) -> Judged:
    """A period as it is known now: analyses may have come in after it was assessed."""
    stored = sight.workspace.results / period / "assessment.json"
    stamp = stored.stat().st_mtime_ns if stored.is_file() else 0
    return _judged(sight.workspace, period, stamp, latest_delivery())


@lru_cache(maxsize=_KEPT)
def _judged(workspace: Workspace, period: str, _stamp: int, delivery: int) -> Judged:
    inventory = records_at(workspace, delivery).inventory
    return judged_period(workspace, period, delivery=delivery, snapshot=inventory)


def _last_imported() -> str:
    last = RecordedAnalysis.objects.filter(superseded_by=None).order_by("-start_s").first()
    return f"{instant(last.start_s):%Y-%m}" if last else ""
