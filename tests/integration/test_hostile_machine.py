"""What the machine does to a workspace: a full disk, a clock that goes back, two starts at once, a
folder that is none."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from trueline.intake.load import LoadOptions
from trueline.intake.models import Delivery
from trueline.intake.record import delivery_as_of
from trueline.inventory.load import load_customers
from trueline.settings.workspace import Workspace

COMMAND = "import sys; sys.argv[0] = 'trueline'; from trueline.cli import main; main()"


def started(home: Path, *words: str, limit_kib: int | None = None) -> subprocess.Popen[str]:
    """A command on a workspace; no file of it grows beyond the limit."""
    limit = f"ulimit -f {limit_kib}; " if limit_kib is not None else ""
    script = limit + 'exec "$0" -c "$@"'
    return subprocess.Popen(
        ["bash", "-c", script, sys.executable, COMMAND, *words],
        env={**os.environ, "TRUELINE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def customers(folder: Path, many: int) -> Path:
    path = folder / f"customers-{many}.csv"
    path.write_text("customer_id,name\n" + "".join(f"c{n},N{n}\n" for n in range(many)))
    return path


def test_three_first_starts_at_once_make_one_workspace(tmp_path: Path) -> None:
    starts = [started(tmp_path / "new", "people", "list") for _ in range(3)]

    said = [start.communicate(timeout=120) for start in starts]

    assert [start.returncode for start in starts] == [0, 0, 0], said


def test_a_full_disk_is_told_plainly_and_leaves_the_load_absent(
    workspace: Workspace, tmp_path: Path
) -> None:
    load_customers(workspace, customers(tmp_path, 1), LoadOptions(now=datetime.now(UTC)))
    size = workspace.database.stat().st_size // 1024
    file = customers(tmp_path, 40_000)

    load = started(workspace.home, "load", "customers", str(file), limit_kib=size + 64)
    _, said = load.communicate(timeout=120)

    assert load.returncode == 1, said
    assert said.startswith(f"trueline: {workspace.home} cannot be used: "), said
    assert "Traceback" not in said
    assert Delivery.objects.filter(recorded_at__isnull=False).count() == 1
    report = load_customers(workspace, file, LoadOptions(now=datetime.now(UTC)))
    assert report.ledger.accepted == 39_999


def test_a_workspace_that_is_a_file_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder")

    start = started(tmp_path / "home", "deliveries")
    _, said = start.communicate(timeout=120)

    assert start.returncode == 1
    assert (
        said == f"trueline: {tmp_path / 'home'} cannot be used: File exists. Nothing was recorded\n"
    )


def test_what_was_known_stays_known_when_the_clock_goes_back(
    workspace: Workspace, tmp_path: Path
) -> None:
    at = [datetime(2026, 10, 5, hour, tzinfo=UTC) for hour in (8, 10, 9, 11)]
    for many, now in enumerate(at, start=1):
        load_customers(workspace, customers(tmp_path, many), LoadOptions(now=now))

    # At half past nine the delivery of ten o'clock was still to come, and so were those after it.
    assert delivery_as_of(datetime(2026, 10, 5, 9, 30, tzinfo=UTC)) == 1
    assert delivery_as_of(datetime(2026, 10, 5, 10, 30, tzinfo=UTC)) == 3
    assert delivery_as_of(datetime(2026, 10, 5, 11, 30, tzinfo=UTC)) == 4
