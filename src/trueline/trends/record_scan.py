"""A scan put on record: what it found is raised once, followed while it stands, cleared once."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction

from trueline.assessment.store import write_whole
from trueline.intake.record import latest_delivery, write_lock
from trueline.settings.workspace import Workspace
from trueline.trends.findings import QuietSeries, TrendFinding, TrendScan
from trueline.trends.models import Deterioration, DeteriorationChange, TrendScanRun
from trueline.trends.scan_store import WORKSPACE, recorded_file, scan_bytes, store_scan
from trueline.trends.standing import Act, act_of

Series = tuple[str, str, str, str]
_LONG = ("course", "dimension", "key", "objective_id", "measure")


@dataclass(frozen=True)
class OnRecord:
    """Under which scope a scan is recorded, for which due instant, and of which assessments."""

    scope: str = WORKSPACE
    due_s: int | None = None
    assessed_at: str = ""


@dataclass(frozen=True)
class Recorded:
    """The number of the scan, and how many deteriorations it raised, cleared and left standing."""

    number: int
    raised: int
    cleared: int
    standing: int


def record_scan(
    workspace: Workspace, scan: TrendScan, on: OnRecord, *, by: str, now: datetime
) -> Recorded:
    """Record the scan and what it does to the deteriorations of its scope, all or nothing.

    A series that the scan did not test is left as it stands: unknown is not well.
    """
    content = scan_bytes(scan)
    with write_lock(workspace), transaction.atomic():
        run = TrendScanRun.objects.create(
            scope=on.scope,
            due_s=on.due_s,
            delivery_id=latest_delivery(),
            assessed_at=on.assessed_at,
            first_day=date.fromisoformat(scan.first_day),
            last_day=date.fromisoformat(scan.last_day),
            scanned=scan.scanned,
            sha256=hashlib.sha256(content).hexdigest(),
            run_by=by,
            run_at=now,
        )
        known = {_series(one): one for one in standing(on.scope)}
        told: list[TrendFinding | QuietSeries] = [*scan.findings, *scan.quiet]
        acts = [_follow(run, found, known.get(found.series)) for found in told]
        write_whole(recorded_file(workspace, run.pk), content)
    store_scan(workspace, scan, on.scope)
    return Recorded(
        run.pk, acts.count(Act.RAISED), acts.count(Act.CLEARED), len(standing(on.scope))
    )


def _follow(
    run: TrendScanRun, found: TrendFinding | QuietSeries, stands: Deterioration | None
) -> Act | None:
    before = None
    if stands is not None:
        before = list(stands.changes.order_by("scan_id").values_list("act", flat=True))
    act = act_of(found, before)
    if act is None:
        return None
    one = _raised(run, found) if stands is None else stands
    if act is Act.CLEARED:
        # Guarded: who comes second changes nothing.
        Deterioration.objects.filter(pk=one.pk, cleared_at=None).update(
            cleared_by=run, cleared_at=run.run_at
        )
    DeteriorationChange.objects.create(
        deterioration=one, scan=run, act=act.value, evidence=_evidence(found)
    )
    return act


def _raised(run: TrendScanRun, found: TrendFinding | QuietSeries) -> Deterioration:
    return Deterioration.objects.create(
        scope=run.scope,
        dimension=found.dimension,
        key=found.key,
        objective_id=found.objective_id,
        measure=found.measure,
        raised_by=run,
        raised_at=run.run_at,
    )


def _evidence(found: TrendFinding | QuietSeries) -> dict[str, object]:
    """What the scan told, without the course: that lies in the scan on record."""
    return {name: value for name, value in asdict(found).items() if name not in _LONG}


def standing(scope: str | None = WORKSPACE) -> list[Deterioration]:
    """What stands of a scope, or of all of them, newest first."""
    return told_of(scope, standing_only=True)


def told_of(scope: str | None = None, *, standing_only: bool) -> list[Deterioration]:
    """Deteriorations newest first, each with the scans that it was raised and cleared by."""
    found = Deterioration.objects.select_related("raised_by", "cleared_by")
    if scope is not None:
        found = found.filter(scope=scope)
    if standing_only:
        found = found.filter(cleared_at=None)
    return list(found.order_by("-raised_at", "dimension", "key", "objective_id", "measure"))


def raised_when(scope: str = WORKSPACE) -> dict[Series, datetime]:
    """Since when each series that stands is on record as getting worse."""
    return {_series(one): one.raised_at for one in standing(scope)}


def _series(one: Deterioration) -> Series:
    return one.dimension, one.key, one.objective_id, one.measure


def acts_of(series: Series) -> list[DeteriorationChange]:
    """What scans of everything said of one series, newest first."""
    dimension, key, objective_id, measure = series
    found = DeteriorationChange.objects.filter(
        deterioration__scope=WORKSPACE,
        deterioration__dimension=dimension,
        deterioration__key=key,
        deterioration__objective_id=objective_id,
        deterioration__measure=measure,
    )
    return list(found.select_related("scan").order_by("-pk"))


def newest_run(scope: str = WORKSPACE) -> TrendScanRun | None:
    """The scan of a scope that was recorded last."""
    return TrendScanRun.objects.filter(scope=scope).order_by("-pk").first()
