"""Worked numbers of other programs, where they ask the same question: an slo-generator report and
Prometheus' own cases of functions over time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from trueline.assessment.burn import allowance, allowance_left, burn_rate
from trueline.assessment.percentile import rank
from trueline.assessment.standard_test import run_standard_tests
from trueline.engine.duckdb import DuckDBEngine

STANDARD = """\
apiVersion: trueline/v1
parameters: [{id: metric, kind: sampled}]
offerings:
  - id: peer
    objectives:
      - {id: figure, parameter: metric, STATISTIC, conformance_period: P1D, min_coverage: 0,
         comparator: LE, conformance_target: 0}
cases:
  - {offering: peer, period: 2026-10-05, expect: {figure: {value: EXPECTED}}, series:
      [{parameter: metric, start: "2026-10-05T00:00:00Z", every_s: 10, values: "VALUES"}]}
"""
STATISTICS = {"avg": "mean", "min": "min", "max": "max", "quantile": "percentile"}
ASKED = re.compile(r"eval instant at \S+ (\w+?)_over_time\((?:([\d.]+), )?(\w+)\[[12]m\]\)$")


@dataclass(frozen=True)
class Asked:
    """One answer of Prometheus: `function` over `samples` (`-` where there is none)."""

    function: str
    share: Fraction | None
    samples: tuple[str, ...]
    answer: str

    @property
    def finite(self) -> bool:
        return all(re.fullmatch(r"-|-?\d{1,15}(\.\d+)?", word) for word in self.samples)

    @property
    def same_question(self) -> bool:
        """False where Prometheus answers between two samples; RFC 2330 does not interpolate."""
        if self.share is None:
            return True
        if self.share > 1:
            return False
        count = sum(word != "-" for word in self.samples)
        return self.share * (count - 1) == rank(count, self.share * 100) - 1


def cases_of(text: str) -> Iterator[Asked]:
    """Every answer to a function over time in a promqltest file."""
    series: dict[str, tuple[str, ...]] = {}
    asked: re.Match[str] | None = None
    for line in (raw.strip() for raw in text.splitlines()):
        if line == "clear":
            series = {}
        elif line.startswith("eval"):
            asked = ASKED.match(line)
        elif not line:
            asked = None
        elif asked is None and (loaded := re.match(r"(\w+)(\{\S.*?\})?((?: +\S+)+)$", line)):
            words = loaded[3].replace("_", "-").split()
            series[loaded[1] + (loaded[2] or "")] = tuple(words)
        elif asked and (told := re.match(r"(\{.*?\}) (\S+)$", line)):
            function, share, name = asked.groups()
            samples = series.get(name + told[1].replace("{}", ""))
            if samples and function in STATISTICS:
                yield Asked(function, Fraction(share) if share else None, samples, told[2])


def test_functions_over_time_answer_as_prometheus_does(shared: Path, tmp_path: Path) -> None:
    text = (shared / "data/slo-oracles/prometheus_functions.test").read_text(encoding="utf-8")
    mapped = [case for case in cases_of(text) if case.finite and case.same_question]
    assert {case.function for case in mapped} == set(STATISTICS)
    engine = DuckDBEngine(threads=1)
    differences = {}
    for number, case in enumerate(mapped):
        statistic = f"statistic: {STATISTICS[case.function]}"
        if case.share is not None:
            statistic += f", percentile: {float(case.share * 100)}"
        file = tmp_path / f"{number}.test.yaml"
        file.write_text(
            STANDARD.replace("STATISTIC", statistic)
            .replace("EXPECTED", case.answer)
            .replace("VALUES", " ".join(case.samples)),
            encoding="utf-8",
        )
        [outcome] = run_standard_tests(engine, file)
        if outcome.differences:
            differences[case] = outcome.differences
    assert differences == {}


def test_a_report_of_slo_generator_comes_out(shared: Path) -> None:
    report = json.loads(
        (shared / "data/slo-oracles/slogen_slo_report_v1.json").read_text(encoding="utf-8")
    )
    good, bad = report["good_events_count"], report["bad_events_count"]
    total, target = good + bad, Decimal(str(report["slo_target"]))
    minutes = Fraction(report["window"], 60)
    left = allowance_left(bad, total, target)
    assert left is not None
    ours = {
        "events_count": total,
        "sli_measurement": Fraction(good, total),
        "gap": Fraction(good, total) - Fraction(target),
        "error_budget_target": allowance(target, 1),
        "error_budget_measurement": Fraction(bad, total),
        "error_budget_burn_rate": burn_rate(bad, total, target),
        "error_budget_minutes": allowance(target, minutes),
        "error_minutes": Fraction(bad, total) * minutes,
        "error_budget_remaining_minutes": left * allowance(target, minutes),
    }
    for name, value in ours.items():
        assert value == pytest.approx(float(report[name]), rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize(
    ("target", "days", "seconds"),
    [("0.95", 14, 1_008 * 60), ("0.9995", 7, Fraction("302.4"))],
    ids=["two weeks at 95 %: 1,008 min", "one week at 99.95 %: 5 min 2.4 s"],
)
def test_the_budgets_that_openslo_works_out(
    target: str, days: int, seconds: Fraction | int
) -> None:
    assert allowance(Decimal(target), days * 86_400) == seconds
