"""Counts against chance: the tail, the q-values, clusters, and what cannot be told apart."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from trueline.assessment.false_discovery import q_values
from trueline.problems.enrichment import Members, scan_enrichment, tail
from trueline.problems.hypergeometric import tails
from trueline.problems.leaves import read_attributes


def _members(bad: list[bool], clusters: list[int] | None = None, **columns: list[str]) -> Members:
    attributes = read_attributes(pa.table(columns), list(columns))
    return Members(attributes, np.array(bad), None if clusters is None else np.array(clusters))


def test_o27_fifteen_of_forty_violations_on_a_tenth_of_products() -> None:
    firmware = ["X"] * 100 + ["Y"] * 900
    bad = [True] * 15 + [False] * 85 + [True] * 25 + [False] * 875
    first = scan_enrichment(_members(bad, firmware=firmware))[0]
    assert first.attributes == {"firmware": "X"}
    assert first.expected == pytest.approx(4.0)
    assert first.lift == pytest.approx(3.75)
    assert first.p == pytest.approx(1.77e-6, rel=5e-3)


def test_tail_of_a_hand_worked_draw() -> None:
    # 5 members, 2 bad, 2 drawn: both bad in 1 of 10 draws; at least one bad in 7 of 10.
    assert tail(5, 2, 2, 2) == pytest.approx(0.1)
    assert tail(5, 2, 2, 1) == pytest.approx(0.7)


def test_many_tails_at_once_are_those_of_scipy() -> None:
    rng = np.random.default_rng(5)
    total = rng.integers(2, 5_000, 400)
    bad, drawn = rng.integers(0, total + 1), rng.integers(0, total + 1)
    found = rng.integers(0, np.minimum(bad, drawn) + 1)
    found[:100] = np.minimum(bad, drawn)[:100]
    each = [tail(*map(int, one)) for one in zip(total, bad, drawn, found, strict=True)]
    assert tails(total, bad, drawn, found) == pytest.approx(each, rel=1e-7, abs=1e-290)


def test_o26_q_values_of_benjamini_and_hochberg() -> None:
    chances = [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262,
               .5719, .6528, .7590, 1.0]  # fmt: skip
    adjusted = q_values(np.array(chances))
    assert adjusted[:5] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625, 0.0603], abs=5e-5)
    assert int((adjusted <= 0.05).sum()) == 4


def test_members_behind_one_node_count_once() -> None:
    # Ten bad products of firmware X hang on one node: one bad node of two with X, of four.
    firmware = ["X"] * 20 + ["Y"] * 20
    nodes = [0] * 10 + [1] * 10 + [2] * 10 + [3] * 10
    bad = [True] * 10 + [False] * 30
    found = scan_enrichment(_members(bad, nodes, firmware=firmware), least=1)[0]
    assert (found.counted, found.bad, found.p) == (2, 1, pytest.approx(0.5))


def test_a_fault_spread_over_nodes_keeps_most_of_its_weight() -> None:
    # Ten bad of firmware X, each on a node with one good Y. By node the parts are .5625 + .0625,
    # ten times, and .0625, twenty times; squared and summed 3.984375. By member 3.28125.
    firmware = ["X"] * 10 + ["Y"] * 10 + ["Y"] * 20
    nodes = [*range(10), *range(10), *range(10, 30)]
    bad = [True] * 10 + [False] * 30
    first = scan_enrichment(_members(bad, nodes, firmware=firmware))[0]
    assert first.attributes == {"firmware": "X"}
    assert first.design == pytest.approx(3.984375 / 3.28125)
    assert (first.counted, first.bad) == (8, 8)  # of ten, divided by 1.21


def test_a_broken_node_is_claimed_as_itself_and_carries_nothing_else() -> None:
    # Node n0 is bad; X runs on its ten products and on ten of n1, Y on the rest.
    node = [f"n{n // 10}" for n in range(80)]
    firmware = ["X"] * 20 + ["Y"] * 60
    bad = [True] * 10 + [False] * 70
    found = scan_enrichment(
        _members(bad, [n // 10 for n in range(80)], node=node, firmware=firmware)
    )
    assert [one.attributes for one in found] == [{"node": "n0"}]
    assert (found[0].counted, found[0].bad) == (10, 10)


def test_the_first_few_are_those_of_the_whole_scan() -> None:
    rng = np.random.default_rng(3)
    columns = {name: [f"v{v}" for v in rng.integers(0, 5, 500)] for name in "abc"}
    members = _members([bool(v) for v in rng.random(500) < 0.3], **columns)
    whole = scan_enrichment(members)
    assert scan_enrichment(members, most=2) == whole[:2]
    for one in whole[:20]:  # every count by its definition
        rows = [
            at
            for at in range(500)
            if all(columns[name][at] == value for name, value in one.attributes.items())
        ]
        assert one.members == tuple(rows)
        assert one.bad == sum(bool(members.bad[at]) for at in rows)
        assert one.p == pytest.approx(tail(500, int(members.bad.sum()), len(rows), one.bad))


def test_perfectly_confounded_region_and_firmware_are_not_separable() -> None:
    region = ["north"] * 30 + ["south"] * 70
    firmware = ["X"] * 30 + ["Y"] * 70
    bad = [True] * 12 + [False] * 88
    first = scan_enrichment(_members(bad, region=region, firmware=firmware))[0]
    assert first.attributes == {"region": "north"}
    assert {"firmware": "X"} in first.not_separable


def test_nothing_bad_gives_no_findings() -> None:
    assert scan_enrichment(_members([False] * 4, model=["a", "a", "b", "b"])) == []


def test_combinations_in_which_nothing_was_found_are_tests_too() -> None:
    """Of the 20 pairs, one has both of the 2 bad ones among 40: p = 1 / C(40, 2) = 1 / 780. All
    20 could have been called, so q = 20 / 780 and not 1 / 780."""
    pairs = [f"pair-{at // 2}" for at in range(40)]

    (found,) = scan_enrichment(_members([True, True] + [False] * 38, pair=pairs), layers=(1,))

    assert found.scanned == 20
    assert found.p == pytest.approx(1 / 780)
    assert found.q == pytest.approx(20 / 780)


def test_combinations_that_could_never_be_called_are_no_tests() -> None:
    """Three of four members are bad: a pair has two bad ones with p = 1/2 at least."""
    members = _members([True, True, True, False], pair=["a", "a", "b", "b"])

    assert [one.scanned for one in scan_enrichment(members, layers=(1,))] == [1]


def test_members_without_a_cause_are_left_in_peace() -> None:
    """At q 0.05, a twentieth of such scans may claim something: of 60, 3; of 8 or more the chance
    is below one in a hundred."""
    claims = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        columns = {f"c{n}": [str(one) for one in rng.integers(0, n, 150)] for n in (3, 8, 20, 40)}
        members = _members([bool(one) for one in rng.random(150) < 0.08], **columns)
        claims += any(one.q <= 0.05 for one in scan_enrichment(members))

    assert claims < 8


@pytest.mark.parametrize("seed", range(5))
def test_what_could_be_called_is_counted_as_scipy_would(seed: int) -> None:
    """Every different set of at least two members for which the chance of as many bad ones as it
    can hold is at most a twentieth."""
    rng = np.random.default_rng(seed)
    columns = {name: [f"v{v}" for v in rng.integers(0, n, 60)] for name, n in (("a", 4), ("b", 9))}
    bad = rng.random(60) < 0.3
    sets = set()
    for names in (("a",), ("b",), ("a", "b")):
        told = [tuple(columns[name][at] for name in names) for at in range(60)]
        sets |= {tuple(at for at in range(60) if told[at] == one) for one in set(told)}
    able = [
        one
        for one in sets
        if len(one) >= 2
        and tail(60, int(bad.sum()), len(one), min(len(one), int(bad.sum()))) <= 0.05
    ]
    found = scan_enrichment(_members([bool(one) for one in bad], **columns))
    assert found[0].scanned == len(able)
