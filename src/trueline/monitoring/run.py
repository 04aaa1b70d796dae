"""A run of a regime: its cohort, what it found, the alerts that it raised and cleared. The bytes of
what it found follow from the regime, the instant and the delivery alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from trueline.assessment.assess import Known
from trueline.assessment.known import known_at_delivery
from trueline.assessment.summed import with_summaries
from trueline.calendars.instants import instant, render_instant
from trueline.calendars.periods import period_containing
from trueline.engine import Engine
from trueline.errors import InputError
from trueline.intake.record import latest_delivery, write_lock
from trueline.inventory.rules import members, parse_rule
from trueline.measurement.lake import Lake
from trueline.monitoring.acts import standing_regime
from trueline.monitoring.alerts import clear_those_who_left, record_alerts
from trueline.monitoring.cohort import Cohort
from trueline.monitoring.findings import Asking, Measure
from trueline.monitoring.models import RegimeRun
from trueline.monitoring.money import one_for_each_downtime
from trueline.monitoring.observe import observe
from trueline.monitoring.parse import regime_of
from trueline.monitoring.stakes import plain_money
from trueline.monitoring.values import Regime, RegimeState
from trueline.settings.workspace import Workspace

METHOD = 2  # of a run; another one gives other bytes


@dataclass(frozen=True)
class RunReport:
    """`raised`, `cleared`: alerts by this run. `repeated`: the run stood on record already."""

    run_id: int
    due_s: int
    raised: int = 0
    cleared: int = 0
    repeated: bool = False


def run_regime(
    workspace: Workspace, engine: Engine, regime_id: str, due_s: int, *, now: datetime
) -> RunReport:
    """Run an active regime for an instant, once: a run that stands is not run again."""
    standing = standing_regime(regime_id)
    if standing.state is not RegimeState.ACTIVE:
        raise InputError(
            f"{regime_id} is {standing.state.value}: only an active regime is run",
            mend="Approve it and start it",
        )
    before = RegimeRun.objects.filter(regime_id=regime_id, due_s=due_s).first()
    if before is not None:
        return RunReport(before.pk, due_s, repeated=True)
    delivery = latest_delivery()
    content, measures = _found(workspace, engine, standing.regime, (due_s, delivery))
    with write_lock(workspace), transaction.atomic():
        run = RegimeRun.objects.create(
            regime_id=regime_id,
            version=standing.version,
            due_s=due_s,
            delivery_id=delivery,
            regime=standing.content,
            content=content,
            sha256=hashlib.sha256(content.encode()).hexdigest(),
            run_at=now,
        )
        raised, cleared = _alerts_of(run, standing.regime, measures)
    return RunReport(run.pk, due_s, raised, cleared)


def _alerts_of(run: RegimeRun, regime: Regime, measures: list[Measure]) -> tuple[int, int]:
    """A run for an instant before the newest one tells what was, and alarms nobody now."""
    if RegimeRun.objects.filter(regime_id=run.regime_id, due_s__gt=run.due_s).exists():
        return 0, 0
    raised, cleared = record_alerts(run, regime, measures)
    members = json.loads(run.content)["cohort"]["current"]
    return raised, cleared + clear_those_who_left(run, members, regime.group)


def repeat_run(workspace: Workspace, engine: Engine, run: RegimeRun) -> str:
    """The content that the run gives when it is made again from what was known then; InputError
    where it was made by another method than this version of Trueline has."""
    method = json.loads(run.content).get("method", 1)
    if method != METHOD:
        raise InputError(
            f"The run of {run.regime_id} at {render_instant(run.due_s)} was made by method "
            f"{method}, and this version of Trueline has method {METHOD}",
            mend="Repeat it with the version that made it; its bytes and their hash are kept",
        )
    content, _ = _found(workspace, engine, regime_of(run.regime), (run.due_s, run.delivery_id))
    return content


def run_of(regime_id: str, due_s: int | None = None) -> RegimeRun:
    """The run of an instant, or the newest."""
    runs = RegimeRun.objects.filter(regime_id=regime_id)
    found = (runs if due_s is None else runs.filter(due_s=due_s)).order_by("-due_s").first()
    if found is None:
        standing_regime(regime_id)
        raise InputError(
            f"There is no such run of {regime_id}", mend=f"`trueline regimes run {regime_id}`"
        )
    return found


def _found(
    workspace: Workspace, engine: Engine, regime: Regime, at: tuple[int, int]
) -> tuple[str, list[Measure]]:
    due_s, delivery = at
    known = with_summaries(workspace, known_at_delivery(workspace, delivery), exact=True).known
    known = replace(known, as_of_s=due_s)
    cohort = _cohort(known, regime, due_s)
    try:
        seen = observe(engine, known, regime, cohort.everybody, due_s)
    finally:
        if isinstance(known.lake, Lake):
            known.lake.close()  # a worker runs on: a compaction waits for readers
    said = [
        Asking(regime, cohort, seen, known.snapshot.products, objective_id, due_s).say()
        for objective_id in sorted({r.objective_id for r in seen.rows})
    ]
    measures = [measure for one in said for measure in one.measures]
    stakes = tuple(one_for_each_downtime(s for one in said for s in one.stakes))
    plain = {
        "method": METHOD,
        "regime": regime.id,
        "due": render_instant(due_s),
        "delivery": delivery,
        "period": seen.period.label,
        "cohort": cohort.as_plain(),
        "objectives": [one.plain for one in said],
        "measures": [m.as_plain() for m in _telling(regime, measures)],
        "money_at_risk": plain_money(stakes),
    }
    content = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return content + "\n", measures


def _telling(regime: Regime, measures: Sequence[Measure]) -> list[Measure]:
    """Measures of the regime's own triggers that reach into the range between clear and raise."""
    found = []
    for measure in measures:
        trigger = regime.trigger(measure.trigger)
        if trigger is not None and measure.value >= float(trigger.clear_below):
            found.append(measure)
    return found


def _cohort(known: Known, regime: Regime, due_s: int) -> Cohort:
    """Members at the start of the period and now, both by what was known at the delivery."""
    group = known.snapshot.groups.get(regime.group)
    if group is None:
        raise InputError(f"Regime {regime.id} watches group {regime.group!r}, which is not known")
    rule = parse_rule(group.rule)
    period = period_containing((instant(due_s) - timedelta(seconds=1)).date(), regime.window)
    started_s = period.bounds("UTC")[0]
    fixed, current = (
        tuple(sorted(members(rule, known.snapshot, catalog=known.catalog, at_s=at_s)))
        for at_s in (started_s, due_s - 1)
    )
    return Cohort(fixed, current)
