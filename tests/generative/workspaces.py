"""Strategies of small contract workspaces with everything that goes wrong in a network: gaps,
duplicates, corrections, suspects, exclusions that overlap and straddle, late joiners, terminated
products, open and overlapping events, in zones and months where the clocks change."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from tests.generative.comparison import compare
from tests.generative.objectives import ZONES, objectives
from tests.generative.specification import (
    Active,
    Happening,
    Row,
    WorkspaceSpec,
    write_workspace,
)
from tests.oracle.calendars import next_first_day, read_period, utc_second

__all__ = ["WorkspaceSpec", "compare", "workspaces", "write_workspace"]

DAY_S = 86_400
# A granule length for each requested period, so that some hundred of them cover it.
PERIODS = {
    "2026-03": 21_600,
    "2026-10": 10_800,
    "2026-11": 21_600,
    "2026-W13": 3_600,
    "2026-W44": 3_600,
    "2026-03-29": 900,
    "2026-10-25": 900,
    "2026-11-01": 900,
    "2026-Q4": 43_200,
}
DELAYS = ["0", "5", "12.5", "18", "20.1", "20.100001", "25", "-3", "99.9"]
COUNTERS = [
    ("0", "100"),
    ("1", "100"),
    ("3", "10"),
    ("1", "2"),
    ("51", "100"),
    ("100", "100"),
    ("0", "7"),
    ("0", "0"),
]
KINDS = ["measured", "measured", "measured", "one value", "gap", "suspect", "long", "short"]


@dataclass(frozen=True)
class Around:
    """The requested period in UTC and its granule length."""

    start_s: int
    end_s: int
    granule_s: int


@st.composite
def workspaces(draw: st.DrawFn, *, overlaps: bool = True) -> WorkspaceSpec:
    """A workspace and its question. Without `overlaps` no granule reaches into the next one."""
    period = draw(st.sampled_from(sorted(PERIODS)))
    first, length = read_period(period)
    around = Around(
        utc_second(first, 0, "UTC"),
        utc_second(next_first_day(first, length), 0, "UTC"),
        PERIODS[period],
    )
    products = [draw(products_of(f"p{n}", around)) for n in range(draw(st.integers(1, 3)))]
    rows: list[Row] = []
    for product in products:
        rows += draw(series(product.product_id, "frame_delay", around, overlaps))
        rows += draw(series(product.product_id, "frame_loss", around, False))
    names = st.sampled_from([product.product_id for product in products])
    return WorkspaceSpec(
        period,
        around.end_s + 40 * DAY_S,
        draw(objectives()),
        products,
        rows + draw(afterthoughts(rows)),
        draw(events(names, around)),
        draw(st.lists(exclusions(names, around), max_size=4)),
    )


def instants(around: Around) -> st.SearchStrategy[int]:
    """Seconds close to the edges of the period and to places inside it."""
    whole = around.end_s - around.start_s
    places = [around.start_s, around.end_s, around.start_s + whole // 3, around.end_s - DAY_S]
    near = st.sampled_from([0, 1, -1, 450, -1_800, 3_600, -7_200, 20_000, 90_000])
    return st.builds(lambda place, step: place + step, st.sampled_from(places), near)


@st.composite
def products_of(draw: st.DrawFn, product_id: str, around: Around) -> Active:
    zone = draw(st.sampled_from(ZONES))
    long_before = st.just(around.start_s - 60 * DAY_S)
    start = draw(st.one_of(long_before, long_before, long_before, instants(around)))
    end = draw(st.one_of(st.none(), st.none(), st.none(), instants(around)))
    if end is not None and end <= start:
        end = start + 1
    return Active(product_id, start, end, zone)


@st.composite
def series(
    draw: st.DrawFn, product_id: str, parameter: str, around: Around, overlaps: bool
) -> list[Row]:
    """Runs of granules on one grid, from a while before the period or from inside it."""
    step = around.granule_s
    offset = draw(st.sampled_from([0, 0, step // 2, 7]))
    position = draw(st.sampled_from([-25, -3, 0, 20]))
    found: list[Row] = []
    kinds = KINDS if overlaps else [kind for kind in KINDS if kind != "long"]
    if parameter == "frame_loss":
        kinds = [kind for kind in kinds if kind not in ("long", "short")]
    for kind, count, at in draw(runs(kinds)):
        for k in range(count):
            start = around.start_s + offset + (position + k) * step
            value, denominator = reading(parameter, at if kind == "one value" else at + k)
            duration = {"long": step * 3 // 2, "short": step // 3}.get(kind, step)
            if kind != "gap":
                suspect = kind == "suspect"
                found.append(
                    Row(product_id, parameter, start, duration, value, denominator, suspect)
                )
        position += count
    if draw(st.booleans()):
        half = len(found) // 2
        found = found[half:] + found[:half]  # the earlier half arrives late
    return found


def runs(kinds: list[str]) -> st.SearchStrategy[list[tuple[str, int, int]]]:
    """Kind, number of granules, and where in the palette of values they begin."""
    one = st.tuples(
        st.sampled_from(kinds), st.sampled_from([30, 1, 2, 5, 10, 60]), st.integers(0, 8)
    )
    return st.one_of(st.lists(one, min_size=4, max_size=9), st.lists(one, max_size=9))


def reading(parameter: str, at: int) -> tuple[str, str]:
    if parameter == "frame_loss":
        return COUNTERS[at % len(COUNTERS)]
    return DELAYS[at % len(DELAYS)], ""


@st.composite
def afterthoughts(draw: st.DrawFn, rows: list[Row]) -> list[Row]:
    """Rows delivered again: the same, with another value, or found to be suspect."""
    if not rows:
        return []
    found = []
    for row in draw(st.lists(st.sampled_from(rows), max_size=6)):
        value, denominator = reading(row.parameter, draw(st.integers(0, 8)))
        kind = draw(st.sampled_from(["same", "corrected", "suspect", "trusted"]))
        if kind == "same":
            value, denominator = row.value, row.denominator
        suspect = row.suspect if kind in ("same", "corrected") else kind == "suspect"
        found.append(
            Row(
                row.product_id,
                row.parameter,
                row.start_s,
                row.duration_s,
                value,
                denominator,
                suspect,
            )
        )
    return found


@st.composite
def exclusions(
    draw: st.DrawFn, names: st.SearchStrategy[str], around: Around
) -> tuple[str, int, int]:
    start = draw(instants(around))
    lasting = draw(st.sampled_from([1, 450, 3_600, 3_600, 14_400, 20_001, DAY_S, 0]))
    if lasting == 0:
        lasting = around.end_s - around.start_s + 2 * DAY_S
    return draw(names), start, start + lasting


@st.composite
def events(draw: st.DrawFn, names: st.SearchStrategy[str], around: Around) -> list[Happening]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        start = draw(instants(around))
        lasting = draw(st.sampled_from([None, 1, 599, 600, 3_600, 14_400, 3 * DAY_S]))
        kind = draw(st.sampled_from(["outage", "ticket"]))
        end = None if lasting is None else start + lasting
        stops = st.tuples(st.sampled_from([0, 60, 300]), st.sampled_from([30, 240, 7_200]))
        segments = [
            (start + after, start + after + length)
            for after, length in draw(st.lists(stops, max_size=2))
        ]
        if end is not None:
            segments = [(a, min(b, end)) for a, b in segments if a < end]
        found.append(Happening(f"e{number}", draw(names), kind, start, end, tuple(segments)))
    return found
