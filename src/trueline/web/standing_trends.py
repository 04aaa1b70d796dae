"""What is on record as getting worse, beside alerts and regimes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trueline.monitoring.models import Alert
from trueline.monitoring.values import Regime
from trueline.problems.models import ProductProblem
from trueline.trends.findings import told_chance
from trueline.trends.models import Deterioration
from trueline.trends.record_scan import newest_run, standing, told_of
from trueline.trends.scan_store import WORKSPACE
from trueline.web.wording import utc_time


@dataclass(frozen=True)
class ShownStanding:
    """One deterioration with what the scan that raised it told, and what the newest one did."""

    one: Deterioration
    raised: str
    cleared: str
    evidence: dict[str, Any]
    sure: str
    newest: str


@dataclass(frozen=True)
class ShownChange:
    """How many were raised and cleared since a time: alerts, deteriorations, problems."""

    alerts_raised: int
    alerts_cleared: int
    worse_raised: int
    worse_cleared: int
    problems_raised: int


@dataclass(frozen=True)
class ShownTrends:
    """What a regime's own scans of trends have left standing, and when the newest was."""

    every: str
    scanned: str
    series: int
    standing: list[ShownStanding]
    whole_group: list[ShownStanding]
    """Of its group, as the scans of everything see it."""


def shown_standing(one: Deterioration) -> ShownStanding:
    acts = list(one.changes.order_by("pk"))
    first: dict[str, Any] = acts[0].evidence if acts else {}
    return ShownStanding(
        one,
        utc_time(one.raised_at),
        utc_time(one.cleared_at) if one.cleared_at else "",
        first,
        told_chance(first.get("q_value", 1.0)),
        acts[-1].act if acts else "",
    )


def changed_since(moment: datetime) -> ShownChange:
    """Counted by when it was recorded."""
    told = told_of(standing_only=False)
    return ShownChange(
        Alert.objects.filter(raised_by__run_at__gt=moment).count(),
        Alert.objects.filter(cleared_by__run_at__gt=moment).count(),
        sum(one.raised_at > moment for one in told),
        sum(one.cleared_at is not None and one.cleared_at > moment for one in told),
        ProductProblem.objects.filter(raised_at__gt=moment).count(),
    )


def trends_of(regime: Regime) -> ShownTrends | None:
    """None of a regime that names no trends and whose group has none."""
    own = newest_run(regime.id)
    whole = [
        shown_standing(one)
        for one in standing(WORKSPACE)
        if (one.dimension, one.key) == ("group", regime.group)
    ]
    if not regime.trends and not whole:
        return None
    return ShownTrends(
        regime.trends,
        utc_time(own.run_at) if own else "",
        own.scanned if own else 0,
        [shown_standing(one) for one in standing(regime.id)] if regime.trends else [],
        whole,
    )
