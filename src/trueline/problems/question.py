"""What `localize` is asked: leaves with what is and what was expected, from a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trueline.errors import InputError, Place
from trueline.problems.cuboids import cuboid_of
from trueline.problems.deviation import deviations, noise_of
from trueline.problems.leaves import (
    Attributes,
    Codes,
    Floats,
    column_of,
    read_attributes,
    read_numbers,
)
from trueline.problems.rates import Rates, expected_rates


@dataclass(frozen=True)
class Question:
    """Leaves with what is and what was expected; `size` is the denominator where there is one."""

    attributes: Attributes
    actual: Floats
    expected: Floats
    size: Floats | None
    usual: float = 0.0

    def rows(self, chosen: npt.NDArray[np.bool_]) -> Question:
        """The question about some of its leaves."""
        size = None if self.size is None else self.size[chosen]
        kept = self.attributes.rows(chosen)
        return Question(kept, self.actual[chosen], self.expected[chosen], size, self.usual)


@dataclass(frozen=True)
class Columns:
    """The columns by what they are for, and the moment that is looked at."""

    attributes: tuple[str, ...]
    actual: str
    expected: str
    denominator: str | None
    time: str | None
    at: Any

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that is asked for, once."""
        expected = self.expected if self.time is None else None
        others = (self.actual, expected, self.denominator, self.time)
        return tuple(dict.fromkeys((*self.attributes, *(one for one in others if one is not None))))


def question_of(table: pa.Table, columns: Columns) -> Question:
    """The leaves of the moment, with what was expected of them; columns that are missing, hold no
    numbers or are named for two things are refused."""
    figures = [columns.actual, columns.denominator, columns.time]
    figures += [] if columns.time else [columns.expected]
    for name in columns.attributes:
        if name in figures:
            raise InputError(
                f"column {name!r} is named as an attribute and as a figure",
                place=Place(field="attributes"),
                mend="leave it out of the attributes",
            )
    named = read_attributes(table, columns.attributes)
    numbers = _Numbers(
        read_numbers(table, columns.actual),
        None if columns.time else read_numbers(table, columns.expected),
        None if columns.denominator is None else read_numbers(table, columns.denominator),
    )
    if columns.time is None:
        return _of_one_moment(named, numbers)
    when = _relative_to(column_of(table, columns.time), columns.at)
    return _with_history(named, numbers, when)


@dataclass(frozen=True)
class _Numbers:
    actual: Floats
    expected: Floats | None
    size: Floats | None

    def usable(self) -> npt.NDArray[np.bool_]:
        kept = np.isfinite(self.actual)
        for column in (self.expected, self.size):
            if column is not None:
                kept &= np.isfinite(column)
        return kept


def _of_one_moment(attributes: Attributes, numbers: _Numbers) -> Question:
    kept = numbers.usable()
    here = attributes.rows(kept)
    first, leaf = _leaves_of(here)
    assert numbers.expected is not None  # a table without history has this column
    size = None if numbers.size is None else _summed(leaf, numbers.size[kept])
    return Question(
        here.rows(first),
        _summed(leaf, numbers.actual[kept]),
        _summed(leaf, numbers.expected[kept]),
        size,
    )


def _summed(leaf: Codes, values: Floats) -> Floats:
    """Sums per leaf; every leaf has a row."""
    return np.bincount(leaf, weights=values).astype(np.float64)


def _with_history(attributes: Attributes, numbers: _Numbers, when: Codes) -> Question:
    """Expectations from the rows before: rates shrunk to relatives, levels the mean of a leaf."""
    kept = numbers.usable()
    now, before = kept & (when == 0), kept & (when < 0)
    if not before.any():
        raise InputError(
            "no row lies before the moment asked for",
            place=Place(field="at"),
            mend="add the history",
        )
    here = attributes.rows(now)
    first, leaf = _leaves_of(here)
    actual = _summed(leaf, numbers.actual[now])
    leaves, past = here.rows(first), attributes.rows(before)
    if numbers.size is None:
        mean, usual = _before(leaves, past, numbers.actual[before], when[before])
        return Question(leaves, actual, mean, None, usual)
    size = _summed(leaf, numbers.size[now])
    seen = Rates(numbers.actual[before], np.maximum(numbers.size[before], numbers.actual[before]))
    return Question(leaves, actual, size * expected_rates(leaves, past, seen), size)


def _before(
    leaves: Attributes, past: Attributes, values: Floats, when: Codes
) -> tuple[Floats, float]:
    """Mean per moment of each leaf, NaN if never seen, and the noise of moments about the means."""
    both = Attributes(leaves.names, leaves.values, np.vstack([leaves.codes, past.codes]))
    first, leaf = _leaves_of(both)
    here, there = leaf[: len(leaves.codes)], leaf[len(leaves.codes) :]
    moments = int(-when.min()) + 1
    cells, cell = np.unique(there * moments - when, return_inverse=True)
    totals = _summed(cell.reshape(-1), values)
    owner = cells // moments
    seen = np.bincount(owner, minlength=len(first))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: Floats = np.bincount(owner, weights=totals, minlength=len(first)) / seen
    off = deviations(totals, mean[owner])
    off = off[np.isfinite(off) & (seen[owner] > 1)]
    return mean[here], noise_of(off) if len(off) else 0.0


def _relative_to(column: pa.ChunkedArray, at: Any) -> Codes:
    """0 for rows of the moment, 1 for later ones and those without one, -n for the n-th before."""
    column = _in_order(column)
    moments = pc.unique(pc.drop_null(column))
    moments = moments.take(pc.array_sort_indices(moments))
    place = pc.index(moments, _moment(at, column.type)).as_py()
    if place < 0:
        between = f" (there are {moments[0]} to {moments[-1]})" if len(moments) else ""
        raise InputError(
            f"no row is of the moment {at}{between}",
            place=Place(field="at"),
            mend="give a moment of the table",
        )
    rank = pc.fill_null(pc.index_in(column, value_set=moments), len(moments))
    ranks = rank.to_numpy().astype(np.int64)
    relative: Codes = np.minimum(ranks - place, 1)
    return relative


def _in_order(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Moments in a kind that sorts as time does: numbers that were read as text are numbers."""
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        try:
            return pc.cast(column, pa.float64())
        except pa.ArrowInvalid:
            return column
    return column


def _moment(at: Any, kind: pa.DataType) -> pa.Scalar:
    """The moment in the column's own kind; text and numpy's times are read where that is plain."""
    if isinstance(at, np.datetime64):
        at = at.astype("datetime64[us]")
    if isinstance(at, np.generic):
        at = at.item()
    zoned = getattr(at, "tzinfo", None) is not None
    if pa.types.is_timestamp(kind) and hasattr(at, "tzinfo") and zoned != (kind.tz is not None):
        raise InputError(
            f"{at} is a time {'with' if zoned else 'without'} an offset, and the table's are not",
            place=Place(field="at"),
            mend=f"give it {'without' if zoned else 'with'} one, as the table does",
        )
    try:
        moment = pa.scalar(at)
        return moment if moment.type == kind else pc.cast(moment, kind)
    # pyarrow says "not implemented" where a moment cannot be made of the kind of value given.
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"{at!r} is no {kind}",
            place=Place(field="at"),
            mend="give a moment of the table's own kind",
        ) from error


def _leaves_of(attributes: Attributes) -> tuple[Codes, Codes]:
    """First row of each distinct leaf, and the leaf of each row; nulls equal one another."""
    sizes = tuple(len(values) + 1 for values in attributes.values)
    shifted = Attributes(
        attributes.names, tuple(("",) * size for size in sizes), attributes.codes + 1
    )
    key = cuboid_of(shifted, tuple(range(len(sizes)))).key
    _, first, leaf = np.unique(key, return_index=True, return_inverse=True)
    return first.astype(np.int64), leaf.reshape(-1).astype(np.int64)
