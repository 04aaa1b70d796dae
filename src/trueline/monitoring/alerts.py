"""Alerts as recorded changes of state: raised once, cleared once, each with its evidence."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from trueline.monitoring.alarms import Measured, state_after
from trueline.monitoring.findings import Measure
from trueline.monitoring.models import Alert, RegimeRun
from trueline.monitoring.values import Regime

Subject = tuple[str, str, str]  # trigger, objective, subject


def record_alerts(run: RegimeRun, regime: Regime, measures: Sequence[Measure]) -> tuple[int, int]:
    """Raise and clear what the run's measures say, beside the runs before; how many of each. A
    measure that is missing changes nothing: unknown is not well."""
    standing = {
        (alert.trigger, alert.objective_id, alert.subject): alert
        for alert in Alert.objects.filter(regime_id=run.regime_id, cleared_s=None)
    }
    earlier = _earlier(run, regime)
    raised = cleared = 0
    for measure in measures:
        trigger = regime.trigger(measure.trigger)
        if trigger is None:
            continue
        subject = (measure.trigger.value, measure.objective_id, measure.subject)
        value = Decimal(str(measure.as_plain()["value"]))
        history = [*earlier.get(subject, ()), Measured(run.due_s, value)]
        alert = standing.get(subject)
        stands = state_after(trigger, raised=alert is not None, history=history)
        evidence = json.dumps(measure.as_plain(), sort_keys=True)
        if stands and alert is None:
            Alert.objects.create(
                regime_id=run.regime_id,
                trigger=subject[0],
                objective_id=subject[1],
                subject=subject[2],
                raised_by=run,
                raised_s=run.due_s,
                raised_evidence=evidence,
            )
            raised += 1
        elif alert is not None and not stands:
            cleared += _clear(alert, run, evidence)
    return raised, cleared


def clear_those_who_left(run: RegimeRun, members: Sequence[str], group: str) -> int:
    """Who is no member any more is watched no more: their alerts end, and why is said."""
    evidence = json.dumps({"why": f"no member of {group} any more"})
    alerts = Alert.objects.filter(regime_id=run.regime_id, cleared_s=None)
    staying = {*members, group}
    return sum(_clear(alert, run, evidence) for alert in alerts if alert.subject not in staying)


def _clear(alert: Alert, run: RegimeRun, evidence: str) -> int:
    """One guarded write: who comes second changes nothing."""
    return Alert.objects.filter(pk=alert.pk, cleared_s=None).update(
        cleared_by=run, cleared_s=run.due_s, cleared_evidence=evidence
    )


def _earlier(run: RegimeRun, regime: Regime) -> Mapping[Subject, list[Measured]]:
    """Measures of the runs before, as far back as a trigger tolerates crossings."""
    back = [t.tolerance_period_s or 0 for t in regime.triggers if t.allowed_crossings]
    found: dict[Subject, list[Measured]] = defaultdict(list)
    if not back:
        return found
    runs = RegimeRun.objects.filter(
        regime_id=run.regime_id, due_s__lt=run.due_s, due_s__gt=run.due_s - max(back)
    ).order_by("due_s")
    for one in runs:
        for told in json.loads(one.content)["measures"]:
            subject = (told["trigger"], told["objective"], told["subject"])
            found[subject].append(Measured(one.due_s, Decimal(str(told["value"]))))
    return found
