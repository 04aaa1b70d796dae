"""Runs of granules against the granules themselves, for any windows."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trueline.assessment.summaries.runs import NO_RUNS, RunIndex, runs_of

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


@settings(deadline=None)
@given(listed=granules(), asked=st.lists(windows, min_size=1, max_size=8))
def test_runs_say_of_any_window_what_its_granules_say(
    listed: list[Granule], asked: list[tuple[int, int, int]]
) -> None:
    columns = [np.array([g[i] for g in listed], np.int64) for i in range(3)]
    runs = runs_of(columns[0], columns[1], columns[2], columns[1] // DAY_S)
    index = RunIndex(runs)
    series = np.array([w[0] for w in asked], np.int64)
    opens = np.array([w[1] for w in asked], np.int64)
    closes = opens + np.array([w[2] for w in asked], np.int64)

    seconds, starts = index.both(series, opens, closes)

    for at, (name, a, length) in enumerate(asked):
        mine = [g for g in listed if g[0] == name]
        b = a + length
        assert seconds[at] == sum(max(0, min(b, s + d) - max(a, s)) for _, s, d in mine)
        assert starts[at] == sum(a <= s < b for _, s, _ in mine)
    assert index.seconds(series, opens, closes).tolist() == seconds.tolist()
    assert index.starts(series, opens, closes).tolist() == starts.tolist()
    start, duration = runs.granules()
    assert start.tolist() == columns[1].tolist()
    assert duration.tolist() == columns[2].tolist()


def test_nothing_measured_covers_nothing() -> None:
    index = RunIndex(NO_RUNS)
    one = np.array([5], np.int64)
    assert index.seconds(one, one, one + 10).tolist() == [0]
    assert index.starts(one, one, one + 10).tolist() == [0]
