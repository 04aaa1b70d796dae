"""Scans by counts against expectation, by ratios and by levels; worked by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import binom, norm

from trueline.problems.enrichment import Enrichment, tail
from trueline.problems.excess import Amounts, scan_counts, scan_levels, scan_ratios
from trueline.problems.leaves import read_attributes


def _amounts(
    observed: list[float],
    expected: list[float],
    clusters: list[int] | None = None,
    **columns: list[str],
) -> Amounts:
    return Amounts(
        read_attributes(pa.table(columns), list(columns)),
        np.array(observed, dtype=float),
        np.array(expected, dtype=float),
        None if clusters is None else np.array(clusters),
    )


MODEL = ["m1"] * 10 + ["m2"] * 30


def test_counts_are_held_against_what_was_expected_of_the_products() -> None:
    # m1: 10 products of which 1 is expected each, 30 reports; m2: 30 products, 30 reports.
    # Of 60 together m1 would have 15: the chance of 30 or more is that of Bin(60, 1/4).
    first = scan_counts(_amounts([3] * 10 + [1] * 30, [1] * 40, model=MODEL))[0]
    assert first.attributes == {"model": "m1"}
    assert (first.bad, first.expected, first.design) == (30, 15.0, 1.0)
    assert first.p == pytest.approx(float(binom.sf(29, 60, 0.25)))
    assert first.lift == 2.0


def test_counts_as_high_as_they_always_were_are_no_excess() -> None:
    amounts = _amounts([3] * 10 + [1] * 30, [3] * 10 + [1] * 30, model=MODEL)
    assert scan_counts(amounts)[0].p > 0.4


def test_one_product_with_all_the_reports_weighs_as_one() -> None:
    # Of m1's ten, one has 30 reports. Its own rate is 3: (30 - 3)^2 / 3 + 9 * 3 = 270, over 9
    # degrees of freedom 30: of 30 reports one is left, where half a one is expected.
    first = scan_counts(_amounts([30] + [0] * 9 + [1] * 30, [1] * 40, model=MODEL))[0]
    assert first.design == pytest.approx(30.0)
    assert (first.bad, first.expected) == (1, 0.5)
    assert first.p == pytest.approx(1 - 0.75**2)  # of two events, one or more


def test_ratios_are_sums_over_sums() -> None:
    # m1 lost 40 of 400, m2 30 of 1,200: of 1,600 together 70, of which 17.5 would be m1's.
    first = scan_ratios(_amounts([4] * 10 + [1] * 30, [40] * 40, model=MODEL))[0]
    assert first.attributes == {"model": "m1"}
    assert (first.bad, first.counted, first.expected) == (40, 10, 17.5)
    assert first.p == pytest.approx(tail(1600, 70, 400, 40))


def test_a_large_product_is_not_worse_for_being_large() -> None:
    # Ten times the losses of ten times as much: the same ratio of 1 in 40.
    amounts = _amounts([10] * 10 + [1] * 30, [400] * 10 + [40] * 30, model=MODEL)
    assert scan_ratios(amounts)[0].p > 0.4


def test_levels_are_compared_by_rank() -> None:
    # The ten of m1 have ranks 31 to 40, each 20.5 less: together 355 - 205 = 150. The variance of a
    # sum of 10 of 40 ranks is 10 * 30 * 41 / 12 = 1,025.
    worse = np.array([100.0 + n for n in range(10)] + [float(n) for n in range(30)])
    amounts = _amounts([1] * 10 + [0] * 30, [0.25] * 40, model=MODEL)
    first = scan_levels(amounts, worse)[0]
    assert first.attributes == {"model": "m1"}
    assert first.p == pytest.approx(float(norm.sf(150 / 1025**0.5)))
    assert (first.bad, first.expected) == (10, 2.5)


def test_one_wild_value_does_not_make_a_level() -> None:
    worse = np.array([1e9] + [5.0] * 9 + [float(n % 10) for n in range(30)])
    amounts = _amounts([1] + [0] * 39, [0.025] * 40, model=MODEL)
    assert scan_levels(amounts, worse)[0].p > 0.05


def test_products_of_one_node_hang_together_in_counts() -> None:
    """m1 stands on five nodes; all 30 reports are of the two products of the first one."""
    reports = [15, 15] + [0] * 8 + [1] * 30
    nodes = [n // 2 for n in range(40)]
    first = scan_counts(_amounts(reports, [1] * 40, nodes, model=MODEL))[0]
    # By node: 30 where 6 is the rate, (24)^2 / 6 + 4 * 6 = 120, over 4: 30. By product: twice
    # (12)^2 / 3 + 8 * 3 = 120, over 9: 13.3. The larger one holds.
    assert first.design == pytest.approx(30.0)


@pytest.mark.parametrize("scan", [scan_counts, scan_ratios])
def test_measures_without_a_cause_are_left_in_peace(
    scan: Callable[[Amounts], list[Enrichment]],
) -> None:
    """At q 0.05, a twentieth of such scans may claim something: of 40, 2; of 7 or more the chance
    is below one in a hundred."""
    claims = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        columns = {f"c{n}": [str(one) for one in rng.integers(0, n, 200)] for n in (3, 8, 20)}
        lumps = rng.gamma(0.5, 2.0, 200)  # some products have many reports, most have none
        observed = [float(one) for one in rng.poisson(lumps)]
        found = scan(_amounts(observed, [1.0 if scan is scan_counts else 50.0] * 200, **columns))
        claims += any(one.q <= 0.05 for one in found)
    assert claims < 7
