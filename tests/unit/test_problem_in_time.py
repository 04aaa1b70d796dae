"""What happened before a problem, and whether its fix helped: counted by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from math import comb

import numpy as np
import pytest

from trueline.problems.before_after import KeptDays, Phases, before_after
from trueline.problems.happened_before import DAY_S, Happening, happened_before
from trueline.problems.member_days import MemberDays

PHASES = Phases(date(2026, 10, 10), date(2026, 10, 20))


def _change(products: Iterable[str], day: float, *, same_day: bool = True) -> list[Happening]:
    return [Happening("push", one, int(day * DAY_S), same_day) for one in products]


def test_a_change_that_affected_members_share_happened_before() -> None:
    # 4 affected of 20, all changed on day 98; one other changed too: 5 of 20 in all.
    first_bad = {f"A{n}": 100 for n in range(4)}
    others = [f"B{n}" for n in range(16)]
    (found,) = happened_before(_change([*first_bad, "B0"], 98), first_bad, others)
    assert (found.affected, found.members, found.expected) == (4, 4, 1.0)
    assert found.p == pytest.approx(comb(5, 4) / comb(20, 4))  # 5 of 4,845 draws
    assert (found.first_s, found.last_s) == (98 * DAY_S, 98 * DAY_S)


def test_what_everybody_had_or_what_came_after_is_not_told() -> None:
    first_bad = {f"A{n}": 100 for n in range(4)}
    others = [f"B{n}" for n in range(16)]
    assert happened_before(_change([*first_bad, *others], 98), first_bad, others) == []
    assert happened_before(_change(first_bad, 101), first_bad, others) == []
    assert happened_before(_change(first_bad, 85), first_bad, others) == []


def test_a_change_of_the_first_bad_day_counts_and_an_outage_of_it_does_not() -> None:
    first_bad = {f"A{n}": 100 for n in range(4)}
    others = [f"B{n}" for n in range(16)]
    assert happened_before(_change(first_bad, 100.2), first_bad, others)
    assert not happened_before(_change(first_bad, 100.2, same_day=False), first_bad, others)


def _days(products: int, kept: Iterable[bool], prefix: str) -> MemberDays:
    """October, the same for every product; `kept` from the 1st on."""
    told = list(kept)
    october = np.arange("2026-10-01", "2026-11-01", dtype="datetime64[D]")
    names = [f"{prefix}{n}" for n in range(products)]
    return MemberDays(
        np.repeat(np.array(names, dtype=object), len(told)),
        np.tile(october[: len(told)], products),
        np.tile(np.array(told), products),
    )


def _both(one: MemberDays, other: MemberDays) -> MemberDays:
    return MemberDays(
        np.concatenate([one.product, other.product]),
        np.concatenate([one.day, other.day]),
        np.concatenate([one.kept, other.kept]),
    )


FIXED = [True] * 9 + [False] * 10 + [True] * 12  # bad from the 10th to the 19th


def test_a_fix_that_helped_only_the_members_is_an_improvement() -> None:
    days = _both(_days(5, FIXED, "M"), _days(20, [True] * 31, "O"))
    found = before_after(days, {f"M{n}" for n in range(5)}, PHASES)
    # 9 days before, 10 during, the 20th left out, 11 after; five members.
    assert found.members == (KeptDays(45, 45), KeptDays(0, 50), KeptDays(55, 55))
    assert found.difference == 1.0
    assert found.improved
    assert found.low is not None
    assert found.low < 1.0  # all alike is not certainty


def test_what_got_better_for_everybody_is_no_improvement_of_the_fix() -> None:
    days = _both(_days(5, FIXED, "M"), _days(20, FIXED, "O"))
    found = before_after(days, {f"M{n}" for n in range(5)}, PHASES)
    assert found.difference == 0.0
    assert not found.improved


def test_one_member_or_no_day_after_the_fix_shows_nothing() -> None:
    others = _days(20, [True] * 31, "O")
    alone = before_after(_both(_days(1, FIXED, "M"), others), {"M0"}, PHASES)
    early = before_after(
        _both(_days(5, FIXED[:19], "M"), others), {f"M{n}" for n in range(5)}, PHASES
    )
    for found in (alone, early):
        assert (found.difference, found.improved) == (None, False)


def test_without_products_outside_it_is_the_members_own_rise() -> None:
    found = before_after(_days(5, FIXED, "M"), {f"M{n}" for n in range(5)}, PHASES)
    assert (found.compared_with_others, found.difference) == (False, 1.0)
