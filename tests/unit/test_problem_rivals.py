"""Competing hypotheses: what explains nearly as much, and who would tell them apart."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from trueline.problems import Finding, competing
from trueline.problems.enrichment import Members, scan_enrichment
from trueline.problems.leaves import read_attributes
from trueline.problems.lift import attribute_map, lift_table, pair_map
from trueline.problems.rivals import Rival, rivals_of


def _rivals(
    bad: list[bool], **columns: list[str]
) -> tuple[Members, dict[str, str], tuple[Rival, ...]]:
    members = Members(read_attributes(pa.table(columns), list(columns)), np.array(bad))
    found = scan_enrichment(members)
    ids = [f"P{n:02}" for n in range(len(bad))]
    return members, found[0].attributes, rivals_of(found[0], found[1:], members.bad, ids)


# Firmware X runs on the first 20 of 100; the north holds 20 as well, P01 to P20. Bad: P01 to P10.
BAD = [1 <= n <= 10 for n in range(100)]
FIRMWARE = ["X"] * 20 + ["Y"] * 80
REGION = ["south"] + ["north"] * 20 + ["south"] * 79


def test_a_region_that_holds_nearly_the_same_products_is_a_rival() -> None:
    members, first, rivals = _rivals(BAD, firmware=FIRMWARE, region=REGION)
    # The pair holds P01 to P19: all ten bad ones of 19, where each alone has ten of 20.
    assert first == {"firmware": "X", "region": "north"}
    names = [one.attributes for one in rivals]
    assert names == [{"firmware": "X"}, {"region": "north"}]
    firmware = rivals[0]
    assert (firmware.members, firmware.bad) == (20, 10)
    # ln L of 10 of 19 and 0 of 81 against 10 of 20 and 0 of 80.
    pair = 10 * math.log(10 / 19) + 9 * math.log(9 / 19)
    assert firmware.times == pytest.approx(math.exp(pair - 20 * math.log(0.5)))
    assert (firmware.only_finding.members, firmware.only_rival.members) == (0, 1)
    assert firmware.only_rival.named == ("P00",)
    assert firmware.only_rival.bad == 0
    assert len(members.bad) == 100


def test_a_second_cause_is_no_rival_of_the_first() -> None:
    bad = [n < 10 or 50 <= n < 58 for n in range(100)]
    model = ["m1"] * 10 + ["m2"] * 40 + ["m3"] * 8 + ["m2"] * 42
    _, first, rivals = _rivals(bad, model=model)
    assert first == {"model": "m1"}
    assert rivals == ()


def test_what_cannot_be_told_apart_is_no_rival_but_not_separable() -> None:
    region = ["north"] * 20 + ["south"] * 80
    _, first, rivals = _rivals(BAD, firmware=FIRMWARE, region=region)
    assert first == {"firmware": "X"}
    assert rivals == ()


def _finding(attributes: dict[str, str], score: float) -> Finding:
    return Finding(attributes, score, actual=10.0, expected=5.0, size=3.0, leaves=3)


def test_rivals_of_localized_causes_score_within_a_likelihood_ratio_of_twenty() -> None:
    cause, near, far = (
        _finding({"a": name}, score) for name, score in zip("xyz", (9.0, 6.1, 5.9), strict=True)
    )
    (found,) = competing([cause], [cause, far, near])
    assert found.rivals == [{"a": "y"}]  # ln 20 is 2.996
    assert found.attributes == cause.attributes


def test_the_lift_table_counts_members_one_by_one() -> None:
    members, _, _ = _rivals(BAD, firmware=FIRMWARE, region=REGION)
    lines = lift_table(members, [{"firmware": "X"}], [{"region": "north"}])
    assert [(one.role, one.bad, one.members, one.expected) for one in lines[:2]] == [
        ("finding", 10, 20, 2.0),
        ("rival", 10, 20, 2.0),
    ]
    assert lines[0].lift == 5.0


def test_the_map_puts_what_names_the_finding_first() -> None:
    members, _, _ = _rivals(BAD, firmware=FIRMWARE, region=REGION)
    firmware, region = attribute_map(members, {"firmware": "X"})
    assert (firmware.name, region.name) == ("firmware", "region")
    assert [(one.value, one.bad, one.members, one.named) for one in firmware.values] == [
        ("X", 10, 20, True),
        ("Y", 0, 80, False),
    ]


def test_two_attributes_of_a_finding_are_held_against_each_other() -> None:
    """P01 to P19 have both, P00 X alone, P20 the north alone; ten of the first are bad."""
    members, first, _ = _rivals(BAD, firmware=FIRMWARE, region=REGION)
    found = pair_map(members, first)
    assert found is not None
    assert (found.first, found.rows) == ("firmware", ("X", "Y"))
    assert (found.second, found.columns) == ("region", ("north", "south"))
    counts = [[(cell.bad, cell.members, cell.named) for cell in row if cell] for row in found.cells]
    assert counts == [[(10, 19, True), (0, 1, False)], [(0, 1, False), (0, 79, False)]]
    assert pair_map(members, {"firmware": "X"}) is None
