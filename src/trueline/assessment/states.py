"""Availability states over many products at once (M4, M5): in the order of product and time, runs
of equal flags decide every change of state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from trueline.assessment.plan import Unit
from trueline.assessment.readings import Reading
from trueline.assessment.sorted_granules import SortedGranules
from trueline.assessment.statistics.rule import HeldTime, UnavailableGranules
from trueline.calendars.intervals import intersect, total
from trueline.measurement.granule_arrays import Flags, Integers


@dataclass(frozen=True)
class StateRule:
    """n consecutive known granules decide a change; high loss is ratio > c, or >= c (G.826)."""

    parameter: str
    threshold_c: Decimal
    n: int
    at_or_above: bool = False
    chli_p: int | None = None
    hold: bool = False  # missing time takes the last state


@dataclass(frozen=True)
class ProductStates:
    """Known granules of one product in order of time."""

    start_s: Integers
    duration_s: Integers
    high_loss: Flags
    available: Flags
    open_ended: bool  # the scan's ends leave a state open: a wider scan could change it


@dataclass
class StateEvidence:
    """By product key. A product that is missing has no known granule in the scan."""

    products: dict[int, ProductStates] = field(default_factory=dict)

    def undecided(self, keys: Sequence[int]) -> list[int]:
        """Products that a wider scan could change."""
        return [k for k in keys if k not in self.products or self.products[k].open_ended]


def states_from_arrays(
    granules: SortedGranules, rule: StateRule, keys: Sequence[int]
) -> StateEvidence:
    """The same from sorted arrays."""
    arrays = granules.reading(Reading(rule.parameter))
    quotient = granules.reading(Reading(rule.parameter, quotient=True))
    exceeds = np.greater_equal if rule.at_or_above else np.greater
    limit = float(rule.threshold_c)
    evidence = StateEvidence()
    for key in keys:
        first, last = granules.slice_of(key)
        rows: slice | Integers = slice(first, last)
        if arrays.present is not None:
            rows = first + np.flatnonzero(arrays.present[first:last])
        start = granules.start_s[rows]
        if len(start):
            high = exceeds(quotient.number[rows], limit)
            if quotient.known is not None:
                high &= quotient.known[rows]
            evidence.products[key] = states_of(start, granules.duration_s[rows], high, rule.n)
    return evidence


def states_of(start_s: Integers, duration_s: Integers, high: Flags, n: int) -> ProductStates:
    """The states of one product's known granules in order of time."""
    runs = runs_of(high, np.zeros(len(high), np.int64))
    open_ended = bool(open_ended_by(high, runs, n))
    return ProductStates(start_s, duration_s, high, available_by(high, runs, n), open_ended)


@dataclass(frozen=True)
class Runs:
    """Runs of equal flags: where each begins, its length, its product's place, and whether it is
    the first or the last of its product."""

    heads: Integers
    length: Integers
    owner: Integers
    first: Flags
    last: Flags


def runs_of(high: Flags, place: Integers) -> Runs:
    if not len(high):
        none, never = np.empty(0, np.int64), np.empty(0, np.bool_)
        return Runs(none, none, none, never, never)
    if not high.any() and place[0] == place[-1]:
        one, yes = np.zeros(1, np.int64), np.ones(1, np.bool_)
        return Runs(one, np.array([len(high)]), place[:1], yes, yes)
    changes = (place[1:] != place[:-1]) | (high[1:] != high[:-1])
    heads = np.concatenate(([0], np.flatnonzero(changes) + 1))
    owner = place[heads]
    other = owner[1:] != owner[:-1]
    return Runs(
        heads,
        np.diff(np.append(heads, len(high))),
        owner,
        np.concatenate(([True], other)),
        np.concatenate((other, [True])),
    )


def available_by(high: Flags, runs: Runs, n: int) -> Flags:
    """Whether each granule is available. A run of n or more sets the state from its first granule
    on; a shorter one keeps the state before it, and a product starts available."""
    down = (runs.length >= n) & high[runs.heads]
    sets = (runs.length >= n) | runs.first
    last = np.maximum.accumulate(np.where(sets, np.arange(len(runs.heads)), 0))
    available: Flags = np.repeat(~down[last], runs.length)
    return available


def open_ended_by(high: Flags, runs: Runs, n: int) -> set[int]:
    """Places of the products that granules outside the scan could change: not those whose first
    and last run decide by themselves and are without high loss."""
    settled = (runs.length >= n) & ~high[runs.heads]
    return set(runs.owner[(runs.first | runs.last) & ~settled].tolist())


def cut_to(unit: Unit, states: ProductStates, rule: StateRule) -> UnavailableGranules:
    """Unavailable granules of one product, counted by start and cut to the second. States evolve
    underneath excluded time; granules that start there do not count."""
    down = np.flatnonzero(~states.available)
    lost = states.high_loss & states.available
    held = _held(unit, states) if rule.hold else None
    if not len(down) and not lost.any():
        return UnavailableGranules(held=held)
    counted = np.zeros(len(states.start_s), np.bool_)
    start = states.start_s[down]
    end = start + states.duration_s[down]
    seconds = 0
    for opens, closes in unit.allowed:
        a, b = states.start_s.searchsorted([opens, closes])
        counted[a:b] = True
        seconds += int((np.minimum(end, closes) - np.maximum(start, opens)).clip(0).sum())
    return UnavailableGranules(
        count=int(counted[down].sum()),
        seconds=seconds,
        high_loss=int((lost & counted).sum()),
        runs=_runs_of_at_least(lost & counted, rule.chli_p or rule.n),
        intervals=tuple(zip(start.tolist(), end.tolist(), strict=True)),
        held=held,
    )


def _held(unit: Unit, states: ProductStates) -> HeldTime:
    """Missing allowed time by the state of the last known granule before it."""
    end_s = states.start_s + states.duration_s
    following = np.append(states.start_s[1:], max(unit.period_end, int(end_s[-1])))
    seconds = {True: 0, False: 0}
    for i in np.flatnonzero(end_s < following):
        gap = (int(end_s[i]), int(following[i]))
        seconds[bool(states.available[i])] += total(intersect(unit.allowed, [gap]))
    return HeldTime(seconds[True], seconds[False])


def _runs_of_at_least(flags: Flags, p: int) -> int:
    """Runs of at least p (CHLI), each counted once."""
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    return int((np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1) >= p).sum())
