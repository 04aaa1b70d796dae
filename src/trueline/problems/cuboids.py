"""Cuboids: every set of attributes, and which of its elements each leaf belongs to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trueline.problems.leaves import Attributes, Codes, Floats

# Leaves looked at in all cuboids together, and what a cuboid costs beside its leaves, before the
# middle layers are left out.
VISITS = 150_000_000
BESIDES = 40_000
# Keys wider than this many elements per leaf are made dense by sorting.
SPARSE = 4


@dataclass(frozen=True)
class Cuboid:
    """One set of attributes: `key[i]` is the element of row i, -1 where an attribute is null.

    `letters` is what it costs, in nats, to name one of its elements: ln of how many there are,
    and `choices` ln of how many sets of so many attributes there are.
    """

    positions: tuple[int, ...]
    key: Codes
    elements: int
    letters: float
    choices: float


@dataclass(frozen=True)
class Promising:
    """A cuboid of the chosen `rows` only (`cuboid.key` is theirs), and the elements of it whose
    leaves together could bring more than their name costs."""

    cuboid: Cuboid
    rows: Codes
    able: Codes
    cost: float


@dataclass(frozen=True)
class Hope:
    """What each leaf could add to any cause at most (`most`, at least 0), and what every cause
    costs beyond its name."""

    most: Floats
    fixed: float


def cuboid_of(
    attributes: Attributes, positions: tuple[int, ...], rows: Codes | None = None
) -> Cuboid:
    """The cuboid of these attributes (positions in `attributes.names`), of all rows or some."""
    sizes = [max(1, len(attributes.values[position])) for position in positions]
    elements = math.prod(sizes)
    key, known = _keys(attributes, positions, rows)
    if elements > SPARSE * max(1, len(key)):
        _, key = np.unique(key, return_inverse=True)
        key = key.reshape(-1).astype(np.int64)
        elements = int(key.max()) + 1 if len(key) else 0
    key[~known] = -1
    count = len(attributes.names)
    choices = math.log(math.comb(count, len(positions))) + math.log(count)
    return Cuboid(positions, key, elements, sum(map(math.log, sizes)), choices)


def _keys(
    attributes: Attributes, positions: tuple[int, ...], rows: Codes | None
) -> tuple[Codes, npt.NDArray[np.bool_]]:
    """A number for each row's element, made dense before it grows out of range; who has one."""
    codes = attributes.codes
    long = len(codes) if rows is None else len(rows)
    key: Codes = np.zeros(long, dtype=np.int64)
    known: npt.NDArray[np.bool_] = np.ones(long, dtype=np.bool_)
    elements = 1
    for position in positions:
        size = max(1, len(attributes.values[position]))
        if elements * size >= 2**62:
            dense, key = np.unique(key, return_inverse=True)
            key, elements = key.reshape(-1).astype(np.int64), len(dense)
        column = codes[:, position] if rows is None else codes[rows, position]
        known &= column >= 0
        key = key * size + np.maximum(column, 0)
        elements *= size
    return key, known


def promising_cuboids(
    attributes: Attributes, hope: Hope, rows: Codes, *, first: int, within: Sequence[int] = ()
) -> Iterator[Promising]:
    """Cuboids that could hold a cause among `rows`, few attributes first, from layer `first` on.

    An element can bring no more than its coarser ones, and its name costs no less, so only rows are
    followed whose element had hope in every coarser cuboid (the rule of Apriori, Agrawal and
    Srikant 1994). Where even that is too much, the middle layers are left out and single leaves are
    looked at. With `within`, only cuboids that refine that one.
    """
    count, held = len(attributes.names), _bits(within)
    alive: dict[int, Codes] = {}
    starts = [(held, rows)]
    spent = 0
    for layer in range(len(within), count + 1):
        spent += sum(len(start) + BESIDES for _, start in starts)
        enough = spent > VISITS and 2 < layer < count
        if enough:
            starts = [(_bits(range(count)), rows)]
        alive = {}
        for chosen, start in starts:
            positions = tuple(at for at in range(count) if chosen >> at & 1)
            found, going = _looked_at(attributes, hope, positions, start)
            if len(going):
                alive[chosen] = going
            if len(found.able) and layer >= first:
                yield found
        if enough:
            return
        starts = list(_refined(alive, held, count, VISITS - spent))


def _bits(positions: Iterable[int]) -> int:
    return sum(1 << at for at in positions)


def _refined(
    alive: dict[int, Codes], held: int, count: int, left: int
) -> Iterator[tuple[int, Codes]]:
    """Cuboids with one attribute more, each with the fewest rows that a coarser one left it.

    Ends once more than `left` visits are asked for."""
    for chosen in alive:
        for more in range((chosen & ~held).bit_length(), count):
            finer = chosen | 1 << more
            if finer == chosen:
                continue
            without = (finer ^ 1 << at for at in range(count) if (finer & ~held) >> at & 1)
            coarser = [alive.get(one) for one in without]
            rows = [one for one in coarser if one is not None]
            if len(rows) < len(coarser):
                continue
            fewest = min(rows, key=len)
            yield finer, fewest
            left -= len(fewest) + BESIDES
            if left < 0:
                return


def _looked_at(
    attributes: Attributes, hope: Hope, positions: tuple[int, ...], rows: Codes
) -> tuple[Promising, Codes]:
    """The cuboid of these rows, and the rows whose finer elements may have hope."""
    cuboid = cuboid_of(attributes, positions, rows)
    known = cuboid.key >= 0
    key, held = (cuboid.key, rows) if known.all() else (cuboid.key[known], rows[known])
    total = np.bincount(key, weights=hope.most[held], minlength=cuboid.elements)
    cost = cuboid.letters + cuboid.choices + hope.fixed
    going = total > cuboid.letters + math.log(len(attributes.names)) + hope.fixed
    able = np.flatnonzero(total > cost)
    kept = held if going.all() else held[going[key]]
    return Promising(cuboid, rows, able, cost), kept if len(kept) < len(rows) else rows
