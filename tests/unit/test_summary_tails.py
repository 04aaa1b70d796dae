"""Tails against all samples: the n-th value from the outer end, for any windows; and sketches."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trueline.assessment.histogram import bucket_keys
from trueline.assessment.planned_columns import Windows
from trueline.assessment.summaries.packed import series_code
from trueline.assessment.summaries.schemas import BUCKETS_SCHEMA, table_of
from trueline.assessment.summaries.sketches import Sketch, Threshold, pack_sketch
from trueline.assessment.summaries.tails import (
    LOWER,
    UPPER,
    Beyond,
    Cuts,
    Numbered,
    PackedTails,
    Tail,
    pack_tails,
    reduced_tails,
)

samples = st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.5, 0.1, 7.0, 1e9]), min_size=1, max_size=60)


@settings(deadline=None)
@given(
    values=samples,
    percentile=st.sampled_from([1, 5, 25, 75, 95, 99]),
    gone=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=2),
)
def test_a_tail_gives_the_nth_value_of_the_samples_that_count(
    values: list[float], percentile: int, gone: list[tuple[int, int]]
) -> None:
    """One sample a second; those within `gone` do not count."""
    size = len(values)
    rows = Numbered(
        np.full(size, 3), np.arange(size), np.array(values), np.zeros(1, np.int64), None
    )
    tail = Tail.of(percentile)
    tails, cuts = reduced_tails(rows, 0, [tail], Cuts.of([]))
    packed = PackedTails.of(pack_tails(tails, 0), 0)
    assert packed.table().equals(tails.sort_by("start_s"))
    owner, start, value = packed.of_series(series_code(np.array([3]), np.array([0]), 0))
    windows = sorted((a, a + length) for a, length in gone)
    if len(windows) == 2 and windows[0][1] >= windows[1][0]:
        windows = [(windows[0][0], max(windows[0][1], windows[1][1]))]
    away = Windows(
        np.zeros(len(windows), np.int64),
        np.array([a for a, _ in windows], np.int64),
        np.array([b for _, b in windows], np.int64),
    )
    counted = [v for at, v in enumerate(values) if not any(a <= at < b for a, b in windows)]
    cut = cuts["cut"][0].as_py()
    outer = sorted(counted, reverse=tail.side == UPPER)

    within = Beyond(owner, start, value).within(np.array([0]), np.array([size]), away)

    beyond = [v for v in outer if (v - cut) * tail.side > 0]
    for n in range(1, size + 1):
        there, found = within.from_outside(np.array([tail.side]), np.array([n]))
        assert there[0] == (n <= len(beyond))
        if there[0]:
            assert found[0] == outer[n - 1]


def test_a_cut_that_is_there_is_kept_and_the_innermost_counts() -> None:
    rows = Numbered(np.full(100, 3), np.arange(100), np.arange(100.0), np.zeros(1, np.int64), 2)
    _, first = reduced_tails(rows, 0, [Tail(UPPER, 0.05)], Cuts.of([]))
    # Six of a hundred, and twelve besides: those above the 19th largest, 81.
    assert first["cut"].to_pylist() == [81.0]
    later = Numbered(rows.product, rows.start_s, rows.number + 50, rows.places, 2)
    tails, second = reduced_tails(later, 0, [Tail(UPPER, 0.05)], Cuts.of([first]))
    assert second["cut"].to_pylist() == [81.0]
    assert tails.num_rows == 68  # 82 to 149
    other = table_of({**{n: first[n] for n in first.column_names}, "cut": [90.0]}, first.schema)
    assert Cuts.of([first, other]).cut.tolist() == [90.0]
    lower = [
        table_of(
            {**{n: first[n] for n in first.column_names}, "side": [LOWER], "cut": [cut]},
            first.schema,
        )
        for cut in (5.0, 4.0)
    ]
    assert Cuts.of(lower).cut.tolist() == [4.0]


@settings(deadline=None)
@given(
    values=st.lists(st.sampled_from([-2.0, 0.0, 0.5, 9.99, 10.0, 10.05, 20.0]), min_size=1),
    bound=st.sampled_from(["-2", "0", "0.5", "10", "10.02", "19.9", "20", "21"]).map(Decimal),
)
def test_a_sketch_never_puts_a_sample_on_the_wrong_side(
    values: list[float], bound: Decimal
) -> None:
    keys = bucket_keys(np.array(values))
    days = np.arange(len(values)) % 3
    table = table_of(
        {
            "product_key": np.full(len(values), 7),
            "reading": np.full(len(values), 2),
            "day": days,
            "bucket": keys,
            "count": np.ones(len(values), np.int64),
        },
        BUCKETS_SCHEMA,
    )

    sketch = Sketch.of(*pack_sketch(table))
    sides = sketch.sides(np.array([7, 8]), np.array([2, 2]), Threshold.at(bound))

    below, within, above = (int(n[0]) for n in (sides.below, sides.within, sides.above))
    assert below + within + above == len(values)
    assert below <= sum(Decimal(repr(v)) < bound for v in values)
    assert above <= sum(Decimal(repr(v)) > bound for v in values)
    # What is left in between lies within 2 % of the threshold.
    near = sum(abs(v - float(bound)) <= 0.0201 * abs(float(bound)) for v in values)
    assert within <= near
    assert [int(n[1]) for n in (sides.below, sides.within, sides.above)] == [0, 0, 0]
