"""The scores of localization on values worked by hand."""

from __future__ import annotations

import pytest
from bench.localization_scores import Claim, exact, f1, recall

A = frozenset({("a", "a1")})
B = frozenset({("b", "b2")})
AB = frozenset({("a", "a1"), ("b", "b2")})


def test_f1_is_pooled_over_cases() -> None:
    # 1 + 1 right; one missed in the first case, one claimed too much in the second: 4 / 6.
    claims = [Claim({A, B}, [A]), Claim({AB}, [AB, B])]
    assert f1(claims) == pytest.approx(2 / 3)


def test_a_finer_combination_is_no_match() -> None:
    assert f1([Claim({A}, [AB])]) == 0.0


def test_exact_counts_whole_sets() -> None:
    claims = [Claim({A, B}, [B, A]), Claim({A}, [A, B]), Claim({A}, []), Claim({AB}, [AB])]
    assert exact(claims) == 0.5


def test_recall_looks_at_the_first_k() -> None:
    claims = [Claim({A, B}, [], [AB, A, B]), Claim({AB}, [], [AB])]
    assert recall(claims, 1) == pytest.approx(1 / 3)
    assert recall(claims, 2) == pytest.approx(2 / 3)
    assert recall(claims, 3) == 1.0
