"""What is to be decided, as columns: a row for each product, objective and period, and its time.
The same as `plan.py` makes one by one, for objectives that whole columns can decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from trueline.assessment.plan import FOREVER_S, Due, Kind, Kinds
from trueline.calendars.instants import seconds
from trueline.calendars.intervals import Interval
from trueline.inventory.values import Product

Integers = npt.NDArray[np.int64]

_FAR_S = 1 << 40  # beyond every instant that an exclusion may have


@dataclass(frozen=True)
class Windows:
    """Stretches [opens, closes) of time, each of the row `owner`; sorted by owner and start, and
    disjoint within one."""

    owner: Integers
    opens: Integers
    closes: Integers

    def of(self, owners: Integers, rows: int) -> Windows:
        """Those of some owners, of so many rows, counted anew; `owners` rises."""
        place = np.full(rows, -1, np.int64)
        place[owners] = np.arange(len(owners))
        kept = np.flatnonzero(place[self.owner] >= 0)
        return Windows(place[self.owner[kept]], self.opens[kept], self.closes[kept])

    def seconds(self, rows: int) -> Integers:
        """How long they are together, by row."""
        return added_up(self.owner, self.closes - self.opens, rows)


def added_up(owner: Integers, numbers: Integers, rows: int) -> Integers:
    """Sums of whole numbers by row. `owner` is sorted."""
    sums = np.concatenate(([0], np.cumsum(numbers)))
    edges = np.searchsorted(owner, np.arange(rows + 1))
    found: Integers = (sums[edges[1:]] - sums[edges[:-1]]).astype(np.int64)
    return found


@dataclass(frozen=True)
class ColumnPlan:
    """Rows to be decided. `product`, `due`: places among the products and what is due of them.
    Time in scope is [start_s, end_s), empty where they are equal, less the windows `away`.
    `left`: products of which something is asked that no column decides."""

    products: Sequence[Product]
    dues: Sequence[Due]
    bounds: Sequence[Interval]  # of the period of each due
    product: Integers
    due: Integers
    start_s: Integers
    end_s: Integers
    away: Windows
    left: Sequence[Product]

    def __len__(self) -> int:
        return len(self.product)

    @cached_property
    def excluded_s(self) -> Integers:
        return self.away.seconds(len(self))

    @cached_property
    def allowed_s(self) -> Integers:
        found: Integers = self.end_s - self.start_s - self.excluded_s
        return found

    def take(self, rows: Integers) -> ColumnPlan:
        """Some of the rows; `rows` rises."""
        away = self.away.of(rows, len(self))
        mine = (self.product[rows], self.due[rows], self.start_s[rows], self.end_s[rows])
        return ColumnPlan(self.products, self.dues, self.bounds, *mine, away, self.left)

    def doubt(self, row: int) -> tuple[str, str, str]:
        """What one row is about: product, objective, period."""
        due = self.dues[self.due[row]]
        return self.products[self.product[row]].id, due.applied.objective.id, due.period.label

    def by_due(self, number: Callable[[Due], int]) -> Integers:
        """A number that depends on what is due, for each row."""
        return np.array([number(one) for one in self.dues], np.int64)[self.due]


@dataclass(frozen=True)
class Sorting:
    """Whether what is due is asked for, and whether columns decide it."""

    asked: Callable[[Due], bool]
    decides: Callable[[Due], bool]


def plan_columns(
    products: Sequence[Product],
    kinds: Kinds,
    exclusions: Mapping[str, Sequence[Interval]],
    sorting: Sorting,
) -> ColumnPlan:
    """What is asked of some products, as far as columns decide it. Service hours are left to
    others."""
    starts = [seconds(one.start) for one in products]
    until_s = kinds.request.until_s or FOREVER_S
    ends = [min(seconds(one.end) if one.end else FOREVER_S, until_s) for one in products]
    active = np.array([starts, ends], np.int64)
    places: dict[int, tuple[Kind, list[int]]] = {}
    for place, one in enumerate(products):
        kind = kinds.of(one)
        places.setdefault(id(kind), (kind, []))[1].append(place)
    drawn = _Drawn([], [], [], [])
    left: list[int] = []
    for kind, mine in places.values():
        if not drawn.take(kind, np.array(mine, np.int64), active, sorting):
            left += mine
    product = _joined([np.tile(m, n) for m, n in drawn.placed])
    due = np.repeat(np.arange(len(drawn.dues)), [len(m) for m, n in drawn.placed for _ in range(n)])
    scope = _joined_pairs(drawn.scopes)
    return ColumnPlan(
        products,
        drawn.dues,
        drawn.bounds,
        product,
        due.astype(np.int64),
        scope[0],
        scope[1],
        _away(products, exclusions, product, scope),
        [products[place] for place in sorted(left)],
    )


@dataclass(frozen=True)
class _Drawn:
    """Columns piece by piece; `placed`: places of products, for so many dues in a row."""

    dues: list[Due]
    bounds: list[Interval]
    placed: list[tuple[Integers, int]]
    scopes: list[Integers]

    def take(self, kind: Kind, mine: Integers, active: Integers, sorting: Sorting) -> bool:
        """What is due of products of one kind; False where something is left."""
        whole, taken = True, 0
        scopes: dict[int, Integers] = {}
        for due in kind.due:
            stretch = kind.stretches[due.slot]
            if due.parameter is not None and not sorting.asked(due):
                continue
            if due.parameter is None or stretch.hours is not None or not sorting.decides(due):
                whole = False
                continue
            if due.slot not in scopes:
                start = np.maximum(active[0, mine], max(stretch.bounds[0], stretch.valid[0]))
                end = np.minimum(active[1, mine], min(stretch.bounds[1], stretch.valid[1]))
                scopes[due.slot] = np.stack([start, np.maximum(start, end)])
            self.dues.append(due)
            self.bounds.append(stretch.bounds)
            self.scopes.append(scopes[due.slot])
            taken += 1
        if taken:
            self.placed.append((mine, taken))
        return whole


def _joined(parts: Sequence[Integers]) -> Integers:
    return np.concatenate([np.empty(0, np.int64), *parts])


def _joined_pairs(parts: Sequence[Integers]) -> Integers:
    return np.concatenate([np.empty((2, 0), np.int64), *parts], axis=1)


def _away(
    products: Sequence[Product],
    exclusions: Mapping[str, Sequence[Interval]],
    product: Integers,
    scope: Integers,
) -> Windows:
    """The agreed exclusions within the scope of each row."""
    mine = [exclusions.get(one.id, ()) for one in products]
    owner = np.repeat(np.arange(len(products)), [len(own) for own in mine]).astype(np.int64)
    edges = np.array([edge for own in mine for pair in own for edge in pair], np.int64)
    united = _united(owner, edges[::2], edges[1::2])
    firsts = np.searchsorted(united.owner, np.arange(len(products) + 1))
    counts = np.diff(firsts)[product]
    row = np.repeat(np.arange(len(product)), counts).astype(np.int64)
    at = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    at += np.repeat(firsts[product], counts)
    opens = np.maximum(united.opens[at], scope[0][row])
    closes = np.minimum(united.closes[at], scope[1][row])
    kept = opens < closes
    return Windows(row[kept], opens[kept], closes[kept])


def _united(owner: Integers, opens: Integers, closes: Integers) -> Windows:
    """Intervals of each owner that overlap or touch, joined."""
    real = np.flatnonzero(opens < closes)
    order = real[np.lexsort((opens[real], owner[real]))]
    owner, opens, closes = owner[order], opens[order], np.minimum(closes[order], _FAR_S - 1)
    if not len(owner):
        return Windows(owner, opens, closes)
    reach = np.maximum.accumulate(owner * _FAR_S + closes)
    begins = np.append(True, owner[1:] * _FAR_S + opens[1:] > reach[:-1])
    heads = np.flatnonzero(begins)
    last = np.append(heads[1:], len(owner)) - 1
    return Windows(owner[heads], opens[heads], reach[last] - owner[last] * _FAR_S)
