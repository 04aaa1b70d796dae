"""`make bench` at a size of seconds: every section runs, and the answers of both sides agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = "main,pandas,loading,aggregation,summaries"
WHAT = ("shares of good time", "shares and exact percentiles", "everything")


def run(*arguments: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        env={**os.environ, "TRUELINE_BENCH_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_small_run_gives_ratios_and_equal_answers(tmp_path: Path) -> None:
    out = tmp_path / "run.json"
    printed = run(
        "--scale", "small", "--sections", SECTIONS, "--json", str(out), folder=tmp_path / "data"
    )
    figures = json.loads(out.read_text())["figures"]
    by_section = {
        section: [f for f in figures if f["section"] == section] for section in SECTIONS.split(",")
    }

    assert all(f["what"] in printed for f in figures)
    for section in ("main", "pandas", "loading", "summaries"):
        ratios = [f for f in by_section[section] if f["unit"] == "x"]
        assert ratios, section
        assert all(f["value"] > 0 for f in ratios)
    exact = [f for f in figures if f["goal"] == 0]
    assert [f["what"] for f in exact] == [
        "answers that differ",
        "counts, sums or merges in another order that differ",
        "shares of the month: answers that differ",
        "shares, exclusions changed: answers that differ",
        *(
            f"whole rows, {what}{when}: answers that differ"
            for what in WHAT
            for when in ("", ", exclusions changed")
        ),
        *(f"one more day, {what}: answers that differ" for what in WHAT),
    ]
    assert all(f["outcome"] == "pass" for f in exact)
    error = by_section["aggregation"][0]
    assert 0 < error["value"] <= error["goal"] == 0.01

    page = run("report", str(out), folder=tmp_path / "data")
    assert all(f["what"] in page for f in figures)
    assert "Not run: not asked for." in page  # the peers that are servers


def test_a_section_that_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--sections", "main,speed"],
        cwd=ROOT,
        env={**os.environ, "TRUELINE_BENCH_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "no section speed" in done.stderr
