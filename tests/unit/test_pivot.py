"""Counting by two dimensions: weights by hand, published reversals, cells that stay hidden."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal as D

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trueline.aggregates.cube import Cell, Dimension, Facts, Weight, cells_of, pivot
from trueline.aggregates.facts import StoredVerdicts, facts_of
from trueline.aggregates.reversal import find_reversals
from trueline.aggregates.select import Selected, dimension_of, selected
from trueline.aggregates.sla_types import ObjectiveJudgement, judge_objective
from trueline.aggregates.standardise import standardised
from trueline.aggregates.suppression import suppress, with_totals
from trueline.errors import InputError
from trueline.inventory.values import InventorySnapshot, Product
from trueline.offerings.values import (
    Catalog,
    Comparator,
    Family,
    ParameterKind,
    PerformanceParameter,
    ProductOffering,
    ServiceLevelObjective,
    Statistic,
)

Group = tuple[str, str, int, int]  # group, stratum, met, assessed


def facts(groups: Sequence[Group], charges: Sequence[int] = ()) -> Facts:
    """One verdict a product; each (group, stratum) is a customer of its own."""
    rows = [(g, s, place, i < met) for place, (g, s, met, n) in enumerate(groups) for i in range(n)]
    number = len(rows)
    zeros = np.zeros(number, np.int64)
    return Facts(
        assessed=np.ones(number, np.bool_),
        met=np.array([r[3] for r in rows], np.bool_),
        timed=np.ones(number, np.bool_),
        good_s=zeros + 90,
        bad_s=zeros + 10,
        charge=np.array(charges or [100] * number, np.int64),
        customer=np.array([r[2] for r in rows], np.int32),
        product=np.arange(number, dtype=np.int32),
        dimensions={
            "group": dimension("group", [r[0] for r in rows]),
            "stratum": dimension("stratum", [r[1] for r in rows]),
        },
    )


def dimension(name: str, values: Sequence[str]) -> Dimension:
    labels = tuple(sorted(set(values)))
    return Dimension(name, np.array([labels.index(v) for v in values], np.int32), labels)


# Removal of kidney stones, by treatment and size of stone (Charig et al., BMJ 292, 1986).
STONES: list[Group] = [
    ("open", "small", 81, 87),
    ("open", "large", 192, 263),
    ("percutaneous", "small", 234, 270),
    ("percutaneous", "large", 55, 80),
]


def test_a_pivot_sums_counts_and_totals_are_of_the_verdicts() -> None:
    own = facts(STONES)
    table = pivot(own, own.dimensions["group"], own.dimensions["stratum"], Weight.PRODUCT)
    assert table.row_labels == ("open", "percutaneous")
    assert [(c.met, c.assessed) for c in table.row_totals] == [(273, 350), (289, 350)]
    assert (table.cells[0][1].met, table.cells[0][1].assessed) == (81, 87)
    assert table.total.share == 562 / 700
    assert table.total.bad_share == 0.1


def test_weights_change_what_counts_once() -> None:
    # customer a: 1 of 4 met; customer b: 1 of 1. Charges 10, 10, 10, 10 and 60 (in hundredths).
    own = facts([("x", "a", 1, 4), ("x", "b", 1, 1)], [10, 10, 10, 10, 60])
    shares = {w: cells_of(own, np.zeros(5, np.int32), 1, w)[0].share for w in Weight}
    assert shares[Weight.PRODUCT] == 2 / 5
    assert shares[Weight.CUSTOMER] == (1 / 4 + 1) / 2
    assert shares[Weight.REVENUE] == 70 / 100


def test_an_interval_of_nine_of_ten_is_wilsons() -> None:
    [cell] = cells_of(facts([("x", "a", 9, 10)]), np.zeros(10, np.int32), 1, Weight.PRODUCT)
    assert cell.low == pytest.approx(0.59585, abs=5e-6)  # O-19
    assert cell.high == pytest.approx(0.98212, abs=5e-6)


def test_a_published_reversal_is_warned_of() -> None:
    own = facts(STONES)
    [found] = find_reversals(own, own.dimensions["group"], [own.dimensions["stratum"]])
    assert (found.first, found.second, found.by) == ("percutaneous", "open", "stratum")
    assert found.pooled == pytest.approx(289 / 350 - 273 / 350)
    assert found.complete
    # small: 234/270 - 81/87, weight 270*87/357; large: 55/80 - 192/263, weight 80*263/343
    weights = np.array([270 * 87 / 357, 80 * 263 / 343])
    apart = np.array([234 / 270 - 81 / 87, 55 / 80 - 192 / 263])
    assert found.within == pytest.approx(float((weights * apart).sum() / weights.sum()))


def test_groups_that_agree_with_their_parts_are_not_warned_of() -> None:
    own = facts([("a", "x", 90, 100), ("a", "y", 40, 50), ("b", "x", 80, 100), ("b", "y", 35, 50)])
    assert find_reversals(own, own.dimensions["group"], [own.dimensions["stratum"]]) == []


def test_chance_alone_gives_few_warnings_beyond_chance() -> None:
    random = np.random.default_rng(4)
    warned = 0
    for _ in range(200):
        own = facts([(g, s, int(random.binomial(40, 0.9)), 40) for g in "ab" for s in "uvwx"])
        found = find_reversals(own, own.dimensions["group"], [own.dimensions["stratum"]])
        warned += any(f.beyond_chance for f in found)
    assert warned <= 1


def test_the_same_mix_turns_the_comparison_round() -> None:
    own = facts(STONES)
    by = {s.label: s for s in standardised(own, own.dimensions["group"], own.dimensions["stratum"])}
    # everybody's mix: 357 small and 343 large of 700
    assert by["open"].share == pytest.approx(81 / 87 * 357 / 700 + 192 / 263 * 343 / 700)
    assert by["percutaneous"].share == pytest.approx(234 / 270 * 357 / 700 + 55 / 80 * 343 / 700)
    assert by["open"].crude == 273 / 350
    assert by["open"].covered == 1.0


def test_a_group_without_a_stratum_says_how_much_of_the_mix_it_has() -> None:
    own = facts([("a", "x", 9, 10), ("a", "y", 5, 10), ("b", "x", 8, 20)])
    [_, b] = standardised(own, own.dimensions["group"], own.dimensions["stratum"])
    assert (b.share, b.covered) == (0.4, 30 / 40)


def cell(met: int, assessed: int, verdicts: int | None = None) -> Cell:
    number = assessed if verdicts is None else verdicts
    own = facts([("x", "a", met, assessed)]) if assessed else None
    if own is None:
        return Cell(number, 0, 0, number, 1, None, None, None, None, 0)
    return cells_of(own, np.zeros(assessed, np.int32), 1, Weight.PRODUCT)[0]


@pytest.mark.parametrize(
    ("of", "judgement"),
    [
        (cell(0, 0, 40), ObjectiveJudgement.NEVER_TESTED),
        (cell(10, 10), ObjectiveJudgement.TOO_FEW),
        (cell(275, 275), ObjectiveJudgement.LAX),
        (cell(10, 40), ObjectiveJudgement.UNREALISTIC),
        (cell(18, 40), ObjectiveJudgement.TELLING),  # 45 %, yet half lies inside the interval
    ],
)
def test_an_objective_is_judged_beyond_chance(of: Cell, judgement: ObjectiveJudgement) -> None:
    assert judge_objective("o", "t", of).judgement is judgement


def test_two_offerings_may_name_their_objectives_alike() -> None:
    share = ServiceLevelObjective("quality", "loss", Statistic.CONFORMANCE, Comparator.GE, D("0.9"))
    repair = ServiceLevelObjective("quality", "repair", Statistic.MEAN, Comparator.LE, D(3600))
    catalog = Catalog(
        1,
        {
            "loss": PerformanceParameter("loss", ParameterKind.RATIO),
            "repair": PerformanceParameter("repair", ParameterKind.SAMPLED, Family.TIME),
        },
        {o: ProductOffering(o, o, (of,)) for o, of in (("line", share), ("desk", repair))},
    )
    start = datetime(2026, 1, 1, tzinfo=UTC)
    products = {
        i: Product(i, offering, "c-1", "active", start)
        for i, offering in (("p-1", "line"), ("p-2", "desk"), ("p-3", "desk"))
    }
    rows = pa.table(
        {
            "product_id": ["p-1", "p-2", "p-3"],
            "objective_id": ["quality"] * 3,
            "verdict": ["met", "violated", "met"],
            "good_s": [90, 0, 0],
            "bad_s": [10, 0, 0],
        }
    )
    inventory = InventorySnapshot(1, products, {}, {}, {})
    own = facts_of([StoredVerdicts("2026-10", rows)], inventory, catalog)
    assert own.timed.tolist() == [True, False, False]
    family = dimension_of(own, "family")
    assert [family.labels[code] for code in family.codes] == ["technical", "time", "time"]


def test_a_wrong_name_is_told_with_the_right_ones() -> None:
    own = facts(STONES)
    with pytest.raises(InputError, match="Name one of group, stratum"):
        dimension_of(own, "colour")
    with pytest.raises(InputError, match="one of open, percutaneous"):
        selected(own, [Selected("group", "laser")])
    assert len(selected(own, [Selected.parse("group=open")])) == 350


def derivable(table: Sequence[Sequence[int]], hidden: frozenset[tuple[int, int]]) -> list[object]:
    """Hidden places whose value follows from the shown ones, by linear algebra: every row and
    every column of the table sums, with its total, to nothing."""
    places = sorted(hidden)
    rows, columns = len(table), len(table[0])
    lines = [[p for p in places if p[0] == r] for r in range(rows)]
    lines += [[p for p in places if p[1] == c] for c in range(columns)]
    system = np.array([[float(p in line) for p in places] for line in lines])
    rank = np.linalg.matrix_rank(system) if places else 0
    found = []
    for i, place in enumerate(places):
        unit = np.zeros((1, len(places)))
        unit[0, i] = 1
        if np.linalg.matrix_rank(np.vstack([system, unit])) == rank:
            found.append(place)
    return found


# A loaded machine may take its time to draw tables; that says nothing of the rule.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(1, 6).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(0, 12), min_size=width, max_size=width), min_size=1, max_size=6
        )
    ),
    st.integers(2, 6),
)
def test_no_hidden_cell_can_be_worked_out_from_the_others(cells: list[list[int]], k: int) -> None:
    table = [[*row, sum(row)] for row in cells]
    table.append([sum(column) for column in zip(*table, strict=True)])
    hidden = suppress(table, k)
    small = {(r, c) for r, row in enumerate(table) for c, n in enumerate(row) if 0 < n < k}
    assert small <= hidden
    assert derivable(table, hidden) == []


def test_one_small_cell_takes_three_others_with_it() -> None:
    table = [[2, 9, 9, 20], [9, 9, 9, 27], [9, 9, 7, 25], [20, 27, 25, 72]]
    hidden = suppress(table, 5)
    assert (0, 0) in hidden
    assert len(hidden) == 4  # a circle: one more in its row, one in its column, one where they meet
    assert derivable(table, hidden) == []


def test_totals_take_part_in_hiding() -> None:
    own = facts([("a", "x", 3, 3)])
    table = pivot(own, own.dimensions["group"], own.dimensions["stratum"], Weight.PRODUCT)
    assert suppress(with_totals(table), 5) == {(0, 0), (0, 1), (1, 0), (1, 1)}
