"""Cuboids: every set of attributes, and which of its elements each leaf belongs to."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trueline.problems.leaves import Attributes, Codes

# Leaves looked at in all cuboids together before the middle layers are left out.
VISITS = 600_000_000
# Keys wider than this many elements per leaf are made dense by sorting.
SPARSE = 4


@dataclass(frozen=True)
class Cuboid:
    """One set of attributes: `key[i]` is the element of leaf i, -1 where an attribute is null.

    `letters` is what it costs, in nats, to name one of its elements: ln of how many there are,
    and `choices` ln of how many sets of so many attributes there are.
    """

    positions: tuple[int, ...]
    key: Codes
    elements: int
    letters: float
    choices: float


def cuboids_of(attributes: Attributes, *, within: Sequence[int] = ()) -> Iterator[Cuboid]:
    """All cuboids, few attributes first; with `within`, only those that refine that one."""
    count = len(attributes.names)
    for layer in _layers(count, len(attributes.codes)):
        for positions in itertools.combinations(range(count), layer):
            if within and not set(within) < set(positions):
                continue
            yield cuboid_of(attributes, positions)


def cuboid_of(attributes: Attributes, positions: tuple[int, ...]) -> Cuboid:
    """The cuboid of these attributes (positions in `attributes.names`)."""
    sizes = [max(1, attributes.sizes[position]) for position in positions]
    elements = math.prod(sizes)
    columns = attributes.codes[:, positions]
    if elements < 2**62:
        key = columns @ _strides(sizes)
    else:
        key = np.unique(columns, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    if elements > SPARSE * max(1, len(key)):
        _, dense = np.unique(key, return_inverse=True)
        key = dense.reshape(-1).astype(np.int64)
        elements = int(key.max()) + 1 if len(key) else 0
    key = np.where((columns < 0).any(axis=1), -1, key)
    count = len(attributes.names)
    choices = math.log(math.comb(count, len(positions))) + math.log(count)
    return Cuboid(positions, key, elements, sum(map(math.log, sizes)), choices)


def _strides(sizes: list[int]) -> npt.NDArray[np.int64]:
    strides = [math.prod(sizes[place + 1 :]) for place in range(len(sizes))]
    return np.array(strides, dtype=np.int64)


def _layers(count: int, leaves: int) -> list[int]:
    """Layers worth their time: all, or the first few and single leaves when there are too many."""
    kept: list[int] = []
    visits = 0
    for layer in range(1, count + 1):
        visits += math.comb(count, layer) * leaves
        if layer > 2 and layer < count and visits > VISITS:
            visits -= math.comb(count, layer) * leaves
            continue
        kept.append(layer)
    return kept
