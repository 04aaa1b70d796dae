"""Ratios are taken pair by pair, and a figure says whether its goal was met."""

from __future__ import annotations

import pytest
from bench.figures import Figure, interleaved, ratio
from bench.wire import write_request
from tests.oracle.wire import write_request_1, write_request_2


def test_work_runs_in_turns() -> None:
    order: list[str] = []

    def one(name: str) -> dict[str, float]:
        order.append(name)
        return {"seconds": float(len(order))}

    found = interleaved(2, {"a": lambda: one("a"), "b": lambda: one("b")})

    assert order == ["a", "b", "a", "b"]
    assert found == {
        "a": [{"seconds": 1.0}, {"seconds": 3.0}],
        "b": [{"seconds": 2.0}, {"seconds": 4.0}],
    }


def test_the_ratio_is_the_median_of_the_ratios_of_the_pairs() -> None:
    """10/5 = 2, 9/3 = 3, 40/4 = 10; the ratio of the medians would be 10/4."""
    rounds = {
        "ours": [{"seconds": s, "cpu_s": 1.0} for s in (10.0, 9.0, 40.0)],
        "theirs": [{"seconds": s, "cpu_s": 2.0} for s in (5.0, 3.0, 4.0)],
    }

    found = ratio(rounds, "ours", "theirs")

    assert (found.median, found.low, found.high, found.cpu) == (3.0, 2.0, 10.0, 0.5)


@pytest.mark.parametrize(
    ("value", "goal", "at_least", "outcome"),
    [
        (5.0, 5.0, False, "pass"),
        (5.5, 5.0, False, "near"),
        (5.6, 5.0, False, "fail"),
        (20.0, 20.0, True, "pass"),
        (18.0, 20.0, True, "near"),
        (17.9, 20.0, True, "fail"),
        (0.0, 0.0, False, "pass"),
        (1.0, 0.0, False, "fail"),
        (1.0, None, False, ""),
    ],
)
def test_a_figure_is_held_to_its_goal(
    value: float, goal: float | None, at_least: bool, outcome: str
) -> None:
    assert Figure("main", "x", value, goal=goal, at_least=at_least).outcome == outcome


def test_a_goal_met_only_on_the_clock_says_so() -> None:
    assert Figure("main", "x", 3.0, goal=5.0, cpu=7.7).verdict == "pass, fail by cpu"
    assert Figure("main", "x", 3.0, goal=5.0, cpu=4.0).verdict == "pass"


@pytest.mark.parametrize(("version", "write"), [(1, write_request_1), (2, write_request_2)])
def test_pushes_are_the_bytes_of_the_protocol(version: int, write: object) -> None:
    assert callable(write)
    labels = [{"__name__": "latency", "product_id": p} for p in ("p1", "p2")]
    when_ms = 1_790_812_800_000

    body = write_request(version, labels, [1.5, 300.0], when_ms)

    assert body == write(
        [(one, [(value, when_ms)]) for one, value in zip(labels, (1.5, 300.0), strict=True)]
    )
