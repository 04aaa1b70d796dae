"""The tutorial stays true: its blocks are run as they stand, and its output is what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorials" / "first-verdict.md"
HOW_TO = ROOT / "docs" / "how-to" / "real-5g-traces.md"
ARCHIVE = "5G-production-dataset.zip"
TRACE = "5G-production-dataset/Download/Static/B_2020.02.14_13.21.26.csv"
_BLOCK = re.compile(r"^```(?P<info>[^\n]+)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    info: str
    body: str


def test_every_block_of_the_tutorial_runs_and_prints_what_it_says(tmp_path: Path) -> None:
    shell = _Shell(tmp_path)
    checked = 0
    for block in _blocks(TUTORIAL):
        kind, _, option = block.info.partition(" ")
        if option.startswith("file="):
            (tmp_path / option.removeprefix("file=")).write_text(block.body, encoding="utf-8")
        elif kind == "sh" and option != "skip":
            shell.run(block.body)
        elif option == "expect":
            for line in block.body.splitlines():
                assert line in shell.printed, shell.printed
            checked += 1
    assert checked >= 5

    # the table of section 5, against the rows that section 5 wrote
    rows = json.loads((tmp_path / "verdicts.json").read_text(encoding="utf-8"))["rows"]
    assert [_told(row) for row in rows] == sorted(_table_rows(TUTORIAL))


def test_the_how_to_turns_real_traces_into_verdicts(tmp_path: Path, shared: Path) -> None:
    whole = shared / "data" / "5g-traces" / ARCHIVE
    if not whole.is_file():
        pytest.skip(f"no 5G traces at {whole}")
    with zipfile.ZipFile(whole) as packed, zipfile.ZipFile(tmp_path / ARCHIVE, "w") as chosen:
        chosen.writestr(TRACE, packed.read(TRACE))

    shell = _Shell(tmp_path)
    for block in _blocks(HOW_TO):
        shell.run(block.body)

    rows = json.loads((tmp_path / "verdicts.json").read_text(encoding="utf-8"))["rows"]
    assert {row["product_id"] for row in rows} == {"download-static"}
    assert len(rows) == 4


class _Shell:
    """Runs blocks one after the other; exported variables carry over, as in a terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed = ""
        self.environment = dict(os.environ)
        for name in ("TRUELINE_HOME", "DJANGO_SETTINGS_MODULE", "PYTHONDONTWRITEBYTECODE"):
            self.environment.pop(name, None)
        path = f"{Path(sys.executable).parent}{os.pathsep}{self.environment.get('PATH', '')}"
        self.environment |= {"PATH": path, "COLUMNS": "200", "PYTHONPATH": str(ROOT / "src")}
        # a dozen short commands: compile the modules once, outside the source tree
        self.environment["PYTHONPYCACHEPREFIX"] = str(folder / ".compiled")

    def run(self, script: str) -> None:
        found = subprocess.run(
            ["bash", "-euc", script + "\nenv -0 > .environment"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        self.printed = found.stdout
        assert found.returncode == 0, found.stdout + found.stderr
        kept = (self.folder / ".environment").read_text(encoding="utf-8")
        self.environment = dict(item.split("=", 1) for item in kept.split("\0") if "=" in item)


def _blocks(path: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    return [Block(m["info"].strip(), m["body"]) for m in _BLOCK.finditer(text)]


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
