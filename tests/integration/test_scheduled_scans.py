"""The worker scans by itself; what it finds is raised once, followed, and cleared once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.test import Client
from tests.summaries_builders import SmallOperator, small_operator
from typer.testing import CliRunner

from trueline.assessment.store import DailyFigure, daily_table
from trueline.cli import application
from trueline.intake.load import LoadOptions
from trueline.inventory.load import load_groups
from trueline.monitoring.acts import Act, approve_regime, draft_regimes, move_regime
from trueline.monitoring.parse import content_of, parse_regimes
from trueline.monitoring.values import RegimeState
from trueline.settings.workspace import Workspace
from trueline.trends.daily_history import newest_assessment, newest_period, stored_days
from trueline.trends.models import Deterioration, DeteriorationChange, TrendScanRun
from trueline.trends.record_scan import standing, told_of
from trueline.trends.scan_store import recorded_file, stored_scan
from trueline.worker.turn import Turn, Worker

FIRST = date(2026, 8, 3)  # a Monday
MONDAY = datetime(2026, 11, 2, 3, tzinfo=UTC)
PRODUCTS = tuple(f"p{at}" for at in range(1, 25))
GROUPS = {f"g{at}": PRODUCTS[3 * at : 3 * at + 3] for at in range(8)}
WEEK = timedelta(days=7)


@pytest.fixture
def operator(workspace: Workspace) -> Iterator[SmallOperator]:
    with small_operator(workspace) as one:
        one.offer("20")
        one.sell(*PRODUCTS)
        path = workspace.home / "groups.csv"
        rules = [f'{name},"product in ({", ".join(own)})",{name}' for name, own in GROUPS.items()]
        path.write_text("\n".join(["group_id,rule,name", *rules]) + "\n", encoding="utf-8")
        one.now += timedelta(minutes=1)
        load_groups(workspace, path, LoadOptions(one.now))
        yield one


def assess(
    workspace: Workspace, days: int, assessed_at: datetime, growth: Sequence[float] = ()
) -> None:
    """Store daily figures as an assessment does: 2 % bad time with 10 % noise; that of the group g2
    follows `growth`, one factor a day, or 1 % more every day."""
    own = growth or [1.01**at for at in range(days)]
    rng = np.random.default_rng(1)
    noise = np.exp(0.1 * rng.normal(size=(len(PRODUCTS), days)))
    rows = [
        DailyFigure(product, "share", FIRST + timedelta(days=at), None, 86400 - bad, bad, 0, 0, 96)
        for row, product in enumerate(PRODUCTS)
        for at in range(days)
        for bad in [round(1728 * noise[row, at] * (own[at] if product in GROUPS["g2"] else 1.0))]
    ]
    folder = workspace.results / "2026"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(daily_table(rows), folder / "daily.parquet")
    about = {"period": "2026", "assessed_at": assessed_at.isoformat()}
    (folder / "assessment.json").write_text(json.dumps(about), encoding="utf-8")


def turn(operator: SmallOperator, now: datetime) -> Turn:
    return Worker(operator.workspace, operator.engine).take_turn(now=now)


@pytest.fixture(autouse=True)
def problems_are_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stored figures have no verdicts; scans for problems have their own test."""
    monkeypatch.setenv("TRUELINE_PROBLEMS_EVERY", "off")


def test_a_drift_is_raised_once_and_followed_with_evidence(operator: SmallOperator) -> None:
    workspace = operator.workspace
    assess(workspace, 91, MONDAY - timedelta(hours=3))

    done = turn(operator, MONDAY)
    again = turn(operator, MONDAY + timedelta(days=1))
    assess(workspace, 98, MONDAY + WEEK - timedelta(hours=3))
    later = turn(operator, MONDAY + WEEK)

    assert done.failed == []
    assert done.done == ["trends to 2026-11-01: 9 series, 1 raised, 0 cleared, 1 stand"]
    assert again.done == []  # its instant is scanned
    assert later.done == ["trends to 2026-11-08: 9 series, 0 raised, 0 cleared, 1 stand"]
    (one,) = standing()
    assert (one.dimension, one.key, one.objective_id) == ("group", "g2", "share")
    assert one.raised_by.run_by == "trueline worker"
    changes = list(one.changes.order_by("pk"))
    assert [change.act for change in changes] == ["raised", "called"]
    assert changes[0].evidence["kind"] == "deterioration"
    assert changes[0].evidence["q_value"] < 0.05
    assert changes[0].evidence["since"] == FIRST.isoformat()
    kept = recorded_file(workspace, one.raised_by_id).read_bytes()
    assert hashlib.sha256(kept).hexdigest() == one.raised_by.sha256


def test_nothing_is_scanned_again_until_something_was_assessed(operator: SmallOperator) -> None:
    assess(operator.workspace, 91, MONDAY - timedelta(hours=3))

    turn(operator, MONDAY)

    assert turn(operator, MONDAY + 3 * WEEK).done == []
    assert TrendScanRun.objects.count() == 1


def test_it_is_cleared_by_two_scans_in_a_row_and_raised_anew_later(
    operator: SmallOperator,
) -> None:
    """A drift, then figures in which it is gone, as after a correction; then the drift again."""
    workspace, now = operator.workspace, MONDAY
    for days, growth in [(91, ()), (98, [1.0] * 98), (105, [1.0] * 105), (112, ())]:
        assess(workspace, days, now - timedelta(hours=3), growth)
        turn(operator, now)
        now += WEEK

    acts = DeteriorationChange.objects.order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["raised", "missed", "cleared", "raised"]
    first, second = Deterioration.objects.order_by("pk")
    assert first.cleared_at == MONDAY + 2 * WEEK
    assert first.cleared_by is not None
    assert second.cleared_at is None
    assert len(told_of(standing_only=False)) == 2


def test_fewer_than_four_weeks_are_not_due_and_are_no_failure(operator: SmallOperator) -> None:
    assess(operator.workspace, 27, MONDAY)

    assert stored_days(operator.workspace.results) == 27
    assert turn(operator, MONDAY) == Turn([], [])


def test_the_setting_says_how_often_and_a_wrong_one_is_told(
    operator: SmallOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    assess(operator.workspace, 91, MONDAY)

    monkeypatch.setenv("TRUELINE_TRENDS_EVERY", "off")
    assert turn(operator, MONDAY).done == []
    monkeypatch.setenv("TRUELINE_TRENDS_EVERY", "weekly")
    (failed,) = turn(operator, MONDAY).failed
    assert "TRUELINE_TRENDS_EVERY is 'weekly'" in failed
    monkeypatch.setenv("TRUELINE_TRENDS_EVERY", "P1M")
    assert len(turn(operator, MONDAY).done) == 1
    assess(operator.workspace, 98, MONDAY + WEEK)
    assert turn(operator, MONDAY + WEEK).done == []


REGIME = """\
regimes:
  - id: lines
    group: g2
    owner: service desk
    cadence: P1M
    trends: P1D
"""


def test_a_regime_that_names_its_trends_has_its_members_scanned(
    operator: SmallOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUELINE_TRENDS_EVERY", "off")
    workspace, now = operator.workspace, MONDAY
    draft_regimes(workspace, parse_regimes(REGIME.encode(), "r.yaml"), Act("author", now))
    approve_regime(workspace, "lines", Act("approver", now))
    move_regime(workspace, "lines", RegimeState.ACTIVE, Act("author", now))
    assess(workspace, 91, MONDAY)

    done = turn(operator, MONDAY).done

    (said,) = [one for one in done if one.startswith("trends of lines")]
    assert "4 series" in said
    scan = stored_scan(workspace, "lines")
    assert scan is not None
    told = {(one.dimension, one.key) for one in (*scan.findings, *scan.quiet)}
    assert told == {("group", "g2"), *(("product", one) for one in GROUPS["g2"])}
    assert [one.key for one in standing("lines")] == ["g2"]
    assert standing() == []
    page = Client(HTTP_HOST="localhost").get("/regimes/lines/").content.decode()
    assert "scanned every P1D, 4 series" in page
    assert "Getting worse by the scans of this regime" in page


def test_a_regime_without_trends_keeps_the_content_it_always_had() -> None:
    (with_trends,) = parse_regimes(REGIME.encode(), "r.yaml")
    (without,) = parse_regimes(REGIME.replace("    trends: P1D\n", "").encode(), "r.yaml")

    assert "trends" not in json.loads(content_of(without))
    assert json.loads(content_of(with_trends))["trends"] == "P1D"


def test_a_scan_by_hand_is_on_record_only_when_asked(operator: SmallOperator) -> None:
    assess(operator.workspace, 91, MONDAY)
    run, app = CliRunner().invoke, application()

    looked = run(app, ["trends", "scan"])
    before = TrendScanRun.objects.count()
    recorded = run(app, ["trends", "scan", "--record", "--signed", "somebody"])
    told = run(app, ["trends", "standing"])
    alerts = run(app, ["alerts"])
    page = Client(HTTP_HOST="localhost").get("/alerts/").content.decode()
    of_one = run(app, ["trends", "show", "g1"])

    assert [one.exit_code for one in (looked, recorded, told, of_one)] == [0] * 4, recorded.output
    assert before == 0
    assert "1 raised, 0 cleared, 1 stand" in recorded.output
    assert TrendScanRun.objects.get().run_by == "somebody"
    assert "g2" in told.output
    assert "1 stand as getting worse" in alerts.output
    assert "Getting worse: 1 raised, 0 cleared" in page
    assert "/trends/group/g2/?" in page
    assert "no trend found" in of_one.output
    assert "would not have been seen" in of_one.output


def test_the_newest_assessment_is_the_one_made_last(operator: SmallOperator) -> None:
    results: Path = operator.workspace.results
    assert newest_assessment(results) is None
    assert stored_days(results) == 0
    assess(operator.workspace, 30, MONDAY)

    newest = newest_assessment(results)

    assert newest is not None
    assert (newest.period, newest.assessed_at) == ("2026", MONDAY.isoformat())


def test_problems_are_looked_for_in_the_newest_month(tmp_path: Path) -> None:
    """Not in the year that is stored beside it, nor in a month before that was assessed later."""
    assert newest_period(tmp_path) is None
    for period, hour in (("2026", 9), ("2026-10", 8), ("2026-09", 10), ("2026-10-31", 9)):
        (tmp_path / period).mkdir()
        about = {"period": period, "assessed_at": f"2026-11-02T{hour:02}:00:00Z"}
        (tmp_path / period / "assessment.json").write_text(json.dumps(about), encoding="utf-8")

    newest = newest_period(tmp_path)

    assert newest is not None
    assert (newest.period, newest.assessed_at) == ("2026-10", "2026-11-02T08:00:00Z")
