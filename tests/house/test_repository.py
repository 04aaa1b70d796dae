"""A fresh clone builds the same everywhere: locked parts, complete migrations, no local paths."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest
from django.core.management import call_command
from tests.house.tree import ROOT, short, text_of, tracked_files

from trueline.settings.workspace import Workspace

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-spark.lock")
MACHINE_PATH = re.compile(r"(?<![\w.~}-])/(?:work|root|Users)/|(?<![\w.~}-])/home/[a-z]")


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_of_a_lock_file_has_a_hash_and_none_an_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    pins = [line for line in lines if not line.lstrip().startswith("#")]

    assert len(pins) > 20
    assert [pin for pin in pins if not re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+ ", pin)] == []
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
    assert "://" not in text
    assert "--index" not in text


def test_what_the_package_needs_is_in_the_lock_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / LOCKS[0]).read_text(), re.MULTILINE))
    wanted = {re.split(r"[<>=\[;]", one)[0].lower() for one in project["dependencies"]}
    wanted = {re.sub(r"[._]", "-", name) for name in wanted}

    assert wanted - {re.sub(r"[._]", "-", name) for name in locked} == set()


def test_migrations_are_complete(workspace: Workspace) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    named = [
        f"{short(path)}: {found.group()}"
        for path in tracked_files()
        if path != Path(__file__)
        for found in MACHINE_PATH.finditer(text_of(path) or "")
    ]

    assert named == []


def test_the_entry_of_the_build_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_version_stands_in_the_changelog() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert f"## [{project['version']}]" in changelog
