"""Regimes: what changed since the day before first; one regime; alerts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from trueline.calendars.instants import instant
from trueline.errors import InputError
from trueline.monitoring.acts import standing_regime
from trueline.monitoring.board import BoardLine, alerts_of, board, board_line, note_reading
from trueline.monitoring.models import Alert, RegimeRun
from trueline.trends.record_scan import told_of
from trueline.web.shell import show
from trueline.web.sight import look
from trueline.web.standing_trends import changed_since, shown_standing, trends_of
from trueline.web.wording import floor_percent, utc_time

RUNS_SHOWN = 30
MEMBERS_SHOWN = 10
ALERTS_SHOWN = 500


@dataclass(frozen=True)
class ShownObjective:
    """What the newest run says of one objective, as text."""

    told: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.told["objective"])

    @property
    def verdicts(self) -> dict[str, int]:
        found: dict[str, int] = self.told["current"]["verdicts"]
        return found

    @property
    def share_met(self) -> str:
        return floor_percent(self.told["current"]["share_met"], 1)

    @property
    def fixed_share_met(self) -> str:
        return floor_percent(self.told["fixed"]["share_met"], 1)

    @property
    def likely(self) -> list[tuple[str, str]]:
        """Members that are not violated yet and most probably will be."""
        prediction = self.told["prediction"] or {"members": {}}
        waiting = [
            (member, chance)
            for member, chance in prediction["members"].items()
            if member not in self.told["violated"] and chance > 0
        ]
        first = sorted(waiting, key=lambda pair: (-pair[1], pair[0]))[:MEMBERS_SHOWN]
        return [(member, floor_percent(chance, 0)) for member, chance in first]

    @property
    def prediction(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.told["prediction"]
        return found

    @property
    def trusted(self) -> bool:
        """Whether the predictions of the period before beat naming the share that came."""
        test = self.prediction["back_test"] if self.prediction else None
        if not test or test["brier_score"] is None:
            return False
        return bool(test["brier_score"] < test["base_rate_score"])


@dataclass(frozen=True)
class ShownAlert:
    alert: Alert

    @property
    def raised(self) -> str:
        return utc_time(instant(self.alert.raised_s))

    @property
    def cleared(self) -> str:
        stands = self.alert.cleared_s is None
        return "" if stands else utc_time(instant(self.alert.cleared_s or 0))

    @property
    def value(self) -> str:
        return str(json.loads(self.alert.raised_evidence)["value"])

    @property
    def subject_is_product(self) -> bool:
        return self.alert.trigger != "violated_share"


def regimes(request: HttpRequest) -> HttpResponse:
    lines = board(now=timezone.now())
    changed = [line for line in lines if line.changed and line.changed.anything]
    context = {"lines": lines, "changed": changed}
    return show(request, look(request), "web/regimes.html", context)


def regime(request: HttpRequest, regime_id: str) -> HttpResponse:
    """One regime; whoever opens it is noted as a reader."""
    try:
        standing = standing_regime(regime_id)
    except InputError as error:
        raise Http404(error.what) from None
    now = timezone.now()
    line = board_line(standing, now=now)
    note_reading(regime_id, request.user.get_username() or "a reader of the pages", now=now)
    runs = RegimeRun.objects.filter(regime_id=regime_id).order_by("-due_s")[:RUNS_SHOWN]
    context = {
        "line": line,
        "objectives": _objectives(line),
        "cohort": line.found.get("cohort"),
        "runs": [(utc_time(instant(run.due_s)), run) for run in runs],
        "alerts": [ShownAlert(alert) for alert in alerts_of(regime_id)],
        "trends": trends_of(standing.regime),
    }
    return show(request, look(request), "web/regime.html", context)


def alerts(request: HttpRequest) -> HttpResponse:
    every = request.GET.get("all") == "1"
    found = [ShownAlert(alert) for alert in alerts_of(standing_only=not every)[:ALERTS_SHOWN]]
    worse = [shown_standing(one) for one in told_of(standing_only=not every)[:ALERTS_SHOWN]]
    day = timezone.now() - timedelta(days=1)
    context = {
        "alerts": found,
        "every": every,
        "worse": worse,
        "yesterday": changed_since(day),
    }
    return show(request, look(request), "web/alerts.html", context)


def _objectives(line: BoardLine) -> list[ShownObjective]:
    told = line.found.get("objectives", [])
    assert isinstance(told, list)
    return [ShownObjective(one) for one in told]
