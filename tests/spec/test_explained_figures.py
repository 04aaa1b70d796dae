"""The examples in `how-figures-are-computed` are recomputed: the page cannot drift."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.generative.specification import write_workspace
from tests.oracle.assess import assess
from tests.spec.case import SpecCase, differences, workspace_of

PAGE = Path(__file__).resolve().parents[2] / "docs/explanation/how-figures-are-computed.md"
EXAMPLES = [
    yaml.safe_load(block)
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
]


def case_of(example: dict[str, Any]) -> SpecCase:
    return SpecCase(
        "explained",
        {"conformance_period": "P1D"} | example["objective"],
        example["row"],
        series=example.get("series", ""),
        events=tuple(example.get("events", ())),
        exclusions=tuple(example.get("exclusions", ())),
    )


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=[example["objective"]["statistic"] for example in EXAMPLES]
)
def test_explained_example_comes_out(example: dict[str, Any], tmp_path: Path) -> None:
    case = case_of(example)
    spec = workspace_of(case)
    write_workspace(tmp_path, spec)
    [row] = assess(tmp_path, spec.period, as_of=spec.as_of_s)["rows"]
    assert differences(case, row) == []


def test_explained_arithmetic_comes_out() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert result.attempted > 15
    assert result.failed == 0
