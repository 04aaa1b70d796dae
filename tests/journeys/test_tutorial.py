"""The tutorial stays true: its blocks are run as they stand, and its output is what it says."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from tests.document_blocks import DOCS, Shell, run_page

TUTORIAL = DOCS / "tutorials" / "first-verdict.md"
HOW_TO = DOCS / "how-to" / "real-5g-traces.md"
ARCHIVE = "5G-production-dataset.zip"
TRACE = "5G-production-dataset/Download/Static/B_2020.02.14_13.21.26.csv"


def test_every_block_of_the_tutorial_runs_and_prints_what_it_says(tmp_path: Path) -> None:
    ran = run_page(TUTORIAL, Shell(tmp_path))
    assert ran.checked >= 5

    # the table of section 5, against the rows that section 5 wrote
    rows = json.loads((tmp_path / "verdicts.json").read_text(encoding="utf-8"))["rows"]
    assert [_told(row) for row in rows] == sorted(_table_rows(TUTORIAL))


def test_the_how_to_turns_real_traces_into_verdicts(tmp_path: Path, shared: Path) -> None:
    whole = shared / "data" / "5g-traces" / ARCHIVE
    if not whole.is_file():
        pytest.skip(f"no 5G traces at {whole}")
    with zipfile.ZipFile(whole) as packed, zipfile.ZipFile(tmp_path / ARCHIVE, "w") as chosen:
        chosen.writestr(TRACE, packed.read(TRACE))

    run_page(HOW_TO, Shell(tmp_path))

    rows = json.loads((tmp_path / "verdicts.json").read_text(encoding="utf-8"))["rows"]
    assert {row["product_id"] for row in rows} == {"download-static"}
    assert len(rows) == 4


def _told(row: dict[str, object]) -> tuple[str, ...]:
    """The row as the tutorial prints it: figures by flooring to six decimals."""
    value = row["value"]
    shown = ""
    if isinstance(value, (int, float)):
        shown = "1" if value == 1 else f"{int(value * 1_000_000) / 1_000_000:.6f}"
    seconds = [f"{row[name]:,}" for name in ("good_s", "bad_s", "unknown_s")]
    return (str(row["product_id"]), str(row["objective_id"]), str(row["verdict"]), shown, *seconds)


def _table_rows(path: Path) -> list[tuple[str, ...]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in lines
        if line.startswith("| line-")
    ]
    return sorted(cells, key=lambda row: (row[0], row[1]))
