"""Which combinations of attribute values explain a deviation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from trueline.errors import InputError, Place
from trueline.problems.cover import Cause, ranked
from trueline.problems.evidence import Evidence
from trueline.problems.finding import Finding
from trueline.problems.leaves import Attributes, as_arrow
from trueline.problems.levels import explained
from trueline.problems.question import Columns, Question, question_of
from trueline.problems.rates import Rates, explained_rates

MOST_ALIASES = 16
# Names tried for the leaves of one cause before the longer ones are left out.
MOST_LOOKED_AT = 5_000
MOST_SHARED = 62


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

    `table` is a pandas or Arrow table (or a dict of columns, or anything with Arrow's stream
    interface), one row per leaf and, with `time`, per moment; rows of one leaf are added up, and
    the order of rows is of no importance. `attributes` names its columns of attribute values, of
    which null ones take part in no combination. `actual` is compared with `expected`. With
    `denominator`, both are parts of that column and rates are compared. With `time` and `at`, the
    rows of that moment are looked at and the rows before are their history, from which the
    expectation is made: no expected column is needed. With `limit`, so many of the best
    combinations are returned, claimed causes first, instead of the claimed causes only.

    A finding without attributes says that everything is off alike. Raises InputError where a
    column is missing or holds no numbers, and where no row is of the moment or before it.
    """
    if (time is None) != (at is None):
        raise InputError("time and at belong together", mend="give both, or neither")
    _check_limit(limit)
    columns = Columns(_names_of(attributes), actual, expected, denominator, time, at)
    question = question_of(as_arrow(table, columns.named), columns)
    return _answer(question, limit) if len(question.actual) else []


def _check_limit(limit: Any) -> None:
    if limit is None or (isinstance(limit, Integral) and int(limit) >= 1):
        return
    raise InputError(
        f"limit is {limit}", place=Place(field="limit"), mend="give a whole number from 1 on"
    )


def _names_of(attributes: Any) -> tuple[str, ...]:
    """The attribute columns, each once."""
    names = () if isinstance(attributes, str) else tuple(attributes)
    if not names:
        what = "a text" if isinstance(attributes, str) else "empty"
        raise InputError(
            f"attributes is {what}",
            place=Place(field="attributes"),
            mend="give a list with at least one column of the table",
        )
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"attribute {twice[0]!r} is named twice",
            place=Place(field="attributes"),
            mend="name every attribute once",
        )
    return names


def _answer(question: Question, limit: int | None) -> list[Finding]:
    evidence: Evidence
    if question.size is not None:
        size = np.maximum(question.size, question.actual)
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(size > 0, question.expected / size, 0.0)
        now = Rates(question.actual, size)
        evidence, causes = explained_rates(question.attributes, now, rate)
    else:
        question, evidence, causes = explained(question)
    if limit is not None:
        others = ranked(question.attributes, evidence, limit + len(causes))
        known = {(cause.positions, cause.codes) for cause in causes}
        causes += [cause for cause in others if (cause.positions, cause.codes) not in known]
        causes = causes[:limit]
    return [_finding(question, cause) for cause in causes]


def _finding(question: Question, cause: Cause) -> Finding:
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
    """Combinations whose leaves are exactly those of the cause, short ones first.

    Those that only add to another one, or to the cause's own name, are not told.
    """
    first = attributes.codes[cause.leaves[0]]
    inside = attributes.codes[cause.leaves]
    shared = [p for p in np.flatnonzero((inside == first).all(axis=0)) if first[p] >= 0]
    outside = np.ones(len(attributes.codes), dtype=np.bool_)
    outside[cause.leaves] = False
    agrees = np.zeros(len(outside), dtype=np.int64)
    for place, p in enumerate(shared[:MOST_SHARED]):
        agrees |= (attributes.codes[:, p] == first[p]).astype(np.int64) << place
    others = np.unique(agrees[outside])
    found: list[tuple[int, ...]] = []
    looked = 0
    for layer in range(1, len(shared[:MOST_SHARED]) + 1):
        for chosen in itertools.combinations(range(len(shared[:MOST_SHARED])), layer):
            looked += 1
            if looked > MOST_LOOKED_AT or len(found) == MOST_ALIASES:
                break
            positions = tuple(int(shared[place]) for place in chosen)
            known = (cause.positions, *found)
            if any(set(one) <= set(positions) for one in known):
                continue
            asked = sum(1 << place for place in chosen)
            if not (others & asked == asked).any():
                found.append(positions)
    return [
        _named(attributes, positions, tuple(int(first[p]) for p in positions))
        for positions in found
    ]
