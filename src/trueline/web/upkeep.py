"""What pushes leave behind is merged and summed up by itself, in processes of their own: no push
waits for them, the server's memory does not grow with them, and they may be killed at any time."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from django.db import connections

from trueline.assessment.summaries.parts import SummaryStore
from trueline.measurement.upkeep import is_due
from trueline.settings.workspace import Workspace

_NICENESS = 10  # pushes and pages go first
EVERY = 20  # pushes between two looks at what waits
_COMMAND = ("-c", "from trueline.cli import main; main()", "lake", "compact", "--if-due")
_FOLLOW = ("-c", "from trueline.cli import main; main()", "lake", "summaries", "follow")
_log = logging.getLogger(__name__)


def merge_in_a_process(workspace: Workspace) -> None:
    """`trueline lake compact --if-due`; what it could not do is done another time."""
    with subprocess.Popen(
        [sys.executable, *_COMMAND],
        env={**os.environ, "TRUELINE_HOME": str(workspace.home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
        said, _ = process.communicate()
    if process.returncode:
        _log.warning("the lake was not merged: %s", said.strip()[-500:])
    else:
        _log.info("%s", said.strip())


def follow_in_a_process(workspace: Workspace) -> subprocess.Popen[bytes]:
    """`trueline lake summaries follow`: sums up what arrived for every line it is sent, and ends
    with the server."""
    process = subprocess.Popen(
        [sys.executable, *_FOLLOW],
        env={**os.environ, "TRUELINE_HOME": str(workspace.home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        bufsize=0,
    )
    assert process.stdin is not None
    os.set_blocking(process.stdin.fileno(), False)
    with suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
    return process


class Summing:
    """Has what is pushed summed up, where a workspace keeps summaries."""

    def __init__(
        self, follow: Callable[[Workspace], subprocess.Popen[bytes]] = follow_in_a_process
    ) -> None:
        self._follow = follow
        self._followers: dict[Workspace, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def pushed(self, workspace: Workspace) -> None:
        """A push was recorded. Returns at once; pushes that come while others are summed up are
        summed up together."""
        if not SummaryStore(workspace).exists():
            return
        with self._lock:
            follower = self._followers.get(workspace)
            if follower is None or follower.poll() is not None:
                follower = self._followers[workspace] = self._follow(workspace)
            assert follower.stdin is not None
            # A full pipe tells it already that there is something; one that broke is made anew.
            with suppress(BlockingIOError, BrokenPipeError):
                follower.stdin.write(b"\n")


class Upkeep:
    """Looks now and then whether a workspace needs merging, and has it done."""

    def __init__(
        self, merge: Callable[[Workspace], None] = merge_in_a_process, every: int = EVERY
    ) -> None:
        self._merge = merge
        self._every = every
        self._pushes: Counter[Workspace] = Counter()
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None

    def pushed(self, workspace: Workspace) -> None:
        """A push was recorded. Returns at once."""
        with self._lock:
            self._pushes[workspace] += 1
            if self.busy() or self._pushes[workspace] < self._every:
                return
            self._pushes[workspace] = 0
            self._running = threading.Thread(
                target=self._look, args=(workspace,), daemon=True, name="trueline-upkeep"
            )
            self._running.start()

    def busy(self) -> bool:
        """Whether a look, or the merge that it asked for, goes on."""
        return self._running is not None and self._running.is_alive()

    def wait(self) -> None:
        """Until what was begun has ended."""
        running = self._running
        if running is not None:
            running.join()

    def _look(self, workspace: Workspace) -> None:
        try:
            if is_due():
                self._merge(workspace)
        finally:
            connections.close_all()
