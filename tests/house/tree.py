"""What the house tests look at: the files of this repository."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "trueline"
FOLDERS = ("src", "tests", "docs", "bench")


@cache
def tracked_files() -> tuple[Path, ...]:
    """Files under version control; in an unpacked archive, every file that would be."""
    if not (ROOT / ".git").exists():
        found = [path for name in FOLDERS for path in (ROOT / name).rglob("*")]
        return tuple(sorted(path for path in [*ROOT.glob("*"), *found] if _is_kept(path)))
    command = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    return tuple(ROOT / name for name in listed if name and (ROOT / name).is_file())


def _is_kept(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


@cache
def text_of(path: Path) -> str | None:
    """The text of a file, None where it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


@cache
def source_files(*folders: str) -> tuple[Path, ...]:
    """Python files below these folders, tracked or not yet."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return tuple(sorted(path for path in found if "migrations" not in path.parts))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
