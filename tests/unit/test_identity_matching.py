"""Which sold offering a name in a feed may stand for, and how sure that is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from trueline.inventory.values import Product
from trueline.sourcing.matching import Confidence, ForeignName, IdentityProposal, Sought, propose

OCTOBER = (1_790_812_800, 1_793_491_200)  # 2026-10-01 to 2026-11-01, UTC
P17 = Product(
    "P-00017",
    "line",
    "c1",
    "active",
    datetime(2026, 1, 1, tzinfo=UTC),
    characteristics={"circuit_id": "NL/4711/A", "msisdn": "351912345678", "rack": "R7"},
)
P18 = replace(P17, id="P-00018", characteristics={"circuit_id": "NL/4712/A", "rack": "R7"})
IDENTIFIERS = frozenset({"circuit_id"})


def proposed(name: str, *products: Product, **changes: object) -> IdentityProposal:
    sought = Sought({p.id: p for p in products or (P17, P18)}, IDENTIFIERS)
    foreign = ForeignName(name, 96, OCTOBER, ("delay",))
    [found] = propose([foreign], replace(sought, **changes))
    return found


@pytest.mark.parametrize(
    ("name", "confidence"),
    [
        ("NL/4711/A", Confidence.CERTAIN),  # exactly an identifier
        ("351912345678", Confidence.STRONG),  # exactly a characteristic nobody calls an identifier
        ("p_00017", Confidence.STRONG),  # but for case and separators
        ("nl-4711-a", Confidence.STRONG),
        ("probe3:P-00017", Confidence.FAIR),  # between separators
        ("P-00017.eth0", Confidence.FAIR),
        ("P-17", Confidence.FAIR),  # but for leading zeros
        ("PX-00017", Confidence.WEAK),  # a letter too many
        ("P-OOO17", Confidence.WEAK),  # letters that look like digits
    ],
)
def test_a_name_is_matched_with_a_grade_and_a_reason(name: str, confidence: Confidence) -> None:
    found = proposed(name)
    assert [(c.product_id, c.confidence) for c in found.best] == [("P-00017", confidence)]
    assert found.best[0].reasons
    assert not found.ambiguous


@pytest.mark.parametrize("name", ["P-00019", "P-0017x9", "R7", "core-router", "P-1-7"])
def test_another_digit_or_a_value_that_many_share_is_no_match(name: str) -> None:
    found = proposed(name)
    assert found.best == ()


def test_two_products_that_fit_equally_are_shown_and_neither_is_proposed() -> None:
    twin = replace(P18, characteristics={"circuit_id": "NL/4711/A"})
    found = proposed("NL/4711/A", P17, twin)
    assert found.ambiguous
    assert found.best == ()
    assert [c.product_id for c in found.candidates] == ["P-00017", "P-00018"]


def test_a_better_grade_is_not_made_ambiguous_by_a_lower_one() -> None:
    other = replace(P18, id="NL/4711/A-2")
    found = proposed("NL/4711/A", P17, other)
    assert [c.product_id for c in found.best] == ["P-00017"]


def test_a_number_used_again_stands_for_each_product_in_its_own_time() -> None:
    half = datetime(2026, 10, 16, tzinfo=UTC)
    before = replace(P17, end=half)
    after = replace(P18, start=half, characteristics={"circuit_id": "NL/4711/A"})
    found = proposed("NL/4711/A", before, after)
    assert not found.ambiguous
    middle = 1_792_108_800  # 2026-10-16T00:00Z
    assert [(c.product_id, c.to_s) for c in found.best] == [("P-00017", middle), ("P-00018", None)]
    assert found.best[1].from_s == middle


def test_a_product_out_of_service_is_shown_and_not_proposed() -> None:
    gone = replace(P17, end=datetime(2026, 9, 1, tzinfo=UTC))
    found = proposed("NL/4711/A", gone)
    assert found.best == ()
    assert found.candidates[0].objections == ("was not in service while this was measured",)


def test_measurements_of_its_own_are_an_objection() -> None:
    found = proposed("NL/4711/A", measured={("P-00017", "delay"): OCTOBER})
    [best] = found.best
    assert best.objections == ("has granules of delay of its own at that time",)


def test_what_somebody_rejected_is_not_proposed_again() -> None:
    found = proposed("NL/4711/A", rejected=frozenset({("NL/4711/A", "P-00017")}))
    assert found.candidates == ()
