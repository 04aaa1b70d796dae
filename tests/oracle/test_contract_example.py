"""The oracle against the figures that an independent program worked from the same words."""

from __future__ import annotations

import json
from math import isclose
from pathlib import Path

from tests.oracle.assess import assess
from tests.oracle.workspace import second


def test_oracle_gives_every_figure_of_the_contract_example(shared: Path) -> None:
    folder = shared / "contracts" / "example"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    actual = assess(folder, expected["period"], as_of=second("2026-11-23T00:00:00Z"))
    assert len(actual["rows"]) == len(expected["rows"])
    differences = [
        (want["product_id"], want["objective_id"], key, want[key], got[key])
        for want, got in zip(expected["rows"], actual["rows"], strict=True)
        for key in want
        if not same(want[key], got[key])
    ]
    assert differences == []


def same(want: object, got: object) -> bool:
    if isinstance(want, int | float) and isinstance(got, int | float):
        return isclose(want, got, rel_tol=1e-12, abs_tol=0.0)
    return want == got
