"""The how-to pages stay true: their blocks are run as they stand, on a workspace that holds what
they speak of."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.document_blocks import DOCS, Shell, blocks_of, run_page
from tests.prepared_operator import lay_out, prepare

from trueline.settings.workspace import use_workspace

PAGES = tuple(sorted((DOCS / "how-to").glob("*.md")))
UNPREPARED = "the prepared operator does not hold all that the page speaks of"
PASSED_OVER = {
    "find-common-causes.md": UNPREPARED,
    "follow-slow-change.md": UNPREPARED,
    "say-what-a-name-stands-for.md": UNPREPARED,
    "real-5g-traces.md": "run on the traces in test_tutorial.py",
}


@pytest.fixture(scope="session")
def prepared(migrated_database: Path) -> Iterator[Path]:
    """The operator of the pages, built once per run; every page takes a copy."""
    home = Path(tempfile.mkdtemp(prefix="trueline-how-to-"))
    shutil.copy(migrated_database, home / "trueline.sqlite3")
    prepare(use_workspace(home))
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_of_a_how_to_runs_as_it_stands(
    prepared: Path, tmp_path: Path, page: Path
) -> None:
    if page.name in PASSED_OVER:
        pytest.skip(PASSED_OVER[page.name])
    home, folder = tmp_path / "workspace", tmp_path / "work"
    shutil.copytree(prepared, home)
    folder.mkdir()
    lay_out(folder)

    ran = run_page(page, Shell(folder, home))

    for reason in ran.skipped:
        print(f"{page.name}: a block is not run: {reason}")  # noqa: T201 told with -rP
    if not ran.run:
        pytest.skip("; ".join(ran.skipped) or f"{page.name} asks for no command")


def test_every_command_of_a_how_to_stands_in_a_block_that_is_run() -> None:
    """A fence without a kind would be passed over, and nobody would see it."""
    silent = [
        f"{page.name}: {block.body.splitlines()[0]}"
        for page in PAGES
        for block in blocks_of(page)
        if block.kind != "sh" and any(c.startswith("trueline ") for c in block.body.splitlines())
    ]

    assert silent == []
