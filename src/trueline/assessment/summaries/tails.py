"""The granules beyond a cut, one by one: what an exact percentile needs of them, for any windows of
time. A cut holds for a product and reading; where parts have several, the innermost one all of
them keep counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.assessment.planned_columns import Windows, added_up
from trueline.assessment.summaries.packed import series_code, slices_of, spread
from trueline.assessment.summaries.runs import Flags, Integers
from trueline.assessment.summaries.schemas import CUTS_SCHEMA, DOUBLES, TAILS_SCHEMA, table_of
from trueline.measurement.plain_arrow import column_of, numbers_of

UPPER, LOWER = 1, -1
_SPARE = 1.2  # so many times the share of granules beyond the percentile are kept
_FEW = 12  # and these besides
_OWNER_BITS = 40
_TIME_BITS = 33

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tail:
    """Which end of the values is kept, and the share of granules that a percentile lies beyond."""

    side: int
    share: float

    @classmethod
    def of(cls, percentile: float) -> Tail:
        beyond = 1 - percentile / 100
        return cls(UPPER, beyond) if beyond <= 0.5 else cls(LOWER, 1 - beyond)

    def wider(self, other: Tail) -> Tail:
        """The one that serves both, where they lie at one end."""
        return other if other.side == self.side and other.share > self.share else self


@dataclass(frozen=True)
class Cuts:
    """By series, rising: the end that is kept, the share that it is kept for, and the cut."""

    code: Integers
    side: Integers
    share: Doubles
    decimals: Integers
    cut: Doubles

    @classmethod
    def of(cls, tables: Sequence[pa.Table]) -> Cuts:
        """The innermost of several; `decimals` None where they were kept in several scales."""
        if not tables:
            none = np.empty(0, np.int64)
            return cls(none, none, np.empty(0), none, np.empty(0))
        table = pa.concat_tables(tables)
        product, reading, side, decimals = (
            numbers_of(table[name]).astype(np.int64)
            for name in ("product_key", "reading", "side", "decimals")
        )
        share, cut = (numbers_of(table[name]) for name in ("share", "cut"))
        code = series_code(product, reading, 0)
        # The last of each series is the highest cut of an upper tail, the lowest of a lower one.
        order = np.lexsort((cut * side, code))
        last = np.append(code[order][1:] != code[order][:-1], True)[: len(order)]
        first = np.append(True, last[:-1])[: len(order)]
        kept, begins = order[last], np.flatnonzero(first)
        scales = decimals[order]
        mixed = np.zeros(len(kept), np.bool_)
        if len(kept):
            lows, highs = (f.reduceat(scales, begins) for f in (np.minimum, np.maximum))
            mixed = lows != highs
        told = np.where(mixed, _MIXED, decimals[kept])
        return cls(code[kept], side[kept], share[kept], told, cut[kept])

    def table(self) -> pa.Table:
        """As CUTS_SCHEMA."""
        columns = {
            "product_key": self.code >> 32,
            "reading": (self.code >> 17) & ((1 << 15) - 1),
            "side": self.side,
            "share": self.share,
            "decimals": self.decimals,
            "cut": self.cut,
        }
        return table_of(columns, CUTS_SCHEMA)

    def at(self, asked: Integers) -> tuple[Flags, Integers]:
        """Whether each series has a cut, and the place of it."""
        if not len(self.code):
            return np.zeros(len(asked), np.bool_), np.zeros(len(asked), np.int64)
        place = np.minimum(np.searchsorted(self.code, asked), len(self.code) - 1)
        return self.code[place] == asked, place.astype(np.int64)


_MIXED = -9


@dataclass(frozen=True)
class Numbered:
    """Granules with a number of one reading, sorted by product. `places`: where each product
    begins."""

    product: Integers
    start_s: Integers
    number: npt.NDArray[Any]
    places: Integers
    decimals: int | None

    @property
    def counts(self) -> Integers:
        return np.diff(np.append(self.places, len(self.product)))


def reduced_tails(
    rows: Numbered, reading: int, wanted: Sequence[Tail | None], before: Cuts
) -> tuple[pa.Table, pa.Table]:
    """The tails of the products that want one, and their cuts: as they were, else new ones."""
    side = np.array([0 if one is None else one.side for one in wanted], np.int64)
    share = np.array([0.0 if one is None else one.share for one in wanted])
    keys = rows.product[rows.places]
    there, at = before.at(series_code(keys, np.full(len(keys), reading), 0))
    decimals = DOUBLES if rows.decimals is None else rows.decimals
    if len(before.code):
        there &= (before.decimals[at] == decimals) & (before.side[at] == side)
    cut = new_cuts(rows, side, share)
    if there.any():
        cut = np.where(there, before.cut[at], cut)
    each = np.repeat(np.arange(len(keys)), rows.counts)
    beyond = (rows.number - cut[each]) * side[each] > 0
    some = np.flatnonzero(beyond)
    tails = {
        "product_key": rows.product[some],
        "reading": np.full(len(some), reading),
        "start_s": rows.start_s[some],
        "value": rows.number[some].astype(np.float64),
    }
    mine = np.flatnonzero(side)
    cuts = {
        "product_key": keys[mine],
        "reading": np.full(len(mine), reading),
        "side": side[mine],
        "share": share[mine],
        "decimals": np.full(len(mine), decimals),
        "cut": cut[mine],
    }
    return table_of(tails, TAILS_SCHEMA), table_of(cuts, CUTS_SCHEMA)


def new_cuts(rows: Numbered, side: Integers, share: Doubles) -> Doubles:
    """The value beyond which about as many lie as are to be kept; all, where there are few."""
    counts = rows.counts
    kept = np.ceil(counts * share * _SPARE).astype(np.int64) + _FEW
    order = np.lexsort((rows.number, np.repeat(np.arange(len(counts)), counts)))
    ordered, last = rows.number[order], rows.places + counts - 1
    upper, few = side == UPPER, kept >= counts
    at = np.where(
        upper, last - np.minimum(kept, counts - 1), rows.places + np.minimum(kept, counts - 1)
    )
    cut = ordered[at].astype(np.float64)
    return np.where(few, cut - side, cut)


@dataclass(frozen=True)
class TailTables:
    """Tails as they are written: where each series begins, narrow columns, and the numbers that
    are not whole, each once."""

    heads: pa.Table
    rows: pa.Table
    odd: pa.Table


def pack_tails(tails: pa.Table, base_s: int) -> TailTables:
    """Sorted by series and time."""
    product, reading, start = (
        numbers_of(tails[name]).astype(np.int64) for name in ("product_key", "reading", "start_s")
    )
    value = numbers_of(tails["value"])
    code = series_code(product, reading, 0)
    order = np.lexsort((start, code))
    code, value = code[order], value[order]
    heads = np.flatnonzero(np.concatenate((code[:1] == code[:1], code[1:] != code[:-1])))
    at = order[heads]
    slices = {"product_key": product[at], "reading": reading[at], "first": heads}
    odd = (value != np.rint(value)) | (np.abs(value) >= _ODD)
    others, places = np.unique(value[odd], return_inverse=True)
    narrow = np.where(odd, 0, value).astype(np.int32)
    narrow[odd] = places - _ODDS  # below every whole number that is kept as it is
    columns = {
        "start": column_of((start[order] - base_s).astype(np.uint32)),
        "value": column_of(narrow),
    }
    return TailTables(
        table_of(slices, _SLICES), pa.table(columns), pa.table({"number": column_of(others)})
    )


_ODD, _ODDS = 1 << 30, 1 << 31
_SLICES = pa.schema([("product_key", pa.int32()), ("reading", pa.int16()), ("first", pa.int64())])


@dataclass(frozen=True)
class PackedTails:
    """`code`: of each series, rising; `first`: where it begins, and the end of all."""

    base_s: int
    code: Integers
    first: Integers
    start: npt.NDArray[Any]
    value: npt.NDArray[Any]
    odd: Doubles

    @classmethod
    def of(cls, tables: TailTables, base_s: int) -> PackedTails:
        slices, packed = tables.heads, tables.rows
        product, reading, first = (numbers_of(slices[n]).astype(np.int64) for n in _SLICES.names)
        return cls(
            base_s,
            series_code(product, reading, 0),
            np.append(first, packed.num_rows),
            numbers_of(packed["start"]),
            numbers_of(packed["value"]),
            numbers_of(tables.odd["number"]),
        )

    def _numbers(self, value: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Whole numbers as such where all are, else doubles."""
        odd = value < -_ODD
        if not odd.any():
            return value
        found = value.astype(np.float64)
        found[odd] = self.odd[value[odd].astype(np.int64) + _ODDS]
        return found

    def table(self) -> pa.Table:
        """As TAILS_SCHEMA."""
        sizes = np.diff(self.first)
        columns = {
            "product_key": np.repeat(self.code >> 32, sizes),
            "reading": np.repeat((self.code >> 17) & ((1 << 15) - 1), sizes),
            "start_s": self.start.astype(np.int64) + self.base_s,
            "value": self._numbers(self.value),
        }
        return table_of(columns, TAILS_SCHEMA)

    def of_series(self, asked: Integers) -> tuple[Integers, Integers, npt.NDArray[Any]]:
        """Whose, start and value of every granule of each series."""
        low, high = slices_of(self.code, self.first, asked)
        place, owner = spread(low, high - low)
        return (
            owner,
            self.start[place].astype(np.int64) + self.base_s,
            self._numbers(self.value[place]),
        )


@dataclass(frozen=True)
class Beyond:
    """Granules beyond the cuts, sorted by owner and start."""

    owner: Integers
    start_s: Integers
    value: npt.NDArray[Any]

    def within(self, start_s: Integers, end_s: Integers, away: Windows) -> Beyond:
        """Those that start in each owner's [start_s, end_s), and not in the windows `away`."""
        base = int(self.start_s.min(initial=0))
        code = (self.owner << _TIME_BITS) + (self.start_s - base)
        opens, closes = (
            np.searchsorted(code, (away.owner << _TIME_BITS) + np.clip(edge - base, 0, None))
            for edge in (away.opens, away.closes)
        )
        depth = np.zeros(len(code) + 1, np.int64)
        np.add.at(depth, opens, 1)
        np.add.at(depth, closes, -1)
        kept = np.cumsum(depth)[:-1] == 0
        kept &= (self.start_s >= start_s[self.owner]) & (self.start_s < end_s[self.owner])
        return self.take(kept)

    def take(self, kept: Flags) -> Beyond:
        return Beyond(self.owner[kept], self.start_s[kept], self.value[kept])

    def from_outside(self, side: Integers, n: Integers) -> tuple[Flags, Doubles]:
        """Of each owner the n-th value from the outer end; whether there are so many."""
        rows = len(n)
        counts = added_up(self.owner, np.ones(len(self.owner), np.int64), rows)
        ends = np.cumsum(counts)
        ordered = self._ordered()
        there = (n >= 1) & (n <= counts)
        at = np.where(side == UPPER, ends - n, ends - counts + n - 1)
        found = np.zeros(rows)
        found[there] = ordered[at[there]]
        return there, found

    def _ordered(self) -> npt.NDArray[Any]:
        """The values by owner, rising within each."""
        if np.issubdtype(self.value.dtype, np.integer):
            code = (self.owner << _OWNER_BITS) + self.value.astype(np.int64) + (1 << 39)
            return (np.sort(code) & ((1 << _OWNER_BITS) - 1)) - (1 << 39)
        return self.value[np.lexsort((self.value, self.owner))]
