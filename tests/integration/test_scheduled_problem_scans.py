"""The worker scans each new assessment for common problems, and raises what it finds once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.summaries_builders import SmallOperator, small_operator

from trueline.assessment.store import DailyFigure, daily_table
from trueline.assessment.values import ROW_SCHEMA
from trueline.monitoring.models import ProblemScanRun
from trueline.problems.life import Move, move_problem
from trueline.problems.models import ProblemStep, ProductProblem
from trueline.problems.states import REOPEN_WITHIN, ProblemState
from trueline.settings.workspace import Workspace
from trueline.worker.turn import Worker

NOW = datetime(2026, 11, 2, 3, tzinfo=UTC)
DAY = timedelta(days=1)
PRODUCTS = 400


@pytest.fixture
def operator(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallOperator]:
    """Firmware X on every tenth product of four models."""
    monkeypatch.setenv("TRUELINE_TRENDS_EVERY", "off")
    with small_operator(workspace) as one:
        one.offer("20")
        head = "product_id,offering_id,customer_id,status,start,end,time_zone,firmware,model"
        rows = [
            f"p{n},line,c{n // 2},active,2026-01-01T00:00:00Z,,UTC,{'X' if n % 10 == 0 else 'Y'},"
            f"m{n % 4}"
            for n in range(PRODUCTS)
        ]
        one.load("products.csv", "\n".join([head, *rows]) + "\n")
        yield one


def assess(operator: SmallOperator, last: int, assessed_at: datetime) -> None:
    """Store an assessment of October in which all products with firmware X below `last` violate,
    and one in 97 of the others."""
    ids = [f"p{n}" for n in range(PRODUCTS)]
    bad = [(n % 10 == 0 and n < last) or n % 97 == 5 for n in range(PRODUCTS)]
    folder = operator.workspace.results / "2026-10"
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "product_id": ids,
        "objective_id": ["share"] * PRODUCTS,
        "verdict": ["violated" if one else "met" for one in bad],
        "value": [0.5 if one else 1.0 for one in bad],
        "margin": [-0.4 if one else 0.1 for one in bad],
    }
    nothing = [None] * PRODUCTS
    columns = [pa.array(told.get(one.name, nothing), one.type) for one in ROW_SCHEMA]
    pq.write_table(pa.table(columns, names=ROW_SCHEMA.names), folder / "rows.parquet")
    days = [
        DailyFigure(one, "share", date(2026, 10, day), 0.5, 43200, 43200, 0, 0, 96)
        if is_bad
        else DailyFigure(one, "share", date(2026, 10, day), 1.0, 86400, 0, 0, 0, 96)
        for one, is_bad in zip(ids, bad, strict=True)
        for day in range(1, 31)
    ]
    pq.write_table(daily_table(days), folder / "daily.parquet")
    about = {"period": "2026-10", "assessed_at": assessed_at.isoformat()}
    (folder / "assessment.json").write_text(json.dumps(about), encoding="utf-8")


def turn(operator: SmallOperator, now: datetime) -> list[str]:
    found = Worker(operator.workspace, operator.engine).take_turn(now=now)
    assert found.failed == []
    return found.done


def test_a_new_assessment_is_scanned_once_and_members_join_the_open_problem(
    operator: SmallOperator,
) -> None:
    assess(operator, 200, NOW)
    first = turn(operator, NOW)
    same_day = turn(operator, NOW + timedelta(hours=1))
    assess(operator, 400, NOW + timedelta(hours=2))
    too_soon = turn(operator, NOW + timedelta(hours=3))
    second = turn(operator, NOW + DAY)
    nothing_new = turn(operator, NOW + 2 * DAY)

    assert first == ["problems of 2026-10: 1 found, 1 raised, 0 joined, 0 held back"]
    assert second == ["problems of 2026-10: 1 found, 0 raised, 1 joined, 0 held back"]
    assert (same_day, too_soon, nothing_new) == ([], [], [])
    problem = ProductProblem.objects.get()
    assert {"firmware": "X"} in problem.names
    assert problem.raised_by == "trueline worker"
    assert problem.members.filter(affected=True).count() == 40
    assert list(ProblemStep.objects.values_list("act", flat=True)) == ["raised", "joined"]
    assert ProblemScanRun.objects.count() == 2


def test_what_a_person_rejected_is_not_raised_again_for_a_while(operator: SmallOperator) -> None:
    assess(operator, 400, NOW)
    turn(operator, NOW)
    number = ProductProblem.objects.get().pk
    move = Move(ProblemState.REJECTED, "a faulty import")
    move_problem(operator.workspace, number, move, by="ana", now=NOW)
    assess(operator, 400, NOW + DAY)

    soon = turn(operator, NOW + DAY)
    later = NOW + REOPEN_WITHIN + DAY
    assess(operator, 400, later)
    again = turn(operator, later)

    assert soon == ["problems of 2026-10: 1 found, 0 raised, 0 joined, 1 held back"]
    assert again == ["problems of 2026-10: 1 found, 1 raised, 0 joined, 0 held back"]
    assert ProductProblem.objects.count() == 2


def test_the_setting_turns_it_off(operator: SmallOperator, monkeypatch: pytest.MonkeyPatch) -> None:
    assess(operator, 400, NOW)
    monkeypatch.setenv("TRUELINE_PROBLEMS_EVERY", "off")

    assert turn(operator, NOW) == []
