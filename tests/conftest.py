"""Fixtures shared by all tests: a fresh workspace per test, and where shared material lies."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"

_home = Path(tempfile.mkdtemp(prefix="trueline-tests-"))
os.environ["TRUELINE_HOME"] = str(_home)
os.environ["DJANGO_SETTINGS_MODULE"] = "trueline.settings.django"

import django  # noqa: E402 after the environment

django.setup()

from trueline.settings.workspace import Workspace, use_workspace  # noqa: E402 after the environment


@pytest.fixture(scope="session")
def migrated_database() -> Iterator[Path]:
    """One migrated database per test process; workspaces start from a copy."""
    yield use_workspace(_home).database
    shutil.rmtree(_home, ignore_errors=True)


@pytest.fixture
def workspace(tmp_path: Path, migrated_database: Path) -> Iterator[Workspace]:
    from django.db import connections

    home = tmp_path / "workspace"
    home.mkdir()
    connections.close_all()
    shutil.copy(migrated_database, home / "trueline.sqlite3")
    yield use_workspace(home)
    connections.close_all()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared material; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no shared material at {SHARED}")
    return SHARED


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes go by the argument's name: what they hold (a time stamp, say) may change between runs.

    pytest numbers the names that are alike; parallel workers have to collect the same ones.
    """
    return argname if isinstance(val, bytes) else None
