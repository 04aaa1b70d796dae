"""`trueline test`: a standard, a short series, the expected verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from trueline.assessment.standard_test import run_standard_tests
from trueline.engine.duckdb import DuckDBEngine
from trueline.errors import InputError

HEAD = """\
apiVersion: trueline/v1
parameters:
  - {id: delay, unit: ms, kind: sampled}
  - {id: loss, unit: ratio, kind: ratio}
  - {id: down, kind: event, event_kinds: [outage]}
offerings:
  - id: gold
    objectives:
      - {id: share, parameter: delay, statistic: conformance, conformance_period: P1D,
         threshold: {comparator: LE, value: 20}, comparator: GE, conformance_target: 0.74}
      - {id: lost, parameter: loss, statistic: ratio, conformance_period: P1D, min_coverage: 0,
         comparator: LE, conformance_target: 0.01}
      - {id: up, parameter: down, statistic: availability_outage, conformance_period: P1D,
         comparator: GE, conformance_target: 0.99}
cases:
"""
HOLDS = """\
  - name: six bad hours of a day leave the target just met
    offering: gold
    period: 2026-10-05
    series:
      - {parameter: delay, start: 2026-10-05T00:00:00Z, every_s: 3600, values: "10x18 30x6"}
      - {parameter: loss, start: 2026-10-05T00:00:00Z, values: "1/100 3/100 - 9/100?"}
    events:
      - outage 2026-10-05T10:00:00Z/2026-10-05T11:00:00Z
        stop 2026-10-05T10:30:00Z/2026-10-05T10:40:00Z
    exclusions: ["2026-10-05T10:00:00Z/2026-10-05T10:20:00Z"]
    expect:
      share: {verdict: met, bad_s: 21600, excluded_s: 1200}
      lost: {value: 0.02, samples: 2}
      up: {bad_s: 1800}
"""


@pytest.fixture(scope="module")
def engine() -> DuckDBEngine:
    return DuckDBEngine(threads=1)


def run(engine: DuckDBEngine, tmp_path: Path, cases: str) -> list[tuple[str, tuple[str, ...]]]:
    file = tmp_path / "gold.test.yaml"
    file.write_text(HEAD + cases)
    return [(o.name, o.differences) for o in run_standard_tests(engine, file)]


def test_case_that_holds_has_no_differences(engine: DuckDBEngine, tmp_path: Path) -> None:
    # Good 18 h less the excluded 20 min, bad 6 h: 63,600 / 85,200 = 0.746. Outage 60 min, of them
    # 10 stopped and 20 excluded: 30 min left.
    [(name, differences)] = run(engine, tmp_path, HOLDS)
    assert (name, differences) == ("six bad hours of a day leave the target just met", ())


def test_case_that_does_not_hold_says_what_came_out(engine: DuckDBEngine, tmp_path: Path) -> None:
    [(_, differences)] = run(engine, tmp_path, HOLDS.replace("bad_s: 21600", "bad_s: 3600"))
    assert differences == ("share bad_s: 21600, expected 3600",)


def test_verdict_alone_may_be_expected(engine: DuckDBEngine, tmp_path: Path) -> None:
    head, _, _ = HOLDS.partition("    expect:")
    [(_, differences)] = run(engine, tmp_path, head + "    expect: {share: violated}\n")
    assert differences == ("share verdict: met, expected violated",)


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("offering: gold", "offering: tin", "no offering 'tin'"),
        ("period: 2026-10-05", "period: October", "'October' is not a period"),
        ('values: "10x18 30x6"', 'values: "ten"', "'ten' is no number"),
        ("expect:", "expects:", "needs offering, period and expect"),
        ("bad_s: 21600", "bads: 1", "'bads' is no column"),
        ("2026-10-05T00:00:00Z, every", "2026-10-05T00:00:00, every", "has no offset"),
    ],
)
def test_broken_case_is_named(
    engine: DuckDBEngine, tmp_path: Path, was: str, becomes: str, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        run(engine, tmp_path, HOLDS.replace(was, becomes))
