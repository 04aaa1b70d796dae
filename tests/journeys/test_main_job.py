"""The main job by its commands: load what was promised, sold and measured, get every verdict."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isclose
from pathlib import Path

import pytest

from trueline.assessment.assess import AssessmentRequest, assess
from trueline.assessment.known import what_was_known
from trueline.assessment.store import ResultHeader, render_result
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.load import LoadOptions
from trueline.inventory.load import load_customers, load_products
from trueline.measurement.load import MeasurementOptions, load_measurements
from trueline.offerings.load import load_offerings
from trueline.settings.workspace import Workspace

KINDS = ("offerings", "customers", "products", "events", "exclusions", "measurements")

OFFERINGS = """apiVersion: trueline/v1
parameters:
  - {id: delay, unit: ms, kind: sampled}
offerings:
  - id: line
    objectives:
      - {id: delay-day, parameter: delay, statistic: conformance, comparator: GE,
         conformance_target: 0.75, conformance_period: P1D, time_zone: UTC,
         threshold: {comparator: LE, value: 20}}
"""


def test_the_commands_give_every_figure_of_the_contract_example(
    shared: Path, tmp_path: Path
) -> None:
    folder = shared / "contracts" / "example"
    for kind in KINDS:
        [file] = folder.glob(f"{kind}.*")
        trueline(tmp_path, "load", kind, str(file))
    for name in ("first.json", "again.json"):
        trueline(tmp_path, "assess", "--period", "2026-10", "--output", str(tmp_path / name))

    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    actual = json.loads((tmp_path / "first.json").read_text(encoding="utf-8"))
    differences = [
        (want["product_id"], want["objective_id"], key, want[key], got[key])
        for want, got in zip(expected["rows"], actual["rows"], strict=True)
        for key in want
        if not same(want[key], got[key])
    ]
    assert differences == []
    assert (tmp_path / "first.json").read_bytes() == (tmp_path / "again.json").read_bytes()


def test_measurements_that_came_first_are_taken_in_with_their_products(files: Path) -> None:
    home = files.parent / "late-inventory"
    for kind, name in (
        ("measurements", "measurements.csv"),
        ("offerings", "offerings.yaml"),
        ("products", "products.csv"),
    ):
        trueline(home, "load", kind, str(files / name))
    output = home / "rows.json"
    trueline(home, "assess", "--period", "2026-10-05", "--output", str(output))
    [row] = json.loads(output.read_text(encoding="utf-8"))["rows"]
    assert row["samples"] == 4


def trueline(home: Path, *words: str) -> str:
    """What one command prints, run as a user would, in the workspace below `home`."""
    environment: Mapping[str, str] = {
        **os.environ,
        "TRUELINE_HOME": str(home / "workspace"),
        "COLUMNS": "160",
    }
    program = [sys.executable, "-c", "from trueline.cli import main; main()"]
    done = subprocess.run(
        [*program, *words], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def same(want: object, got: object) -> bool:
    if isinstance(want, int | float) and isinstance(got, int | float):
        return isclose(want, got, rel_tol=1e-12, abs_tol=0.0)
    return want == got


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """One product, one day of four granules of six hours, three of them within 20 ms."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "offerings.yaml").write_text(OFFERINGS, encoding="utf-8")
    (folder / "customers.csv").write_text("customer_id,name\nc1,Customer 1\n", encoding="utf-8")
    (folder / "products.csv").write_text(
        "product_id,offering_id,customer_id,start,time_zone\nP1,line,c1,2026-09-01T00:00:00Z,UTC\n",
        encoding="utf-8",
    )
    write_delays(folder / "measurements.csv", {0: 10, 6: 20, 12: 21, 18: 15})
    return folder


def write_delays(path: Path, delay_ms_by_hour: Mapping[int, int]) -> None:
    rows = [
        f"P1,delay,2026-10-05T{hour:02}:00:00Z,21600,{delay}"
        for hour, delay in delay_ms_by_hour.items()
    ]
    text = "\n".join(["product_id,parameter,start,duration_s,value", *rows, ""])
    path.write_text(text, encoding="utf-8")


def load_all(workspace: Workspace, files: Path, now: datetime) -> None:
    options = LoadOptions(now=now)
    load_offerings(workspace, files / "offerings.yaml", options)
    load_customers(workspace, files / "customers.csv", options)
    load_products(workspace, files / "products.csv", options)
    load_measurements(workspace, [files / "measurements.csv"], MeasurementOptions(options))


def answer(workspace: Workspace, as_of: datetime | None) -> bytes:
    known = what_was_known(workspace, as_of)
    request = AssessmentRequest(parse_period("2026-10-05"))
    rows = assess(DuckDBEngine(threads=1), known, request).rows
    return render_result(rows, ResultHeader("2026-10-05", known.as_of_s), ".json")


def test_yesterdays_answer_stays_after_corrections_late_data_and_new_terms(
    workspace: Workspace, files: Path
) -> None:
    yesterday, today = datetime(2026, 10, 6, 9, tzinfo=UTC), datetime(2026, 10, 7, 9, tzinfo=UTC)
    load_all(workspace, files, yesterday)
    before = answer(workspace, yesterday)
    [row] = json.loads(before)["rows"]
    # three of four granules within 20 ms: 64,800 s of 86,400 s, 0.75, the target
    assert (row["verdict"], row["value"], row["good_s"]) == ("met", 0.75, 64_800)

    corrected = files / "corrected.csv"
    write_delays(corrected, {6: 40})
    load_measurements(workspace, [corrected], MeasurementOptions(LoadOptions(now=today)))
    stricter = shutil.copy(files / "offerings.yaml", files / "stricter.yaml")
    Path(stricter).write_text(OFFERINGS.replace("0.75", "0.9"), encoding="utf-8")
    load_offerings(workspace, Path(stricter), LoadOptions(now=today))

    [now] = json.loads(answer(workspace, None))["rows"]
    assert (now["verdict"], now["value"], now["standard_version"]) == ("violated", 0.5, 2)
    assert answer(workspace, yesterday) == before


def test_the_command_explains_what_an_exclusion_was_agreed_for(files: Path) -> None:
    home = files.parent / "explained"
    (files / "exclusions.csv").write_text(
        "product_id,start,end,reason\n"
        "P1,2026-10-05T00:00:00Z,2026-10-05T02:00:00Z,new card\n"
        "P1,2026-10-05T01:00:00Z,2026-10-05T03:00:00Z,power works\n"
        "P1,2026-10-05T12:00:00Z,2026-10-05T13:00:00Z,\n",
        encoding="utf-8",
    )
    for kind in ("offerings", "products", "measurements", "exclusions"):
        [file] = files.glob(f"{kind}.*")
        trueline(home, "load", kind, str(file))
    told = trueline(home, "explain", "P1", "delay-day", "--period", "2026-10-05", "--all")
    reasons = [cells[-2].strip() for line in told.splitlines() if len(cells := line.split("│")) > 2]
    assert reasons == [
        "agreed exclusion: new card, power works",
        "satisfies LE 20",
        "agreed exclusion",
        "misses LE 20",
        "satisfies LE 20",
    ]
