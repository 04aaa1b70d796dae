"""Summaries: what a delivery touches is summed up anew, older questions are still answered rightly,
and files are the same byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.measurement_builders import OCTOBER, G
from tests.summaries_builders import SmallOperator, small_operator
from typer.testing import CliRunner

from trueline.assessment.summaries.parts import SummaryStore
from trueline.cli import application
from trueline.settings.workspace import Workspace

DAY = 86_400


@pytest.fixture
def operator(workspace: Workspace) -> Iterator[SmallOperator]:
    with small_operator(workspace) as one:
        one.offer("20")
        one.sell("p1", "p2")
        yield one


def day_of(product: str, day: int, value: float = 10.0) -> list[G]:
    return [G(product, "delay", OCTOBER + day * DAY + n * 900, value) for n in range(96)]


def test_a_later_day_is_added_and_nothing_else_is_read(operator: SmallOperator) -> None:
    operator.deliver(*day_of("p1", 0), *day_of("p2", 0))
    operator.summarise()
    operator.deliver(*day_of("p1", 1, 30.0), *day_of("p2", 1))

    report = operator.summarise()

    # Two products with one parameter, one day.
    assert (report.parts, report.product_days) == (1, 2)
    assert SummaryStore(operator.workspace).index().parts[-1].covers == 0
    # Of two days of p1 the second is above 20 ms throughout; p2 is below it.
    assert [r.value for r in operator.rows(summed=True) if r.objective_id == "share"] == [0.5, 1.0]


def test_late_and_corrected_granules_renew_their_own_days_only(operator: SmallOperator) -> None:
    operator.deliver(*day_of("p1", 0), *day_of("p1", 1), *day_of("p1", 3), *day_of("p2", 0))
    operator.summarise()
    corrected = G("p1", "delay", OCTOBER + 900, 99.0)
    late = G("p2", "delay", OCTOBER + 2 * DAY + 43_200, 99.0)
    operator.deliver(corrected, late)

    report = operator.summarise()

    index = SummaryStore(operator.workspace).index()
    assert report.product_days == 2
    assert sum(part.covers for part in index.parts) == 2
    assert operator.rows(summed=True) == operator.rows(summed=False)


def test_changed_exclusions_need_no_build_and_no_granule(operator: SmallOperator) -> None:
    operator.deliver(*day_of("p1", 0), *day_of("p1", 1, 30.0))
    operator.summarise()
    operator.exclude("p1,2026-10-02T00:07:00Z,2026-10-02T12:00:00Z,works")

    summed = operator.summed()
    rows = operator.rows(summed=True)

    assert summed.reason == ""
    # 43,620 s of the bad day are left of 86,400, beside a good day.
    share = next(r for r in rows if r.product_id == "p1" and r.objective_id == "share")
    assert (share.good_s, share.bad_s, share.excluded_s) == (86_400, 43_620, 42_780)
    assert rows == operator.rows(summed=False)


def test_a_changed_threshold_is_summed_up_from_granules_once(operator: SmallOperator) -> None:
    operator.deliver(*day_of("p1", 0, 15.0), *day_of("p2", 0, 5.0))
    operator.summarise()
    operator.offer("12")

    assert operator.rows(summed=True) == operator.rows(summed=False)
    operator.summarise()
    summed = operator.summed()
    assert summed.summed is not None
    assert operator.rows(summed=True) == operator.rows(summed=False)
    shares = [r.value for r in operator.rows(summed=True) if r.objective_id == "share"]
    assert shares == [0.0, 1.0]


def test_a_parameter_that_is_defined_after_it_was_measured_is_summed_up_then(
    operator: SmallOperator,
) -> None:
    jitter = [G("p1", "jitter", OCTOBER + n * 900, 1.0) for n in range(96)]
    operator.deliver(*day_of("p1", 0), *jitter)
    operator.summarise()
    operator.offer("20", jitter=True)
    assert operator.rows(summed=True) == operator.rows(summed=False)

    operator.summarise()

    rows = operator.rows(summed=True)
    assert rows == operator.rows(summed=False)
    steady = next(r for r in rows if (r.product_id, r.objective_id) == ("p1", "steady"))
    assert (steady.good_s, steady.value) == (86_400, 1.0)


def test_an_older_question_is_answered_by_what_was_known_then(operator: SmallOperator) -> None:
    operator.deliver(*day_of("p1", 0))
    before = operator.recorded[-1]
    operator.summarise()
    operator.deliver(*day_of("p1", 0, 99.0))
    operator.summarise()

    summed = operator.summed(before)

    assert summed.summed is not None
    assert operator.rows(summed=True, as_of=before) == operator.rows(summed=False, as_of=before)
    shares = [r.value for r in operator.rows(summed=True, as_of=before)]
    assert 1.0 in shares


def test_a_question_older_than_the_summaries_is_left_to_granules(operator: SmallOperator) -> None:
    operator.deliver(*day_of("p1", 0))
    before = operator.recorded[-1]
    operator.deliver(*day_of("p1", 1))
    operator.summarise()

    summed = operator.summed(before)

    assert summed.summed is None
    assert summed.reason == "the summaries begin at delivery 4; delivery 3 is older"


def test_measurements_that_wait_leave_the_answer_to_granules(operator: SmallOperator) -> None:
    operator.deliver(*day_of("p1", 0))
    operator.summarise()
    operator.deliver(*day_of("p1", 1))

    assert operator.summed().reason.startswith("measurements arrived after delivery 3")


def test_many_small_parts_become_one_and_say_the_same(operator: SmallOperator) -> None:
    operator.deliver(*day_of("p1", 0))
    operator.summarise()
    for n in range(60):
        operator.deliver(G("p1", "delay", OCTOBER + DAY + n * 900, 15.0 + n % 9))
        operator.summarise()

    index = SummaryStore(operator.workspace).index()

    assert len(index.parts) < 30
    assert operator.rows(summed=True) == operator.rows(summed=False)
    files = {path.name.split(".")[0] for path in operator.workspace.summaries.glob("*.arrow")}
    assert {part.name for part in index.parts} <= files
    assert len(files) <= len(index.parts) + 2


def test_assess_writes_the_same_bytes_from_summaries(
    operator: SmallOperator, tmp_path: Path
) -> None:
    operator.deliver(*day_of("p1", 0, 19.5), *day_of("p1", 1, 30.25), *day_of("p2", 0))
    run = CliRunner()
    built = run.invoke(application(), ["lake", "summaries", "build"])
    status = run.invoke(application(), ["lake", "summaries", "status"])
    quick, slow = tmp_path / "quick.json", tmp_path / "slow.json"
    one = run.invoke(application(), ["assess", "--period", "2026-10", "--output", str(quick)])
    ask = ["assess", "--period", "2026-10", "--no-summaries", "--output", str(slow)]
    other = run.invoke(application(), ask)

    assert [r.exit_code for r in (built, status, one, other)] == [0, 0, 0, 0]
    assert built.output.startswith("Summed up the whole lake to delivery 3")
    assert status.output.startswith("Summaries answer for deliveries 3 to 3 of 3")
    assert "4 figures from summaries of delivery 3" in one.output
    assert "summaries" not in other.output
    assert quick.read_bytes() == slow.read_bytes()
    assert len(json.loads(quick.read_text())["rows"]) == 4
