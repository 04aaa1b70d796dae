"""Availability states over many products at once (M4, M5).

The engine reads each known granule as one integer: product, start, duration, high loss. Sorted,
they stand in order of product and time, and runs of equal flags decide every change of state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.assessment.plan import Unit
from trueline.assessment.readings import GranulesLike, Reading, columns_of
from trueline.assessment.sorted_granules import SortedGranules
from trueline.assessment.statistics.rule import HeldTime, UnavailableGranules
from trueline.calendars.intervals import Interval, intersect, total
from trueline.engine import Engine

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


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
class StateScan:
    """A scan of the lake, the instants it covers, and its longest granule."""

    granules: GranulesLike
    from_s: int
    to_s: int
    longest_s: int

    @property
    def start_bits(self) -> int:
        return (self.to_s - self.from_s).bit_length()

    @property
    def duration_bits(self) -> int:
        return self.longest_s.bit_length()

    @property
    def products_per_read(self) -> int:
        """How many products fit beside start, duration and flag into 62 bits."""
        return 1 << min(16, 61 - self.start_bits - self.duration_bits)


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


def find_states(
    engine: Engine, scan: StateScan, rule: StateRule, keys: Sequence[int]
) -> StateEvidence:
    """States of the known granules of a scan."""
    evidence = StateEvidence()
    for first in range(0, len(keys), scan.products_per_read):
        part = keys[first : first + scan.products_per_read]
        codes = np.sort(_codes(engine, scan, rule, part))
        evidence.products.update(_products(codes, part, scan, rule.n))
    return evidence


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
            runs = _runs(high, np.zeros(len(high), np.int64))
            evidence.products[key] = ProductStates(
                start,
                granules.duration_s[rows],
                high,
                _available(high, runs, rule.n),
                bool(_open_ended(high, runs, rule.n)),
            )
    return evidence


def _codes(engine: Engine, scan: StateScan, rule: StateRule, keys: Sequence[int]) -> Integers:
    """One integer per known granule. A zero denominator is known, and no loss."""
    places = engine.table(
        pa.table(
            {
                "product_key": pa.array(keys, pa.int32()),
                "place": pa.array(range(len(keys)), pa.int64()),
            }
        )
    )
    table = scan.granules.table
    column = scan.granules.columns[rule.parameter]
    present = columns_of(table, column, Reading(rule.parameter)).present
    quotient = columns_of(table, column, Reading(rule.parameter, quotient=True)).number
    limit = float(rule.threshold_c)
    high: ir.BooleanValue = quotient >= limit if rule.at_or_above else quotient > limit
    known = table.filter(~table.suspect, present).mutate(high=high.fill_null(False).cast("int64"))
    joined = known.join(places, "product_key")
    code = joined.place * (1 << scan.start_bits) + (joined.start_s - scan.from_s)
    code = (code * (1 << scan.duration_bits) + joined.duration_s) * 2 + joined.high
    found: Integers = engine.run(joined.select(code=code.cast("int64")))["code"].to_numpy()
    return found


def _products(
    codes: Integers, keys: Sequence[int], scan: StateScan, n: int
) -> Mapping[int, ProductStates]:
    """Cut sorted codes into products and decide the states of each."""
    high = (codes & 1).astype(np.bool_)
    rest = codes >> 1
    duration = rest & ((1 << scan.duration_bits) - 1)
    rest >>= scan.duration_bits
    start = (rest & ((1 << scan.start_bits) - 1)) + scan.from_s
    place = rest >> scan.start_bits
    runs = _runs(high, place)
    available = _available(high, runs, n)
    open_ended = _open_ended(high, runs, n)
    bounds = np.searchsorted(place, np.arange(len(keys) + 1))
    return {
        key: ProductStates(start[a:b], duration[a:b], high[a:b], available[a:b], i in open_ended)
        for i, key in enumerate(keys)
        if (a := bounds[i]) < (b := bounds[i + 1])
    }


@dataclass(frozen=True)
class _Runs:
    """Runs of equal flags: where each begins, its length, its product's place, and whether it is
    the first or the last of its product."""

    heads: Integers
    length: Integers
    owner: Integers
    first: Flags
    last: Flags


def _runs(high: Flags, place: Integers) -> _Runs:
    if not len(high):
        none, never = np.empty(0, np.int64), np.empty(0, np.bool_)
        return _Runs(none, none, none, never, never)
    if not high.any() and place[0] == place[-1]:
        one, yes = np.zeros(1, np.int64), np.ones(1, np.bool_)
        return _Runs(one, np.array([len(high)]), place[:1], yes, yes)
    changes = (place[1:] != place[:-1]) | (high[1:] != high[:-1])
    heads = np.concatenate(([0], np.flatnonzero(changes) + 1))
    owner = place[heads]
    other = owner[1:] != owner[:-1]
    return _Runs(
        heads,
        np.diff(np.append(heads, len(high))),
        owner,
        np.concatenate(([True], other)),
        np.concatenate((other, [True])),
    )


def _available(high: Flags, runs: _Runs, n: int) -> Flags:
    """Whether each granule is available. A run of n or more sets the state from its first granule
    on; a shorter one keeps the state before it, and a product starts available."""
    down = (runs.length >= n) & high[runs.heads]
    sets = (runs.length >= n) | runs.first
    last = np.maximum.accumulate(np.where(sets, np.arange(len(runs.heads)), 0))
    available: Flags = np.repeat(~down[last], runs.length)
    return available


def _open_ended(high: Flags, runs: _Runs, n: int) -> set[int]:
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
    for start, end in unit.allowed:
        a, b = np.searchsorted(states.start_s, [start, end])
        counted[a:b] = True
    intervals: list[Interval] = [
        (int(states.start_s[i]), int(states.start_s[i] + states.duration_s[i])) for i in down
    ]
    return UnavailableGranules(
        count=int(counted[down].sum()),
        seconds=sum(total(intersect(unit.allowed, [i])) for i in intervals),
        high_loss=int((lost & counted).sum()),
        runs=_runs_of(lost & counted, rule.chli_p or rule.n),
        intervals=tuple(intervals),
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


def _runs_of(flags: Flags, p: int) -> int:
    """Runs of at least p (CHLI), each counted once."""
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    return int((np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1) >= p).sum())
