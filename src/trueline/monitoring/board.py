"""What people read: every regime with its newest run, what changed since the day before, alerts.
Whoever looks is noted, so that a regime nobody reads can be given up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from trueline.calendars.instants import instant, seconds
from trueline.monitoring.acts import StandingRegime, standing_regimes
from trueline.monitoring.models import Alert, RegimeReading, RegimeRun
from trueline.monitoring.values import RegimeState

UNREAD_DAYS = 90
_DAY_S = 86_400


@dataclass(frozen=True)
class Changed:
    """Between the newest run and the last one a day or more before it. Pairs of objective and
    product; `alerts_raised` and `alerts_cleared` in between."""

    newly_violated: tuple[tuple[str, str], ...]
    recovered: tuple[tuple[str, str], ...]
    joined: tuple[str, ...]
    left: tuple[str, ...]
    alerts_raised: int
    alerts_cleared: int

    @property
    def anything(self) -> bool:
        return bool(
            self.newly_violated
            or self.recovered
            or self.joined
            or self.left
            or self.alerts_raised
            or self.alerts_cleared
        )


@dataclass(frozen=True)
class BoardLine:
    """One regime on the board. `found`: the content of its newest run."""

    standing: StandingRegime
    run: RegimeRun | None
    found: dict[str, object]
    changed: Changed | None
    alerts: int
    last_read: datetime | None
    unread: bool  # nobody read it for UNREAD_DAYS: proposed for retirement
    readers: int  # how many read it within UNREAD_DAYS


def board(*, now: datetime) -> list[BoardLine]:
    """What changed most comes first, then what has alerts."""
    lines = [board_line(one, now=now) for one in standing_regimes().values()]
    return sorted(
        lines,
        key=lambda line: (
            line.standing.state is RegimeState.RETIRED,
            line.changed is None or not line.changed.anything,
            -(len(line.changed.newly_violated) if line.changed else 0),
            -line.alerts,
            line.standing.regime.id,
        ),
    )


def board_line(standing: StandingRegime, *, now: datetime) -> BoardLine:
    regime_id = standing.regime.id
    run = RegimeRun.objects.filter(regime_id=regime_id).order_by("-due_s").first()
    readings = RegimeReading.objects.filter(regime_id=regime_id)
    reading = readings.order_by("-read_at").first()
    recent = readings.filter(read_at__gt=now - timedelta(days=UNREAD_DAYS))
    last_read = reading.read_at if reading else None
    since = max(filter(None, (last_read, standing.acted_at)))
    return BoardLine(
        standing=standing,
        run=run,
        found=json.loads(run.content) if run else {},
        changed=changed_since_the_day_before(run) if run else None,
        alerts=Alert.objects.filter(regime_id=regime_id, cleared_s=None).count(),
        last_read=last_read,
        unread=standing.state is RegimeState.ACTIVE and now - since > timedelta(days=UNREAD_DAYS),
        readers=recent.values("read_by").distinct().count(),
    )


def changed_since_the_day_before(run: RegimeRun) -> Changed | None:
    """None where there is no earlier run to compare with."""
    earlier = (
        RegimeRun.objects.filter(regime_id=run.regime_id, due_s__lte=run.due_s - _DAY_S)
        .order_by("-due_s")
        .first()
    )
    if earlier is None:
        return None
    now, then = json.loads(run.content), json.loads(earlier.content)
    violated, before = _violated(now), _violated(then)
    same_period = now["period"] == then["period"]
    members, were = set(now["cohort"]["current"]), set(then["cohort"]["current"])
    alerts = Alert.objects.filter(regime_id=run.regime_id)
    return Changed(
        newly_violated=tuple(sorted(violated - before)),
        # A new period starts everybody afresh: nobody has recovered by that.
        recovered=tuple(sorted(before - violated)) if same_period else (),
        joined=tuple(sorted(members - were)),
        left=tuple(sorted(were - members)),
        alerts_raised=alerts.filter(raised_s__gt=earlier.due_s, raised_s__lte=run.due_s).count(),
        alerts_cleared=alerts.filter(cleared_s__gt=earlier.due_s, cleared_s__lte=run.due_s).count(),
    )


def _violated(content: dict[str, list[dict[str, object]]]) -> set[tuple[str, str]]:
    return {
        (str(one["objective"]), str(product))
        for one in content["objectives"]
        for product in one["violated"]  # type: ignore[attr-defined]  # a list of ids, by findings.py
    }


def note_reading(regime_id: str, by: str, *, now: datetime) -> None:
    """Once a day for each reader is enough."""
    day = instant(seconds(now) // _DAY_S * _DAY_S)
    if not RegimeReading.objects.filter(regime_id=regime_id, read_by=by, read_at__gte=day).exists():
        RegimeReading.objects.create(regime_id=regime_id, read_by=by, read_at=now)


def alerts_of(regime_id: str | None = None, *, standing_only: bool = True) -> list[Alert]:
    """Newest first."""
    found = Alert.objects.all()
    if regime_id is not None:
        found = found.filter(regime_id=regime_id)
    if standing_only:
        found = found.filter(cleared_s=None)
    return list(found.order_by("-raised_s", "regime_id", "trigger", "objective_id", "subject"))
