"""What a reader is told is so: commands, settings, links, make targets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.house.cli_reference import render_cli_reference
from tests.house.tree import PACKAGE, ROOT, short, source_files, tracked_files

from trueline.cli.commands import COMMANDS

REFERENCE = ROOT / "docs" / "reference"
PAGES = tuple(path for path in tracked_files() if path.suffix == ".md")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def test_the_reference_of_commands_is_what_the_commands_say() -> None:
    """After a change of a command: `make docs-reference`."""
    assert (REFERENCE / "cli.md").read_text(encoding="utf-8") == render_cli_reference()


def test_every_environment_variable_is_documented_and_every_documented_one_is_read() -> None:
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    read = {
        name
        for path in source_files("src")
        for name in re.findall(r"\"(TRUELINE_[A-Z_]+)\"", path.read_text(encoding="utf-8"))
    }

    assert {name for name in read if f"| `{name}` |" not in page} == set()
    assert set(re.findall(r"\| `(TRUELINE_[A-Z_]+)` \|", page)) == read


def test_everything_that_lies_in_a_workspace_is_documented() -> None:
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    named = {
        name
        for path in source_files("src")
        for name in re.findall(r"\.home / \"([^\"]+)\"", path.read_text(encoding="utf-8"))
    }

    assert len(named) > 5
    assert {name for name in named if f"`{name}" not in page} == set()


def test_every_page_is_listed_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / name).resolve() for name, _ in _links(index)}
    pages = {page for folder in index.parent.iterdir() for page in folder.glob("*.md")}

    assert pages - listed == set()


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    broken = []
    for name, heading in _links(page):
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (heading and heading not in _headings(file)):
            broken.append(f"{name}#{heading}")

    assert broken == []


def _links(page: Path) -> list[tuple[str, str]]:
    """File and heading of every link that stays in the repository."""
    targets = LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    parts = [target.partition("#") for target in targets if not re.match(r"[a-z]+:", target)]
    return [(name, heading) for name, _, heading in parts]


def _headings(page: Path) -> set[str]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_make_targets_and_commands_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    told_targets = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", text, re.MULTILINE))
    told_commands = set(re.findall(r"(?:^|`|bin/)trueline ([a-z]+)\b", text, re.MULTILINE))

    assert told_targets - targets == set()
    assert told_commands - set(COMMANDS) == set()


def test_every_room_says_what_comes_in_and_what_goes_out() -> None:
    rooms = [room for room in sorted(PACKAGE.iterdir()) if (room / "__init__.py").is_file()]
    told = {room.name: (room / "__init__.py").read_text(encoding="utf-8") for room in rooms}

    assert len(told) > 10
    assert [name for name, text in told.items() if not ("In:" in text and "Out:" in text)] == []


def test_every_test_that_the_architecture_names_exists() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", page))
    written = {
        name
        for path in source_files("tests")
        for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
    }

    assert len(named) > 10
    assert named - written == set()


def test_every_room_is_in_the_architecture() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = [room.name for room in PACKAGE.iterdir() if (room / "__init__.py").is_file()]

    assert [name for name in rooms if f"`{name}/`" not in page] == []
