"""What must hold of the oracle's own answers, whatever the workspace."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from tests.generative.comparison import compare
from tests.generative.workspaces import WorkspaceSpec, workspaces, write_workspace
from tests.oracle.assess import assess

quickly = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def rows_of(spec: WorkspaceSpec) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        write_workspace(Path(folder), spec)
        rows: list[dict[str, Any]] = assess(Path(folder), spec.period, as_of=spec.as_of_s)["rows"]
        return rows


@quickly
@given(workspaces())
def test_every_row_keeps_its_account(spec: WorkspaceSpec) -> None:
    for row in rows_of(spec):
        times = [row[name] for name in ("good_s", "bad_s", "excluded_s", "unknown_s")]
        assert min(times) >= 0
        known, allowed = times[0] + times[1], times[0] + times[1] + times[3]
        assert row["coverage"] == (known / allowed if allowed else None)
        if not allowed:
            assert (row["verdict"], row["value"]) == ("notApplicable", None)


@quickly
@given(workspaces())
def test_bounds_hold_the_value_between_them(spec: WorkspaceSpec) -> None:
    by_time = {
        one["id"]
        for one in spec.objectives
        if one["statistic"] in ("conformance", "availability_outage") and "rounding" not in one
    }
    for row in rows_of(spec):
        if row["objective_id"] in by_time and row["value"] is not None:
            assert row["worst_case"] <= row["value"] + 1e-12
            assert row["value"] <= row["best_case"] + 1e-12


@quickly
@given(workspaces())
def test_delivering_the_last_word_again_changes_nothing(spec: WorkspaceSpec) -> None:
    latest = {(row.product_id, row.parameter, row.start_s): row for row in spec.rows}
    again = replace(spec, rows=[*spec.rows, *latest.values()])
    assert compare(rows_of(spec), rows_of(again)) == []


def test_comparison_names_every_difference() -> None:
    row = {
        "product_id": "p0",
        "objective_id": "o0",
        "period_start": "2026-10-01T00:00:00Z",
        "period_end": "2026-11-01T00:00:00Z",
        "standard_version": 1,
        "verdict": "met",
        "value": 10.0,
        "margin": 5.0,
        "coverage": 1.0,
        "best_case": None,
        "worst_case": None,
        "good_s": 7,
        "bad_s": 0,
        "excluded_s": 0,
        "unknown_s": 0,
        "samples": 3,
    }
    where = "p0 o0 2026-10-01T00:00:00Z: "
    assert compare([row], [row]) == []
    assert compare([row], []) == [where + "missing"]
    assert compare([], [row]) == [where + "not expected"]
    assert compare([row], [row | {"good_s": 8}]) == [where + "good_s 8, expected 7"]
    assert compare([row], [row | {"value": None}]) == [where + "value None, expected 10.0"]
    near = row | {"value": 10.05, "margin": 4.95, "verdict": "violated"}
    loose = row | {"value_slack": 0.1, "verdicts": ["met", "violated"]}
    assert compare([loose], [near]) == []
    assert len(compare([row], [near])) == 3
