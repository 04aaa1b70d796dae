"""Scans as files: the newest one, which `show` and the page read, and those that are on record."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trueline.assessment.store import write_whole
from trueline.settings.workspace import Workspace
from trueline.trends.findings import Outlook, QuietSeries, TrendFinding, TrendScan

WORKSPACE = ""
"""The scope of a scan over everything; that of a regime is the regime's id."""


def scan_file(workspace: Workspace, scope: str = WORKSPACE) -> Path:
    """Where the newest scan of a scope lies. Ids may hold any character; file names may not."""
    if scope == WORKSPACE:
        return workspace.home / "trends" / "scan.json"
    name = hashlib.sha256(scope.encode()).hexdigest()[:32]
    return workspace.home / "trends" / f"regime-{name}.json"


def recorded_file(workspace: Workspace, number: int) -> Path:
    """Where a scan on record lies."""
    return workspace.home / "trends" / "recorded" / f"{number}.json"


def scan_bytes(scan: TrendScan) -> bytes:
    """The scan as JSON; equal scans give equal bytes."""
    return (json.dumps(asdict(scan), indent=1, allow_nan=False) + "\n").encode()


def store_scan(workspace: Workspace, scan: TrendScan, scope: str = WORKSPACE) -> Path:
    """Write the scan whole; it replaces the one before."""
    path = scan_file(workspace, scope)
    write_whole(path, scan_bytes(scan))
    return path


def stored_scan(workspace: Workspace, scope: str = WORKSPACE) -> TrendScan | None:
    """The newest scan, None where there is none."""
    path = scan_file(workspace, scope)
    if not path.is_file():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    return TrendScan(
        **{
            **told,
            "findings": tuple(_finding(one) for one in told["findings"]),
            "quiet": tuple(QuietSeries(**one) for one in told.get("quiet", ())),
        }
    )


def _finding(told: dict[str, Any]) -> TrendFinding:
    outlook = told.get("outlook")
    return TrendFinding(
        **{
            **told,
            "course": tuple(told["course"]),
            "changes": tuple(told.get("changes", ())),
            "outlook": None if outlook is None else Outlook(**outlook),
        }
    )
