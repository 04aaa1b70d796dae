"""Availability over small intervals (MEF 10.3 §8.8; rule M4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction


def availability_states(
    high_loss: Sequence[bool], n: int, *, available_before: bool = True
) -> list[bool]:
    """Whether each interval is available: n high-loss intervals in a row end availability from
    the first of them, n without high loss restore it from the first of them. Fewer than n left at
    the end decide nothing. `available_before` is the state carried over."""
    alike = _run_lengths_ahead(high_loss)
    states: list[bool] = []
    available = available_before
    for k, loss in enumerate(high_loss):
        if loss == available and alike[k] >= n:
            available = not available
        states.append(available)
    return states


def _run_lengths_ahead(flags: Sequence[bool]) -> list[int]:
    """For each position, how many equal flags follow in a row, itself included."""
    lengths = [1] * len(flags)
    for k in range(len(flags) - 2, -1, -1):
        if flags[k] == flags[k + 1]:
            lengths[k] = lengths[k + 1] + 1
    return lengths


def hli_chli(high_loss: Sequence[bool], available: Sequence[bool], p: int) -> tuple[int, int]:
    """High Loss Intervals (high loss while available) and Consecutive High Loss Intervals: the
    runs of at least `p` of those, each run counted once."""
    intervals = runs = length = 0
    for loss, up in zip(high_loss, available, strict=True):
        length = length + 1 if loss and up else 0
        intervals += length > 0
        runs += length == p
    return intervals, runs


def available_share(available: Iterable[bool], counted: Iterable[bool]) -> Fraction | None:
    """Share of counted intervals that are available; None when none counts. States evolve beneath
    a maintenance interval, which only keeps its intervals from being counted (O-5)."""
    states = [up for up, counts in zip(available, counted, strict=True) if counts]
    return Fraction(sum(states), len(states)) if states else None
