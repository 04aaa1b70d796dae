"""Which problem a finding belongs to, and the moves that TMF656 words allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from trueline.errors import InputError
from trueline.problems.states import KnownProblem, ProblemState, check_move, owner_of, trust

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FIRMWARE, REGION = {"firmware": "X"}, {"region": "north"}


def _known(state: ProblemState, days_ago: int, number: int = 1) -> KnownProblem:
    return KnownProblem(number, (FIRMWARE, REGION), state, NOW - timedelta(days=days_ago))


def test_a_finding_joins_the_open_problem_that_shares_a_name() -> None:
    owner = owner_of([REGION], [_known(ProblemState.HELD, 400)], now=NOW)
    assert owner is not None
    assert owner.number == 1


def test_a_finding_of_another_combination_is_new() -> None:
    assert owner_of([{"firmware": "Y"}], [_known(ProblemState.HELD, 1)], now=NOW) is None


@pytest.mark.parametrize(("days", "again"), [(90, True), (91, False)])
def test_a_closed_problem_is_opened_again_within_ninety_days(days: int, again: bool) -> None:
    owner = owner_of([FIRMWARE], [_known(ProblemState.CLOSED, days)], now=NOW)
    assert (owner is not None) is again


def test_an_open_problem_comes_before_a_closed_one() -> None:
    known = [_known(ProblemState.CLOSED, 1, 1), _known(ProblemState.PENDING, 50, 2)]
    owner = owner_of([FIRMWARE], known, now=NOW)
    assert owner is not None
    assert owner.number == 2


@pytest.mark.parametrize("state", [ProblemState.REJECTED, ProblemState.CANCELLED])
def test_what_was_found_false_is_not_opened_again(state: ProblemState) -> None:
    assert owner_of([FIRMWARE], [_known(state, 1)], now=NOW) is None


def test_only_a_resolved_problem_is_closed() -> None:
    check_move(ProblemState.RESOLVED, ProblemState.CLOSED)
    with pytest.raises(InputError, match="does not become closed"):
        check_move(ProblemState.IN_PROGRESS, ProblemState.CLOSED)


def test_a_rule_cancelled_as_false_is_believed_less() -> None:
    # Without a past 1/2; three of four false: (4 - 3 + 1) / (4 + 2) = 1/3.
    assert trust(0, 0) == 0.5
    assert trust(3, 4) == pytest.approx(1 / 3)
