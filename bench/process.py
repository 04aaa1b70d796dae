"""Heavy work in a fresh process: `python -m bench.process MODULE FUNCTION '{arguments}'`.

The parent keeps small and imports no engine, so that neither its memory nor its caches colour what
is measured. A job returns a dict; the process adds its peak memory."""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

_MARK = "bench-result "


class JobError(RuntimeError):
    """A job failed; the text is the end of what it wrote to its error stream."""


def job(module: str, function: str, *, cpus: int | None = None, **arguments: object) -> dict:
    """Run `module.function(**arguments)` in a process of its own. `cpus`: so many of them only."""
    command = [sys.executable, "-m", "bench.process", module, function, json.dumps(arguments)]
    allowed = sorted(os.sched_getaffinity(0))[:cpus] if cpus else None
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
        preexec_fn=(lambda: os.sched_setaffinity(0, allowed)) if allowed else None,
    )
    marked = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if done.returncode or not marked:
        raise JobError(f"{module}.{function}{arguments}: {done.stderr[-4000:]}")
    found: dict = json.loads(marked[-1][len(_MARK) :])
    return found


class Stopwatch:
    """Wall clock, and processor time over all threads: the latter hardly minds a busy machine."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> dict:
        return {
            "seconds": time.perf_counter() - self._wall,
            "cpu_s": time.process_time() - self._cpu,
        }


def peak_rss_mib() -> float:
    """Of this process since it was started; exec does not carry it over, as ru_maxrss would."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _main() -> None:
    module, function, arguments = sys.argv[1:]
    result = getattr(importlib.import_module(module), function)(**json.loads(arguments))
    result["peak_rss_mib"] = peak_rss_mib()
    print(_MARK + json.dumps(result))


if __name__ == "__main__":
    _main()
