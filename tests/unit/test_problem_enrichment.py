"""Counts against chance: the tail, the q-values, clusters, and what cannot be told apart."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from trueline.problems.enrichment import Members, q_values, scan_enrichment, tail
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


def test_perfectly_confounded_region_and_firmware_are_not_separable() -> None:
    region = ["north"] * 30 + ["south"] * 70
    firmware = ["X"] * 30 + ["Y"] * 70
    bad = [True] * 12 + [False] * 88
    first = scan_enrichment(_members(bad, region=region, firmware=firmware))[0]
    assert first.attributes == {"region": "north"}
    assert {"firmware": "X"} in first.not_separable


def test_nothing_bad_gives_no_findings() -> None:
    assert scan_enrichment(_members([False] * 4, model=["a", "a", "b", "b"])) == []
