"""Runs of granules against the granules themselves, for any windows."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trueline.assessment.planned_columns import Windows
from trueline.assessment.summaries.packed import PackedRuns, pack_runs, series_code
from trueline.assessment.summaries.runs import runs_of
from trueline.assessment.summaries.schemas import KNOWN, RUNS_SCHEMA, table_of

DAY_S = 86_400
Granule = tuple[int, int, int]  # series, start, duration


@st.composite
def granules(draw: st.DrawFn) -> list[Granule]:
    """Granules of a few series that never overlap: some follow each other, some after a gap."""
    found: list[Granule] = []
    for series in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, 2 * DAY_S))
        for _ in range(draw(st.integers(0, 20))):
            duration = draw(st.sampled_from([300, 900, 900, 7]))
            found.append((series, at, duration))
            at += duration + draw(st.sampled_from([0, 0, 0, 1, 3_000]))
    return found


windows = st.tuples(st.integers(0, 3), st.integers(-10, 4 * DAY_S), st.integers(0, 2 * DAY_S))


def packed(listed: list[Granule]) -> PackedRuns:
    """Granules as a part keeps them; each series is a product."""
    columns = [np.array([g[i] for g in listed], np.int64) for i in range(3)]
    runs = runs_of(columns[0], columns[1], columns[2], columns[1] // DAY_S)
    table = table_of(
        {
            "product_key": runs.series,
            "reading": np.zeros(len(runs), np.int64),
            "kind": np.full(len(runs), KNOWN),
            "start_s": runs.start_s,
            "step_s": runs.step_s,
            "count": runs.count,
        },
        RUNS_SCHEMA,
    )
    found = PackedRuns.of(*pack_runs(table, 0), 0)
    assert found.table().equals(table)
    start, duration = runs.granules()
    assert start.tolist() == columns[1].tolist()
    assert duration.tolist() == columns[2].tolist()
    return found


@settings(deadline=None)
@given(listed=granules(), asked=st.lists(windows, min_size=1, max_size=8))
def test_runs_say_of_any_window_what_its_granules_say(
    listed: list[Granule], asked: list[tuple[int, int, int]]
) -> None:
    product = np.array([w[0] for w in asked], np.int64)
    opens = np.array([w[1] for w in asked], np.int64)
    closes = opens + np.array([w[2] for w in asked], np.int64)
    over = Windows(np.arange(len(asked)), opens, closes)

    runs, series = packed(listed), series_code(product, np.zeros_like(product), KNOWN)
    touched = runs.within(series, over)

    seconds, starts = touched.seconds(over), touched.starts(over)
    assert runs.disjoint
    assert [one.tolist() for one in runs.sums(series, over)] == [seconds.tolist(), starts.tolist()]
    for at, (name, a, length) in enumerate(asked):
        mine = [g for g in listed if g[0] == name]
        b = a + length
        assert seconds[at] == sum(max(0, min(b, s + d) - max(a, s)) for _, s, d in mine)
        assert starts[at] == sum(a <= s < b for _, s, _ in mine)


def test_runs_that_reach_into_the_next_are_not_added_up_at_once() -> None:
    assert packed([(0, 0, 900), (0, 900, 300), (1, 600, 900)]).disjoint
    assert not packed([(0, 0, 900), (0, 600, 300)]).disjoint


@settings(deadline=None)
@given(listed=granules())
def test_packed_runs_tell_the_shortest_and_the_longest_granule(listed: list[Granule]) -> None:
    product = np.arange(4)
    least, most = packed(listed).steps(series_code(product, np.zeros_like(product), KNOWN))
    for name in range(4):
        durations = [d for product, _, d in listed if product == name]
        assert (least[name], most[name]) == (min(durations, default=0), max(durations, default=0))
