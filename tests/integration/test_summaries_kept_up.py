"""What is loaded and pushed is summed up by itself, and keeps nobody waiting."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.measurement_builders import OCTOBER, G
from tests.summaries_builders import SmallOperator, small_operator
from typer.testing import CliRunner

from trueline.assessment.summaries.parts import SummaryStore
from trueline.assessment.summed import kept_up
from trueline.cli import application
from trueline.intake.record import latest_delivery, write_lock
from trueline.settings.workspace import Workspace
from trueline.web.upkeep import Summing

DAY = 86_400
HEAD = "product_id,parameter,start,duration_s,value"


@pytest.fixture
def operator(workspace: Workspace) -> Iterator[SmallOperator]:
    with small_operator(workspace) as one:
        one.offer("20")
        one.sell("p1", "p2")
        yield one


def loaded(workspace: Workspace, tmp_path: Path, *rows: str) -> str:
    """What the command says."""
    path = tmp_path / "measurements.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    runner = CliRunner(env={"TRUELINE_HOME": str(workspace.home)})
    done = runner.invoke(application("load"), ["load", "measurements", str(path)])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_load_sums_up_the_product_days_that_it_touches(
    operator: SmallOperator, tmp_path: Path
) -> None:
    operator.deliver(*(G("p1", "delay", OCTOBER + n * 900, 10.0) for n in range(96)))
    operator.summarise()

    said = loaded(
        operator.workspace,
        tmp_path,
        "p1,delay,2026-10-02T00:00:00Z,900,30",
        "p2,delay,2026-10-02T00:00:00Z,900,10",
    )

    assert "Summed up 2 days of a product and parameter" in said
    assert SummaryStore(operator.workspace).index().level == latest_delivery()
    assert operator.rows(summed=True) == operator.rows(summed=False)


def test_a_workspace_without_summaries_gets_none_by_a_load(
    operator: SmallOperator, tmp_path: Path
) -> None:
    said = loaded(operator.workspace, tmp_path, "p1,delay,2026-10-02T00:00:00Z,900,30")

    assert "Summed up" not in said
    assert not SummaryStore(operator.workspace).exists()


def test_deliveries_go_on_while_summaries_are_built_and_a_second_build_waits_for_none(
    operator: SmallOperator, tmp_path: Path
) -> None:
    operator.deliver(G("p1", "delay", OCTOBER, 10.0))
    operator.summarise()
    store = SummaryStore(operator.workspace)
    with store.writing(0.0):
        said = loaded(operator.workspace, tmp_path, "p1,delay,2026-10-02T00:00:00Z,900,30")
        assert "Summed up" not in said  # the build that goes on, or the next one, does it
        assert kept_up(operator.workspace, lambda: operator.engine) is None
        shares = [row.value for row in operator.rows(summed=True) if row.objective_id == "share"]
        assert shares == [0.5, None]  # from granules

    with write_lock(operator.workspace, wait_s=0.0):
        report = kept_up(operator.workspace, lambda: operator.engine)  # holds up no delivery

    assert report is not None
    assert report.product_days == 1
    assert store.index().level == latest_delivery()


def test_the_follower_sums_up_what_was_pushed(operator: SmallOperator) -> None:
    operator.deliver(G("p1", "delay", OCTOBER, 10.0))
    operator.summarise()
    operator.deliver(G("p1", "delay", OCTOBER + DAY, 30.0))
    runner = CliRunner(env={"TRUELINE_HOME": str(operator.workspace.home)})

    done = runner.invoke(application("lake"), ["lake", "summaries", "follow"], input="\n\n")

    assert done.exit_code == 0, done.output
    assert done.output.count("Summed up to delivery") == 1
    assert operator.rows(summed=True) == operator.rows(summed=False)


def test_a_push_tells_one_follower_that_is_started_anew_when_it_ended(
    operator: SmallOperator,
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def follow(_: Workspace) -> subprocess.Popen[bytes]:
        """Reads one line and ends."""
        program = "import sys; sys.stdin.readline()"
        one = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, bufsize=0)
        started.append(one)
        return one

    summing = Summing(follow)
    summing.pushed(operator.workspace)
    assert started == []  # no summaries are kept
    operator.deliver(G("p1", "delay", OCTOBER, 10.0))
    operator.summarise()

    summing.pushed(operator.workspace)
    assert started[0].wait(timeout=60) == 0  # it was told
    summing.pushed(operator.workspace)
    assert len(started) == 2
    assert started[1].wait(timeout=60) == 0
    for one in started:
        assert one.stdin is not None
        one.stdin.close()
