"""A spec case: one product, one objective, one short series, and the row it must give.

Cases are values, so that the same ones run on the oracle and on every engine, and make the
reference page of their rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import isclose
from typing import Any

from tests.generative.specification import Active, Happening, Row, WorkspaceSpec
from tests.oracle.workspace import second

DAY = "2026-10-05"  # a Monday
HOUR_S = 3_600

Objective = dict[str, Any]
Expected = Mapping[str, object]

CONFORMANCE: Objective = {
    "parameter": "frame_delay",
    "statistic": "conformance",
    "threshold": {"comparator": "LE", "value": 20},
    "comparator": "GE",
    "conformance_target": 0.9,
    "conformance_period": "P1D",
}


@dataclass(frozen=True)
class SpecCase:
    """`series`: granules of an hour each, one word each: `10` a value, `9/10` numerator and
    denominator, `30?` a suspect one, `-` none; `10x5` the word five times. `later`: granules
    delivered afterwards, `03:00 30`. Times are of `DAY` in UTC unless they carry a date."""

    rule: str
    objective: Objective
    expected: Expected
    series: str = ""
    starting: str = "00:00"
    lasting_s: int = HOUR_S
    later: tuple[str, ...] = ()
    events: tuple[str, ...] = ()  # `outage 10:00/11:00 stop 10:10/10:20`; no end = open
    exclusions: tuple[str, ...] = ()  # `04:00/06:00`
    active: str = "2026-01-01T00:00Z/"
    zone: str = "UTC"
    period: str = DAY
    siblings: tuple[Objective, ...] = field(default=())  # further objectives, each with its id

    @property
    def parameter(self) -> str:
        return str(self.objective["parameter"])


def workspace_of(case: SpecCase) -> WorkspaceSpec:
    """The contract workspace of the case: product `p0`, objective `o0`."""
    begins, ends = span(case.active)
    spans = [span(text) for text in case.exclusions]
    return WorkspaceSpec(
        case.period,
        second("2026-12-01T00:00Z"),
        [{"id": "o0"} | dict(case.objective), *(dict(one) for one in case.siblings)],
        [Active("p0", begins, ends, case.zone)],
        [*series_of(case), *(later_row(case, text) for text in case.later)],
        [event(number, text) for number, text in enumerate(case.events)],
        [("p0", start, end) for start, end in spans if end is not None],
    )


def differences(case: SpecCase, row: Mapping[str, Any]) -> list[str]:
    """What the row says otherwise than the case expects."""
    return [
        f"{name}: {row[name]}, expected {want}"
        for name, want in case.expected.items()
        if not alike(want, row[name])
    ]


def alike(want: object, got: object) -> bool:
    if isinstance(want, Fraction | float) and isinstance(got, int | float):
        return isclose(want, got, rel_tol=1e-12, abs_tol=1e-12)
    return want == got


def instant(text: str) -> int:
    return second(text if len(text) > 8 else f"{DAY}T{text}Z")


def span(text: str) -> tuple[int, int | None]:
    start, _, end = text.partition("/")
    return instant(start), instant(end) if end else None


def series_of(case: SpecCase) -> list[Row]:
    found = []
    start = instant(case.starting)
    for word in case.series.split():
        text, _, times = word.partition("x")
        for _ in range(int(times or 1)):
            if text != "-":
                found.append(granule(case, start, text))
            start += HOUR_S
    return found


def later_row(case: SpecCase, text: str) -> Row:
    start, word = text.split()
    return granule(case, instant(start), word)


def granule(case: SpecCase, start: int, word: str) -> Row:
    value, _, denominator = word.rstrip("?").partition("/")
    suspect = word.endswith("?")
    return Row("p0", case.parameter, start, case.lasting_s, value, denominator, suspect)


def event(number: int, text: str) -> Happening:
    kind, when, *rest = re.split(r" (?:stop )?", text)
    start, end = span(when)
    stops = [span(one) for one in rest]
    clock = tuple((begins, ends) for begins, ends in stops if ends is not None)
    return Happening(f"e{number}", "p0", kind, start, end, clock)
