"""What differs between the rows of two assessments of the same workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isclose
from typing import Any

EXACT = ("standard_version", "period_end", "good_s", "bad_s", "excluded_s", "unknown_s", "samples")
NUMBERS = ("value", "margin", "coverage", "best_case", "worst_case")
ROUNDING_NOISE = 1e-9

Key = tuple[str, str, str]


def compare(
    expected_rows: Sequence[Mapping[str, Any]], actual_rows: Sequence[Mapping[str, Any]]
) -> list[str]:
    """One sentence per difference; empty when the assessments agree. A row of the oracle with
    `value_slack` (a histogram's, after rounding) allows that much, and any of its `verdicts`."""
    expected = {key_of(row): row for row in expected_rows}
    actual = {key_of(row): row for row in actual_rows}
    found = [f"{' '.join(key)}: missing" for key in sorted(expected.keys() - actual.keys())]
    found += [f"{' '.join(key)}: not expected" for key in sorted(actual.keys() - expected.keys())]
    if len(actual) != len(actual_rows):
        found.append("rows are repeated")
    for key in sorted(expected.keys() & actual.keys()):
        found += [f"{' '.join(key)}: {text}" for text in differences(expected[key], actual[key])]
    return found


def key_of(row: Mapping[str, Any]) -> Key:
    return row["product_id"], row["objective_id"], str(row["period_start"])


def differences(want: Mapping[str, Any], got: Mapping[str, Any]) -> list[str]:
    verdicts = want.get("verdicts", [want["verdict"]])
    found = []
    if got["verdict"] not in verdicts:
        found.append(f"verdict {got['verdict']}, expected {' or '.join(verdicts)}")
    exact = [*EXACT, "open_events"] if "open_events" in want else EXACT
    found += [
        f"{name} {got[name]}, expected {want[name]}" for name in exact if got[name] != want[name]
    ]
    slack = slack_of(want)
    found += [
        f"{name} {got[name]}, expected {want[name]}"
        for name in NUMBERS
        if not alike(want[name], got[name], slack if name in ("value", "margin") else 0.0)
    ]
    return found


def slack_of(want: Mapping[str, Any]) -> float:
    """What value and margin may be off by. A margin is a difference, so the noise of its value
    counts, not its own."""
    noise = abs(float(want["value"] or 0)) * ROUNDING_NOISE
    return float(want.get("value_slack", 0)) + noise


def alike(want: float | None, got: float | None, slack: float) -> bool:
    if want is None or got is None:
        return want is got
    return isclose(want, got, rel_tol=ROUNDING_NOISE, abs_tol=max(slack, 1e-12))
