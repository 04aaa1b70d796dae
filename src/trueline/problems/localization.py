"""Which combinations of attribute values explain a deviation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trueline.errors import InputError, Place
from trueline.problems.cover import Cause, explain, ranked
from trueline.problems.cuboids import cuboid_of, cuboids_of
from trueline.problems.deviation import (
    FREAK,
    deviations,
    freaks_among,
    level_evidence,
    noise_of,
    noise_of_rest,
)
from trueline.problems.evidence import Evidence
from trueline.problems.finding import Finding
from trueline.problems.leaves import (
    Attributes,
    Codes,
    Floats,
    as_arrow,
    column_of,
    read_attributes,
    read_numbers,
)
from trueline.problems.rates import Rates, expected_rates, rate_evidence

# Rounds in which causes and noise are fitted in turn, and the change of noise that ends them.
ROUNDS = 3
SETTLED = 0.1
MOST_ALIASES = 16


@dataclass(frozen=True)
class _Question:
    """Leaves with what is and what was expected; `size` is the denominator where there is one."""

    attributes: Attributes
    actual: Floats
    expected: Floats
    size: Floats | None
    usual: float = 0.0


@dataclass(frozen=True)
class _Columns:
    actual: str
    expected: str
    denominator: str | None
    time: str | None
    at: Any


def localize(  # noqa: PLR0913  a public entry point: each column is named by a keyword of its own
    table: Any,
    attributes: Sequence[str],
    *,
    actual: str = "real",
    expected: str = "predict",
    denominator: str | None = None,
    time: str | None = None,
    at: Any = None,
    limit: int | None = None,
) -> list[Finding]:
    """The smallest set of attribute combinations that explains the deviation, best first.

    `table` is a pandas or Arrow table, one row per leaf (and, with `time`, per moment);
    `attributes` names its columns of attribute values, of which null ones take part
    in no combination. `actual` is compared with `expected`. With `denominator`, both are parts of
    that column and rates are compared. With `time` and `at`, the rows of that moment are looked at
    and the rows before are their history, from which the expectation is made: no expected column is
    needed. With `limit`, so many of the best combinations are returned, claimed causes first,
    instead of the claimed causes only. Raises InputError where a column is missing or holds no
    numbers.
    """
    if (time is None) != (at is None):
        raise InputError("time and at belong together", mend="give both, or neither")
    if limit is not None and limit < 1:
        raise InputError(f"limit is {limit}", place=Place(field="limit"), mend="give 1 or more")
    columns = _Columns(actual, expected, denominator, time, at)
    question = _question(as_arrow(table), attributes, columns)
    return _answer(question, limit) if len(question.actual) else []


def _question(table: pa.Table, attributes: Sequence[str], columns: _Columns) -> _Question:
    named = read_attributes(table, attributes)
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


def _of_one_moment(attributes: Attributes, numbers: _Numbers) -> _Question:
    kept = numbers.usable()
    here = attributes.rows(kept)
    first, leaf = _leaves_of(here)
    assert numbers.expected is not None  # a table without history has this column
    size = None if numbers.size is None else _summed(leaf, numbers.size[kept])
    return _Question(
        here.rows(first),
        _summed(leaf, numbers.actual[kept]),
        _summed(leaf, numbers.expected[kept]),
        size,
    )


def _summed(leaf: Codes, values: Floats) -> Floats:
    """Sums per leaf; every leaf has a row."""
    return np.bincount(leaf, weights=values).astype(np.float64)


def _with_history(attributes: Attributes, numbers: _Numbers, when: Codes) -> _Question:
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
        return _Question(leaves, actual, mean, None, usual)
    size = _summed(leaf, numbers.size[now])
    seen = Rates(numbers.actual[before], np.maximum(numbers.size[before], numbers.actual[before]))
    return _Question(leaves, actual, size * expected_rates(leaves, past, seen), size)


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
    moments = pc.unique(pc.drop_null(column))
    moments = moments.take(pc.array_sort_indices(moments))
    try:
        place = pc.index(moments, pa.scalar(at, type=column.type)).as_py()
    # pyarrow says "not implemented" where a moment cannot be made of the kind of value given.
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"{at!r} is no {column.type}",
            place=Place(field="at"),
            mend="give a moment of the table's own kind",
        ) from error
    if place < 0:
        raise InputError(
            f"no row is of the moment {at}",
            place=Place(field="at"),
            mend="give a moment of the table",
        )
    rank = pc.fill_null(pc.index_in(column, value_set=moments), len(moments))
    ranks = rank.to_numpy().astype(np.int64)
    relative: Codes = np.minimum(ranks - place, 1)
    return relative


def _leaves_of(attributes: Attributes) -> tuple[Codes, Codes]:
    """First row of each distinct leaf, and the leaf of each row; nulls equal one another."""
    sizes = tuple(len(values) + 1 for values in attributes.values)
    shifted = Attributes(
        attributes.names, tuple(("",) * size for size in sizes), attributes.codes + 1
    )
    key = cuboid_of(shifted, tuple(range(len(sizes)))).key
    _, first, leaf = np.unique(key, return_index=True, return_inverse=True)
    return first.astype(np.int64), leaf.reshape(-1).astype(np.int64)


def _answer(question: _Question, limit: int | None) -> list[Finding]:
    if question.size is not None:
        size = np.maximum(question.size, question.actual)
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(size > 0, question.expected / size, 0.0)
        evidence: Evidence = rate_evidence(Rates(question.actual, size), np.clip(rate, 1e-5, 0.95))
        causes = explain(question.attributes, evidence, split=False)
    else:
        question, evidence, causes = _explained_levels(question)
    if limit is not None:
        others = ranked(question.attributes, evidence, limit + len(causes))
        known = {(cause.positions, cause.codes) for cause in causes}
        causes += [cause for cause in others if (cause.positions, cause.codes) not in known]
        causes = causes[:limit]
    return [_finding(question, cause) for cause in causes]


def _explained_levels(question: _Question) -> tuple[_Question, Evidence, list[Cause]]:
    """Causes and noise fitted in turn: what no cause explains says how large the noise is."""
    off = deviations(question.actual, question.expected)
    told = np.isfinite(off)
    off = off[told]
    question = _Question(
        question.attributes.rows(told),
        question.actual[told],
        question.expected[told],
        None,
        question.usual,
    )
    noise, freaks = question.usual or noise_of(off), FREAK
    for _ in range(ROUNDS):
        evidence = level_evidence(off, noise, freaks)
        causes = explain(question.attributes, evidence)
        rest, wide = np.ones(len(off), dtype=np.bool_), np.ones(len(off), dtype=np.bool_)
        for cause in causes:
            rest[cause.leaves] = False
            wide[cause.leaves] &= len(cause.leaves) == 1
        refined = max(noise_of_rest(off[rest], noise), question.usual)
        found = freaks_among(off[wide], refined)
        if abs(refined / noise - 1) < SETTLED and found <= freaks:
            break
        noise, freaks = refined, max(found, freaks)
    return question, evidence, causes


def _finding(question: _Question, cause: Cause) -> Finding:
    leaves = cause.leaves
    size = float(len(leaves)) if question.size is None else float(question.size[leaves].sum())
    return Finding(
        attributes=_named(question.attributes, cause.positions, cause.codes),
        score=cause.gain,
        actual=float(question.actual[leaves].sum()),
        expected=float(question.expected[leaves].sum()),
        size=size,
        leaves=len(leaves),
        not_separable=_aliases(question.attributes, cause),
    )


def _named(
    attributes: Attributes, positions: tuple[int, ...], codes: tuple[int, ...]
) -> dict[str, str]:
    return {
        attributes.names[position]: attributes.values[position][code]
        for position, code in zip(positions, codes, strict=True)
    }


def _aliases(attributes: Attributes, cause: Cause) -> list[dict[str, str]]:
    """Combinations whose leaves are exactly those of the cause, short ones first."""
    found: list[dict[str, str]] = []
    inside = attributes.codes[cause.leaves]
    shared = [p for p in range(inside.shape[1]) if inside[0, p] >= 0 and np.ptp(inside[:, p]) == 0]
    kept = Attributes(
        tuple(attributes.names[p] for p in shared),
        tuple(attributes.values[p] for p in shared),
        attributes.codes[:, shared],
    )
    own = _named(attributes, cause.positions, cause.codes)
    for cuboid in cuboids_of(kept):
        key = cuboid.key[cause.leaves[0]]
        if int(np.count_nonzero(cuboid.key == key)) != len(cause.leaves):
            continue
        codes = tuple(int(kept.codes[cause.leaves[0], p]) for p in cuboid.positions)
        alias = _named(kept, cuboid.positions, codes)
        if alias != own:
            found.append(alias)
        if len(found) == MOST_ALIASES:
            break
    return found
