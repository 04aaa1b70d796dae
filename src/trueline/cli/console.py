"""What every command shares: the workspace, the clock, printing and progress."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from trueline.errors import InputError
from trueline.intake.load import LoadOptions, LoadReport
from trueline.settings.workspace import Workspace, current_workspace, use_workspace

# Into a file or a pipe, tables are as wide as they need.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 180)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def workspace() -> Workspace:
    """The workspace named by TRUELINE_HOME, its database ready."""
    return use_workspace(current_workspace().home)


def now() -> datetime:
    return datetime.now(UTC)


def recorded_by() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def signed_by(named: str | None) -> str:
    """Who acts: the name given, else the user of this machine."""
    name = (named or recorded_by()).strip()
    if not name:
        raise InputError("Nobody is named who does this", mend="Say who: --by NAME")
    return name


class _Bar:
    def __init__(self, progress: Progress, label: str) -> None:
        self.progress = progress
        self.task = progress.add_task(label, total=None, rows=0, speed="")

    def advance(self, done_bytes: int, total_bytes: int | None, rows: int) -> None:
        elapsed = self.progress.tasks[self.task].elapsed or 0
        speed = f"{rows / elapsed:,.0f} rows/s" if elapsed > 0 else ""
        self.progress.update(
            self.task, completed=done_bytes, total=total_bytes, rows=rows, speed=speed
        )


@contextmanager
def load_options(label: str) -> Iterator[LoadOptions]:
    """Options with a progress bar on a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows {task.fields[speed]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=err, transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        yield LoadOptions(now=now(), recorded_by=recorded_by(), progress=_Bar(progress, label))


def results_file(path: Path | None) -> Path | None:
    """For an option that names a file of results: a wrong ending is told before any work."""
    if path is not None:
        from trueline.assessment.store import refuse_suffix

        refuse_suffix(path.suffix)
    return path


def print_listing(table: Table, empty: str) -> None:
    """The table, or where it has no row the sentence that says so with the next step."""
    if table.rows:
        out.print(table)
    else:
        out.print(empty, markup=False)


def print_report(report: LoadReport, what: str) -> None:
    """The ledger of one load."""
    counts = report.ledger.as_dict()
    line = ", ".join(f"{counts[name]:,} {name.replace('_', ' ')}" for name in counts)
    rows = counts["accepted"] + counts["duplicate"] + counts["set_aside"]
    speed = f" ({rows / report.seconds:,.0f} rows/s)" if report.seconds > 0 else ""
    out.print(f"{what}: {line}{speed}; delivery {report.delivery}", markup=False)
    if report.set_aside is not None:
        out.print(f"  set aside rows with their reasons: {report.set_aside}", markup=False)
    for message in report.messages:
        out.print(f"  {message}", markup=False)
