"""The machine and the versions a run was made with."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("trueline", "duckdb", "ibis-framework", "pyarrow", "numpy", "pandas", "protobuf")
SERVERS = ("prometheus", "victoria-metrics")  # Debian packages


def machine() -> dict:
    """Date, cores, memory, processor, load and versions."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%MZ"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "processor": _processor(),
        "load": [round(one, 1) for one in os.getloadavg()],
        "revision": _revision(),
        "python": platform.python_version(),
        "versions": {**_packages(), **_servers()},
    }


def _revision() -> str:
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def _packages() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def _servers() -> dict[str, str]:
    found = {}
    for name in SERVERS:
        if shutil.which(name) and shutil.which("dpkg-query"):
            command = ["dpkg-query", "-W", "-f", "${Version}", name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            found[name] = done.stdout.strip() or "?"
    return found
