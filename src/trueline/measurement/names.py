"""The names of a batch looked up: once per Arrow dictionary, not once per batch.

Senders name the same products in every push, so the dictionaries of successive batches are mostly
equal; comparing two of them costs as much as reading their bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.inventory.values import Identity
from trueline.measurement.arrivals import Mask
from trueline.measurement.dictionary import Dictionary

MAX_NAME = 255
_KEPT = 4  # dictionaries remembered of each column
NO_KEY = -1

Keys = npt.NDArray[np.int32]


@dataclass(frozen=True)
class KnownNames:
    """Products and parameters that the records know, and which parameters are ratios of two
    counters (their granules need a denominator). `identities`: what other names stand for."""

    products: frozenset[str]
    parameters: frozenset[str]
    ratios: frozenset[str] = field(default_factory=frozenset)
    identities: Mapping[str, tuple[Identity, ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class NameLookup:
    """What is known of each name of one Arrow dictionary. `keys` gets filled in as names are
    used; the masks are None when no name of the dictionary is so."""

    names: pa.Array
    known: KnownNames | None
    keys: Keys
    odd: Mask | None
    strange: Mask | None
    ratio: Mask | None


@dataclass(frozen=True)
class NameColumn:
    """A column of names: `index` into the dictionary that `lookup` is about, per row."""

    lookup: NameLookup
    index: npt.NDArray[np.int32]

    def only(self, rows: Mask) -> NameColumn:
        return NameColumn(self.lookup, self.index[rows])

    def rows_of(self, which: Mask | None) -> Mask | None:
        return None if which is None else which[self.index]


class NameLookups:
    """The lookups that one open lake remembers."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._products: list[NameLookup] = []
        self._parameters: list[NameLookup] = []

    def products(self, column: pa.ChunkedArray, known: KnownNames | None) -> NameColumn:
        expected = known.products if known else None
        return self._looked_up(self._products, column, known, expected)

    def parameters(self, column: pa.ChunkedArray, known: KnownNames | None) -> NameColumn:
        expected = known.parameters if known else None
        return self._looked_up(self._parameters, column, known, expected)

    def product_keys(self, column: NameColumn) -> Keys:
        """Per row; names that have no key yet get one."""
        return _keys(column, lambda n: self._dictionary.product_keys(n, create=True))

    def parameter_keys(self, column: NameColumn) -> Keys:
        return _keys(column, lambda n: self._dictionary.parameter_keys(n, create=True))

    def _looked_up(
        self,
        kept: list[NameLookup],
        column: pa.ChunkedArray,
        known: KnownNames | None,
        expected: frozenset[str] | None,
    ) -> NameColumn:
        array = whole_column(column)
        names = array.dictionary
        for place, lookup in enumerate(kept):
            if lookup.known is known and lookup.names.equals(names):
                kept.insert(0, kept.pop(place))
                break
        else:
            held = self._dictionary.held(products=kept is self._products)
            kept.insert(0, _lookup(names, known, expected, held))
            del kept[_KEPT:]
        return NameColumn(kept[0], array.indices.to_numpy())


def _lookup(
    names: pa.Array,
    known: KnownNames | None,
    expected: frozenset[str] | None,
    held: Callable[[str], int | None],
) -> NameLookup:
    words: list[str] = names.to_pylist()
    keys = [NO_KEY if (key := held(word)) is None else key for word in words]
    ratios = known.ratios if known else frozenset()
    unknown = expected is not None and not expected.issuperset(words)
    return NameLookup(
        names=names,
        known=known,
        keys=np.array(keys, np.int32),
        odd=_marked([k == NO_KEY and _is_odd(w) for k, w in zip(keys, words, strict=True)]),
        strange=_marked([w not in (expected or ()) for w in words]) if unknown else None,
        ratio=_marked([w in ratios for w in words]) if ratios else None,
    )


def _marked(marks: Sequence[bool]) -> Mask | None:
    return np.array(marks, np.bool_) if any(marks) else None


def _is_odd(name: str) -> bool:
    return not name or len(name) > MAX_NAME or not name.isprintable()


def _keys(column: NameColumn, create: Callable[[list[str]], Mapping[str, int]]) -> Keys:
    keys = column.lookup.keys
    rows: Keys = keys[column.index]
    if len(rows) == 0 or rows.min() != NO_KEY:
        return rows
    used = np.zeros(len(keys), np.bool_)
    used[column.index[rows == NO_KEY]] = True
    new = np.flatnonzero(used)
    words = column.lookup.names.take(pa.array(new)).to_pylist()
    found = create(words)
    keys[new] = [found[word] for word in words]
    filled: Keys = keys[column.index]
    return filled


def whole_column(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column of names as one array with one dictionary."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # no chunk or dictionaries that differ
        array = array.unify_dictionaries().combine_chunks()
    if array.null_count:
        raise ValueError("a reader must not yield a granule without a name")
    return array
