"""The exact rules against definitions so plain that they cannot be wrong."""

from __future__ import annotations

from fractions import Fraction
from math import fsum

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trueline.assessment.buckets import bucketed, bucketed_whole
from trueline.assessment.composition import all_down, any_down, fewer_than_k_up
from trueline.assessment.histogram import (
    MAX_BUCKETS,
    Histogram,
    bucket_keys,
    bucket_middle,
    histogram,
    merge,
)
from trueline.assessment.mef import availability_states
from trueline.assessment.percentile import percentile
from trueline.assessment.repair import Outage, running_time
from trueline.assessment.tolerance import fires_at

quickly = settings(max_examples=150, deadline=None)

finite = st.floats(-1e15, 1e15, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-12)
samples = st.lists(finite, min_size=1, max_size=200)
spans = st.tuples(st.integers(0, 40), st.integers(1, 15)).map(lambda s: (s[0], s[0] + s[1]))
members = st.lists(st.lists(spans, max_size=4), max_size=4)


def seconds_of(intervals: list[tuple[int, int]]) -> set[int]:
    return {second for start, end in intervals for second in range(start, end)}


@quickly
@given(st.lists(st.booleans(), max_size=60), st.integers(1, 12), st.booleans())
def test_state_machine_follows_its_definition(
    lossy: list[bool], n: int, available_before: bool
) -> None:
    expected, state = [], available_before
    for k in range(len(lossy)):
        window = lossy[k : k + n]
        if len(window) == n and (all(window) if state else not any(window)):
            state = not state
        expected.append(state)
    assert availability_states(lossy, n, available_before=available_before) == expected


@quickly
@given(st.lists(st.integers(-9, 9), min_size=1), st.decimals(0, 100, places=1))
def test_percentile_is_the_smallest_sample_that_reaches_p(values: list[int], p: object) -> None:
    share = Fraction(str(p)) / 100
    reaching = [x for x in values if Fraction(sum(y <= x for y in values), len(values)) >= share]
    assert percentile(values, Fraction(str(p))) == min(reaching)


@quickly
@given(st.lists(st.integers(0, 60), max_size=12), st.integers(0, 3), st.integers(1, 30))
def test_crossings_fire_exactly_when_a_window_holds_too_many(
    instants: list[int], allowed: int, period: int
) -> None:
    crossings = sorted(instants)
    windows = [sum(a <= c < a + period for c in crossings) for a in range(-30, 61)]
    fired = fires_at(crossings, allowed_crossings=allowed, period_s=period)
    assert (fired is not None) == (max(windows) > allowed)


@quickly
@given(members, st.integers(0, 5))
def test_group_down_time_second_by_second(downs: list[list[tuple[int, int]]], k: int) -> None:
    sets = [seconds_of(one) for one in downs]
    day = set(range(60))
    assert seconds_of(any_down(downs)) == set().union(*sets)
    assert seconds_of(all_down(downs)) == (set.intersection(*sets) if sets else set())
    few = {second for second in day if sum(second not in one for one in sets) < k}
    assert seconds_of(fewer_than_k_up(downs, k, [(0, 60)])) == few


@quickly
@given(st.lists(st.tuples(spans, st.lists(spans, max_size=2)), max_size=4))
def test_clock_runs_where_any_ticket_runs(
    tickets: list[tuple[tuple[int, int], list[tuple[int, int]]]],
) -> None:
    expected = set().union(
        *(seconds_of([ticket]) - seconds_of(stops) for ticket, stops in tickets), set()
    )
    outages = [Outage(*ticket, tuple(stops)) for ticket, stops in tickets]
    assert seconds_of(running_time(outages)) == expected


@quickly
@given(samples, st.sampled_from([0, 1, 5, 25, 50, 75, 95, 99, 100]))
def test_histogram_percentile_is_within_its_stated_error(values: list[float], p: int) -> None:
    found = histogram(np.array(values))
    exact, estimate = percentile(values, p), found.percentile(p)
    assert exact is not None
    assert estimate is not None
    assert found.relative_error <= 0.01
    assert abs(estimate - exact) <= abs(exact) * found.relative_error * (1 + 1e-9)


@quickly
@given(st.lists(samples, min_size=1, max_size=5).flatmap(st.permutations))
def test_merging_in_any_order_gives_the_histogram_of_all(parts: list[list[float]]) -> None:
    whole = histogram(np.array([x for part in sorted(parts) for x in part]))
    found = [histogram(np.array(part)) for part in parts]
    assert same(merge(found), whole)
    assert same(merge([merge(found[:2]), *found[2:]]), whole)


def same(left: Histogram, right: Histogram) -> bool:
    return (
        left.keys.tolist() == right.keys.tolist()
        and left.counts.tolist() == right.counts.tolist()
        and (left.total, left.lowest, left.highest) == (right.total, right.lowest, right.highest)
        and left.halvings == right.halvings
    )


@quickly
@given(samples)
def test_histogram_sum_is_exact(values: list[float]) -> None:
    total = histogram(np.array(values)).total
    assert total == sum(map(Fraction, values))
    assert float(total) == fsum(values)


@quickly
@given(finite, finite)
def test_bucket_keys_rise_with_the_value(left: float, right: float) -> None:
    low, high = sorted([left, right])
    keys = bucket_keys(np.array([low, high])).tolist()
    assert keys[0] <= keys[1]
    assert abs(bucket_middle(keys[0]) - low) <= abs(low) * 0.01


def test_values_over_thirty_powers_of_ten_widen_the_stated_error_and_keep_it() -> None:
    magnitudes = np.logspace(-15, 15, 6_001)
    values = np.concatenate([-magnitudes, magnitudes])
    parts = [histogram(part) for part in np.array_split(values, 7)]
    found = merge(parts[::-1])
    assert found.keys.size <= MAX_BUCKETS
    assert found.relative_error > 0.01  # and says so
    assert same(found, histogram(values))
    for p in range(0, 101, 5):
        exact, estimate = percentile(values.tolist(), p), found.percentile(p)
        assert exact is not None
        assert estimate is not None
        assert abs(estimate - exact) <= abs(exact) * found.relative_error * (1 + 1e-9)


@quickly
@given(
    st.lists(st.integers(-50, 3_000_000) | st.integers(0, 20), min_size=1, max_size=200),
    st.sampled_from((1, 10, 1000, 67)),
    st.data(),
)
def test_bucketed_whole_numbers_are_ranked_and_counted_one_by_one(
    values: list[int], divisor: int, data: st.DataObject
) -> None:
    whole = np.array(values)
    rank = data.draw(st.integers(1, len(values)))
    found = bucketed_whole(whole, whole, divisor)
    assert found.at_rank(rank) == sorted(values)[rank - 1]
    quotients = bucketed_whole(whole, whole / divisor, divisor)
    assert quotients.at_rank(rank) == sorted(whole / divisor)[rank - 1]
    plain = histogram(whole / divisor)
    for one in (found.histogram(), quotients.histogram()):
        assert one.keys.tolist() == plain.keys.tolist()
        assert one.counts.tolist() == plain.counts.tolist()


@quickly
@given(samples, st.data())
def test_bucketed_doubles_are_ranked_and_counted_one_by_one(
    values: list[float], data: st.DataObject
) -> None:
    rank = data.draw(st.integers(1, len(values)))
    found = bucketed(np.array(values))
    assert found.at_rank(rank) == sorted(values)[rank - 1]
    assert found.histogram().percentile(50) == histogram(np.array(values)).percentile(50)
