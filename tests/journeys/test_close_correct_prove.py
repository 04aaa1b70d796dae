"""A service level manager closes a month, mends it with a second signature, proves a figure, and
looks at it from all sides: by the commands, as the how-to pages say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.integration.test_result_log import BAD_MORNING, DELAYS, OFFERINGS, PRODUCTS
from typer.testing import CliRunner, Result

from trueline.cli import application
from trueline.errors import TruelineError
from trueline.settings.workspace import Workspace

PERIOD = ("--period", "2026-10-05")


def run(*words: str) -> Result:
    return CliRunner().invoke(application(), list(words))


def told(*words: str) -> str:
    done = run(*words)
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done.output


def refused(*words: str) -> str:
    error = run(*words).exception
    assert isinstance(error, TruelineError), words
    assert error.exit_code == 2
    return str(error)


@pytest.fixture
def files(workspace: Workspace, tmp_path: Path) -> Path:
    rows = [
        f"{product},delay,2026-10-05T{hour:02}:00:00Z,21600,{delay}"
        for product, delays in DELAYS.items()
        for hour, delay in zip((0, 6, 12, 18), delays, strict=True)
    ]
    content = {
        "offerings.yaml": OFFERINGS,
        "customers.csv": "customer_id,name,segment\nc1,One,gold\nc2,Two,silver\n",
        "products.csv": PRODUCTS,
        "measurements.csv": "\n".join(["product_id,parameter,start,duration_s,value", *rows, ""]),
        "window.csv": BAD_MORNING,
    }
    for name, text in content.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in list(content)[:4]:
        told("load", name.partition(".")[0], str(tmp_path / name))
    return tmp_path


def test_a_closed_day_is_corrected_by_two_and_its_figure_proved(files: Path) -> None:
    told("assess", *PERIOD, "--store")
    assert "closed with 4 figures" in told("results", "close", *PERIOD, "--by", "slm")
    assert "is closed" in refused("results", "close", *PERIOD, "--by", "slm")
    assert "is closed" in refused("assess", *PERIOD, "--store")
    assert "Nothing differs" in told("results", "restate", *PERIOD, "--reason", "a look")

    window, why = str(files / "window.csv"), ("--reason", "entered late")
    told("corrections", "propose", "exclusions", window, *why, "--by", "analyst")
    assert "cannot countersign" in refused("corrections", "countersign", "1", "--by", "analyst")
    told("corrections", "countersign", "1", "--by", "slm")
    assert "violated 0.5" in told("corrections", "apply", "1", "--by", "slm")
    assert "applied" in told("corrections", "list")
    assert "countersign by slm" in told("corrections", "show", "1")

    history = told("results", "believed", "P2", "delay-day", *PERIOD)
    assert history.index("violated 0.5") < history.index("violated 0.666667")
    # The instant that is printed knows of what it stands for, and of nothing later.
    instant = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"
    printed = re.findall(instant, history)
    first = told("results", "believed", "P2", "delay-day", *PERIOD, "--on", printed[0])
    assert "violated 0.5" in first
    assert "2 links, every one sound" in told("results", "check")
    receipt = str(files / "p2.zip")
    told("receipt", "P2", "delay-day", *PERIOD, "--output", receipt)
    proof = told("verify", receipt)
    assert "BROKEN" not in proof
    assert "in the result log: link 2, restatement" in proof
    assert "does not hold" in refused("verify", receipt, "--link", "0" * 64)


def test_the_same_verdicts_are_seen_from_all_sides(files: Path) -> None:
    told("assess", *PERIOD, "--store")
    table = told("pivot", *PERIOD, "--rows", "segment", "--columns", "objective")
    assert "100.0 %" in table
    assert "hidden" in told("pivot", *PERIOD, "--rows", "segment", "--leaving")
    assert "no dimension 'colour'" in refused("pivot", *PERIOD, "--rows", "colour")
    assert "2 of 2 sold offerings in service fit together" in told("reconcile", *PERIOD)
    assert "No inventory is named" in refused("writeback", "send")
    assert "waiting: 0" in told("writeback", "status")
