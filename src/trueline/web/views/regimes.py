"""Regimes: what changed since the day before first; one regime and its runs; alerts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from trueline.calendars.instants import instant, parse_instant, render_instant, seconds
from trueline.errors import InputError, TruelineError
from trueline.monitoring import alert_notes
from trueline.monitoring.acts import Act, standing_regime
from trueline.monitoring.alert_notes import Handled, alert_numbered, handled
from trueline.monitoring.board import alerts_of, board, board_line, note_reading
from trueline.monitoring.models import Alert, RegimeRun
from trueline.monitoring.run import run_of
from trueline.settings.workspace import Workspace, current_workspace
from trueline.trends.record_scan import told_of
from trueline.web.person import act_of_a_person, name_of
from trueline.web.regimes_told import (
    ShownAlert,
    ShownLine,
    ShownObjective,
    every_text,
    money_of,
    run_heading,
)
from trueline.web.shell import show
from trueline.web.sight import look
from trueline.web.standing_trends import changed_since, shown_standing, trends_of
from trueline.web.wording import utc_time

RUNS_SHOWN = 30
ALERTS_SHOWN = 500


def regimes(request: HttpRequest) -> HttpResponse:
    lines = [ShownLine(line) for line in board(now=timezone.now())]
    context = {
        "lines": lines,
        "changed": [one for one in lines if one.line.changed and one.line.changed.anything],
        "unread": [one for one in lines if one.line.unread],
    }
    return show(request, look(request), "web/regimes.html", context)


def regime(request: HttpRequest, regime_id: str) -> HttpResponse:
    """One regime, its newest run or that of `?at=`; whoever opens it is noted as a reader."""
    try:
        standing = standing_regime(regime_id)
        run = _asked_run(request, regime_id)
    except InputError as error:
        raise Http404(error.what) from None
    now = timezone.now()
    line = board_line(standing, now=now)
    note_reading(regime_id, request.user.get_username() or "a reader of the pages", now=now)
    runs = RegimeRun.objects.filter(regime_id=regime_id).order_by("-due_s")[:RUNS_SHOWN]
    found: dict[str, Any] = json.loads(run.content) if run else {}
    context = {
        "line": line,
        "run": run,
        "found": found,
        "heading": run_heading(found) if run else "",
        "money": money_of(found.get("money_at_risk") or {}),
        "every": every_text(standing.regime.cadence),
        "objectives": [ShownObjective(one) for one in found.get("objectives", [])],
        "cohort": found.get("cohort"),
        "runs": [(utc_time(instant(one.due_s)), render_instant(one.due_s), one) for one in runs],
        "alerts": _shown(alerts_of(regime_id)[:ALERTS_SHOWN]),
        "read_at": utc_time(line.last_read) if line.last_read else "",
        "trends": trends_of(standing.regime),
    }
    return show(request, look(request), "web/regime.html", context)


def _asked_run(request: HttpRequest, regime_id: str) -> RegimeRun | None:
    asked = request.GET.get("at")
    if not asked:
        return RegimeRun.objects.filter(regime_id=regime_id).order_by("-due_s").first()
    try:
        due_s = seconds(parse_instant(asked))
    except ValueError:
        raise InputError(f"{asked!r} is no instant") from None
    return run_of(regime_id, due_s)


def alerts(request: HttpRequest) -> HttpResponse:
    every = request.GET.get("all") == "1"
    found = _shown(alerts_of(standing_only=not every)[:ALERTS_SHOWN])
    worse = [shown_standing(one) for one in told_of(standing_only=not every)[:ALERTS_SHOWN]]
    day = timezone.now() - timedelta(days=1)
    context = {
        "alerts": found,
        "every": every,
        "worse": worse,
        "yesterday": changed_since(day),
    }
    return show(request, look(request), "web/alerts.html", context)


def _shown(found: list[Alert]) -> list[ShownAlert]:
    by_alert = handled(found)
    return [ShownAlert(alert, by_alert.get(alert.pk, Handled())) for alert in found]


@require_http_methods(["GET", "HEAD", "POST"])
@act_of_a_person
def alert(request: HttpRequest, number: int) -> HttpResponse:
    """One alert with its evidence; what somebody says to it is sent here."""
    try:
        found = alert_numbered(number)
    except InputError as error:
        raise Http404(error.what) from None
    refused: TruelineError | None = None
    if request.method == "POST":
        doing = _ACTS.get(request.POST.get("act", ""))
        if doing is None:
            raise Http404("There is no such act")
        act = Act(name_of(request), datetime.now(UTC), request.POST.get("note", "").strip())
        try:
            doing(current_workspace(), number, request.POST.get("owner", ""), act)
            return HttpResponseRedirect(reverse("alert", args=[number]))
        except TruelineError as error:
            refused = error
    (shown,) = _shown([found])
    context = {"shown": shown, "error": refused, "person": name_of(request)}
    answer = show(request, look(request), "web/alert.html", context)
    answer.status_code = 422 if refused else 200
    return answer


_Doing = Callable[[Workspace, int, str, Act], object]
_ACTS: dict[str, _Doing] = {
    "acknowledge": lambda workspace, number, owner, act: alert_notes.acknowledge(
        workspace, number, act
    ),
    "comment": lambda workspace, number, owner, act: alert_notes.comment(workspace, number, act),
    "assign": alert_notes.assign,
}
