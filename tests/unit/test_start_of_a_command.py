"""What the start of a command does without: libraries that it does not use, and the graph of all
migrations where every one is applied."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db.migrations.loader import MigrationLoader

from trueline.cli.commands import COMMANDS
from trueline.cli.contents import SENTENCES
from trueline.settings.workspace import _migrations_on_disk


def test_an_assessment_imports_neither_expressions_nor_localization(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from trueline.cli import application\n"
        "application('assess')(['--help'], standalone_mode=False)\n"
        "names = {name.split('.')[0] for name in sys.modules}\n"
        "sys.exit(' '.join(names & {'ibis', 'scipy', 'pandas', 'sqlglot'}) or 0)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "TRUELINE_HOME": str(tmp_path)},
    )

    assert done.returncode == 0, done.stderr


EXPRESSIONS = frozenset({"ibis", "sqlglot", "duckdb", "scipy", "pandas", "deltalake", "altair"})
RECORDS = frozenset({"django", "pyarrow", "numpy", "trueline.settings.workspace"})


@pytest.mark.parametrize(
    ("words", "without"),
    [
        ("--help", EXPRESSIONS | RECORDS),
        ("--version", EXPRESSIONS | RECORDS),
        ("loads", EXPRESSIONS | RECORDS),  # a slip of the finger
        ("version", EXPRESSIONS | {"pyarrow", "numpy"}),
        ("load --help", EXPRESSIONS | {"pyarrow", "numpy"}),
        ("people list", EXPRESSIONS | {"pyarrow", "numpy"}),
        ("deliveries", EXPRESSIONS | {"pyarrow", "numpy"}),
        ("corrections list", EXPRESSIONS | {"pyarrow", "numpy"}),
        ("results list", EXPRESSIONS | {"pyarrow.dataset", "trueline.assessment.assess"}),
        ("standards list", EXPRESSIONS | {"pyarrow.dataset", "trueline.assessment.assess"}),
        ("regimes list", EXPRESSIONS | {"pyarrow.dataset", "trueline.assessment.assess"}),
        ("alerts", EXPRESSIONS | {"pyarrow.dataset", "trueline.assessment.assess"}),
        ("writeback status", EXPRESSIONS | {"pyarrow.dataset", "trueline.assessment.assess"}),
    ],
)
def test_a_plain_question_imports_nothing_heavy(
    tmp_path: Path, words: str, without: frozenset[str]
) -> None:
    program = (
        "import sys\n"
        "from trueline.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    with open('imported', 'w') as file:\n"
        "        file.write(' '.join(sys.modules))\n"
    )

    subprocess.run(
        [sys.executable, "-c", program, *words.split()],
        check=False,
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "TRUELINE_HOME": str(tmp_path / "workspace")},
    )

    imported = set((tmp_path / "imported").read_text().split())
    assert "trueline.cli" in imported
    assert imported & without == set()


def test_the_table_of_contents_names_every_command_in_order() -> None:
    assert list(SENTENCES) == list(COMMANDS)
    assert [name for name, sentence in SENTENCES.items() if not sentence.endswith(".")] == []


def test_migrations_on_disk_are_those_that_the_whole_graph_has() -> None:
    whole = MigrationLoader(None, ignore_no_migrations=True).disk_migrations

    assert set(_migrations_on_disk()) == set(whole)


def test_a_workspace_that_lacks_a_migration_is_brought_up_to_date(tmp_path: Path) -> None:
    """One room's tables are taken away, and the next start makes them again."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from trueline.settings.workspace import use_workspace\n"
        "from django.core.management import call_command\n"
        "home = Path(sys.argv[1])\n"
        "use_workspace(home)\n"
        "call_command('migrate', 'writeback', 'zero', verbosity=0)\n"
        "from django.db import connection\n"
        "before = set(connection.introspection.table_names())\n"
        "use_workspace(home)\n"
        "after = set(connection.introspection.table_names())\n"
        "print(*sorted({name.split('_')[0] for name in after - before}))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=True, capture_output=True, text=True
    )

    assert done.stdout.split() == ["writeback"]
