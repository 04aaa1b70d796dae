"""The blocks of a page of documentation, run as they stand.

A fence says what is done with its block: `file=NAME` writes it into the working folder, `sh` runs
it, `sh skip: REASON` is not run and the reason is told, `expect` holds the lines that the block
before printed. Every other fence is for the eye."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True)
class Block:
    kind: str
    option: str
    body: str


@dataclass
class Shell:
    """Runs blocks one after the other; exported variables carry over, as in a terminal."""

    folder: Path
    home: Path | None = None
    printed: str = ""
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def __post_init__(self) -> None:
        for name in ("TRUELINE_HOME", "DJANGO_SETTINGS_MODULE", "PYTHONDONTWRITEBYTECODE"):
            self.environment.pop(name, None)
        path = f"{Path(sys.executable).parent}{os.pathsep}{self.environment.get('PATH', '')}"
        self.environment |= {"PATH": path, "COLUMNS": "200", "PYTHONPATH": str(ROOT / "src")}
        # a dozen short commands: compile the modules once, outside the source tree
        self.environment["PYTHONPYCACHEPREFIX"] = str(self.folder / ".compiled")
        if self.home is not None:
            self.environment["TRUELINE_HOME"] = str(self.home)

    def run(self, script: str) -> None:
        found = subprocess.run(
            ["bash", "-euc", script + "\nenv -0 > .environment"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        self.printed = found.stdout
        assert found.returncode == 0, script + found.stdout + found.stderr
        kept = (self.folder / ".environment").read_text(encoding="utf-8")
        self.environment = dict(item.split("=", 1) for item in kept.split("\0") if "=" in item)


@dataclass
class Ran:
    """What became of the blocks of a page. `skipped`: the reasons."""

    run: int = 0
    checked: int = 0
    skipped: list[str] = field(default_factory=list)


def blocks_of(page: Path) -> list[Block]:
    found = []
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        kind, _, option = match["info"].strip().partition(" ")
        found.append(Block(kind, option, textwrap.dedent(match["body"])))
    return found


def run_page(page: Path, shell: Shell) -> Ran:
    """Every block of the page in its order."""
    ran = Ran()
    for block in blocks_of(page):
        if block.option.startswith("file="):
            (shell.folder / block.option.removeprefix("file=")).write_text(
                block.body, encoding="utf-8"
            )
        elif block.option.startswith("skip"):
            ran.skipped.append(block.option.removeprefix("skip").strip(": ") or "for the reader")
        elif block.kind == "sh":
            shell.run(block.body)
            ran.run += 1
        elif block.option == "expect":
            for line in block.body.splitlines():
                assert line in shell.printed, shell.printed
            ran.checked += 1
    return ran
