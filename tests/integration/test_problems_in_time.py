"""A firmware push that broke ten products: what happened before is told, and its fix is tested."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trueline.assessment.assess import AssessmentRequest
from trueline.assessment.known import what_was_known
from trueline.assessment.run import store_period
from trueline.calendars.periods import parse_period
from trueline.cli.problems import app
from trueline.engine.duckdb import DuckDBEngine
from trueline.errors import InputError
from trueline.intake.load import LoadOptions
from trueline.intake.record import latest_delivery
from trueline.inventory.load import load_products
from trueline.inventory.snapshot import snapshot_at
from trueline.measurement.events import load_events
from trueline.offerings.load import load_offerings
from trueline.outages.load import load_exclusions
from trueline.problems.life import Move, move_problem, raise_problem
from trueline.problems.models import ProblemStep
from trueline.problems.precedence import with_precedence
from trueline.problems.scan import Shared, read_rows, scan_verdicts
from trueline.problems.states import ProblemState
from trueline.settings.workspace import Workspace

RESOLVED = datetime(2026, 10, 20, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
PUSHED = range(10)  # the products that got firmware X on the 9th
CATALOGUE = """apiVersion: trueline/v1
parameters:
  - {id: outage, kind: event, event_kinds: [outage]}
offerings:
  - id: line
    objectives:
      - {id: uptime, parameter: outage, statistic: availability_outage, comparator: GE,
         conformance_target: 0.99}
"""


def _products(firmware: str) -> str:
    rows = [
        f"P{n:02},line,C{n},active,2026-01-01T00:00:00Z,,UTC,"
        f"{firmware if n in PUSHED else 'Y'},r{n % 4}"
        for n in range(60)
    ]
    header = "product_id,offering_id,customer_id,status,start,end,time_zone,firmware,region"
    return "\n".join([header, *rows, ""])


def _events(last_day: int) -> str:
    rows = ["event_id,product_id,kind,start,end,cause"]
    for n in (*PUSHED, 31):
        rows.append(f"C{n},P{n:02},change,2026-10-08T02:00:00Z,2026-10-08T02:10:00Z,push 7")
        rows.append(f"T{n},P{n:02},ticket,2026-10-08T09:00:00Z,2026-10-08T12:00:00Z,")
    for n in PUSHED:
        for day in range(10, last_day + 1):
            rows.append(
                f"O{n}-{day},P{n:02},outage,2026-10-{day}T03:00:00Z,2026-10-{day}T05:00:00Z,"
            )
    return "\n".join([*rows, ""])


def _store(workspace: Workspace, folder: Path, last_day: int) -> Shared:
    """October with outages up to that day, loaded as it happened, assessed; its only finding."""
    works = "product_id,start,end,reason\n" + "".join(
        f"P{n:02},2026-10-08T01:00:00Z,2026-10-08T02:00:00Z,upgrade window\n" for n in PUSHED
    )
    for name, text, load, day in (
        ("offerings.yaml", CATALOGUE, load_offerings, 1),
        ("before.csv", _products("Y"), load_products, 2),
        ("after.csv", _products("X"), load_products, 9),
        ("works.csv", works, load_exclusions, 9),
        ("events.csv", _events(last_day), load_events, 31),
    ):
        (folder / name).write_text(text)
        report = load(
            workspace, folder / name, LoadOptions(datetime(2026, 10, day, 12, tzinfo=UTC))
        )
        assert report.ledger.set_aside == 0
    request = AssessmentRequest(parse_period("2026-10"))
    store_period(DuckDBEngine(threads=1), workspace, what_was_known(workspace), request, now=NOW)
    rows, delivery = read_rows(workspace, "2026-10"), latest_delivery()
    found = scan_verdicts(rows, "2026-10", snapshot_at(delivery))
    (shared,) = with_precedence(workspace, found, rows, delivery=delivery)
    return shared


def _resolved(workspace: Workspace, shared: Shared) -> int:
    snapshot = snapshot_at(latest_delivery())
    number = raise_problem(workspace, shared, snapshot, by="ana", now=NOW).number
    for state in (ProblemState.IN_PROGRESS, ProblemState.RESOLVED):
        move_problem(workspace, number, Move(state, "rolled back"), by="ben", now=RESOLVED)
    return number


def test_the_push_the_works_and_the_change_happened_before(
    workspace: Workspace, tmp_path: Path
) -> None:
    shared = _store(workspace, tmp_path, 19)
    assert {"firmware": "X"} in shared.names
    told = {one.what: one.affected for one in shared.before}
    assert told == {
        "change: push 7": 10,
        "agreed exclusion: upgrade window": 10,
        "change of firmware: Y to X": 10,
    }


def test_a_fix_that_helped_closes_and_the_test_stays_with_the_step(
    workspace: Workspace, tmp_path: Path
) -> None:
    number = _resolved(workspace, _store(workspace, tmp_path, 19))
    move_problem(workspace, number, Move(ProblemState.CLOSED, "holds"), by="ben", now=NOW)
    result = ProblemStep.objects.get(act="closed").result
    # Ten members, the 10th to the 19th bad, eleven days after the 20th good.
    assert result["members"][1] == {"kept": 0, "days": 100}
    assert result["members"][2] == {"kept": 110, "days": 110}
    assert result["others"][1] == {"kept": 500, "days": 500}
    assert result["difference"] == pytest.approx(1.0)
    shown = CliRunner().invoke(app, ["show", str(number)]).output
    assert "happened before (not shown to be the cause): change: push 7, 2026-10-08" in shown
    assert "test: member-days that kept the line before 100.0 % (others 100.0 %)" in shown


def test_a_fix_that_did_not_help_is_closed_only_with_a_reason(
    workspace: Workspace, tmp_path: Path
) -> None:
    number = _resolved(workspace, _store(workspace, tmp_path, 31))
    with pytest.raises(InputError, match="no improvement is shown"):
        move_problem(workspace, number, Move(ProblemState.CLOSED, "holds"), by="ben", now=NOW)
    move = Move(ProblemState.CLOSED, "holds", although="the service is withdrawn")
    move_problem(workspace, number, move, by="ben", now=NOW)
    result = ProblemStep.objects.get(act="closed").result
    assert result["although"] == "the service is withdrawn"
    assert result["difference"] == 0.0
