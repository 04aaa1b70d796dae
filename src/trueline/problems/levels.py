"""Causes of levels and of counts, fitted in turn with the noise: what no cause explains says how
large it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from trueline.problems.counts import (
    Spread,
    are_counts,
    count_evidence,
    likelihood,
    spread_of,
    tightest_spread_of,
)
from trueline.problems.cover import Cause, explain
from trueline.problems.deviation import (
    FREAK,
    deviations,
    freaks_among,
    level_evidence,
    noise_of,
    noise_of_rest,
    silent,
)
from trueline.problems.evidence import Evidence
from trueline.problems.leaves import Attributes
from trueline.problems.question import Question

# Rounds in which causes and noise are fitted in turn, and the change of noise that ends them.
ROUNDS = 3
SETTLED = 0.1

Mask = npt.NDArray[np.bool_]
Explained = tuple[Question, Evidence, list[Cause]]


def explained(question: Question) -> Explained:
    """The leaves that say anything, what they say, and the causes."""
    known = np.isfinite(question.expected)
    if are_counts(question.actual[known], question.expected[known]):
        return _explained_counts(question.rows(known))
    off = deviations(question.actual, question.expected)
    told = np.isfinite(off) & ~silent(question.actual, question.expected)
    if not told.any():
        return question.rows(told), level_evidence(off[told], 1.0), []
    asked, evidence, causes = _explained_levels(question.rows(told))
    return asked, evidence, [_named(question.attributes, told, cause) for cause in causes]


def _explained_levels(question: Question) -> Explained:
    off = deviations(question.actual, question.expected)
    noise, freaks = question.usual or noise_of(off), FREAK
    for _ in range(ROUNDS):
        evidence = level_evidence(off, noise, freaks)
        causes = explain(question.attributes, evidence)
        wide = np.ones(len(off), dtype=np.bool_)
        for cause in causes:
            wide[cause.leaves] &= len(cause.leaves) == 1
        refined = max(noise_of_rest(off[_rest(off, causes)], noise), question.usual)
        found = freaks_among(off[wide], refined)
        if abs(refined / noise - 1) < SETTLED and found <= freaks:
            break
        noise, freaks = refined, max(found, freaks)
    return question, evidence, causes


def _explained_counts(question: Question) -> Explained:
    """From two guesses of how many leaves are under a cause; the shortest account is told: of all
    counts, ln of how likely they are with the causes, less what it costs to name these."""
    actual, expected = question.actual, question.expected
    best: tuple[float, Explained] | None = None
    tried: set[Spread] = set()
    for spread in (spread_of(actual, expected), tightest_spread_of(actual, expected)):
        for _ in range(ROUNDS):
            if spread in tried:
                break
            tried.add(spread)
            evidence = count_evidence(actual, expected, spread)
            causes = explain(question.attributes, evidence)
            account = likelihood(actual, expected, spread) + sum(one.gain for one in causes)
            if best is None or account > best[0]:
                best = account, (question, evidence, causes)
            rest = _rest(actual, causes)
            spread = spread_of(actual[rest], expected[rest]) if rest.any() else spread
    assert best is not None  # the first spread has been tried
    return best[1]


def _rest(leaves: npt.NDArray[np.float64], causes: list[Cause]) -> Mask:
    rest: Mask = np.ones(len(leaves), dtype=np.bool_)
    for cause in causes:
        rest[cause.leaves] = False
    return rest


def _named(everything: Attributes, told: Mask, cause: Cause) -> Cause:
    """A cause without attributes by the value that all leaves with figures have, if others have
    another one: what is 0 in both figures has no part in it."""
    if cause.positions or told.all():
        return cause
    codes = everything.codes
    first = codes[np.flatnonzero(told)[0]]
    same = (codes[told] == first).all(axis=0) & (first >= 0)
    having = (codes == first).sum(axis=0)
    shared = [p for p in np.flatnonzero(same) if having[p] < len(codes)]
    if not shared:
        return cause
    narrowest = int(min(shared, key=lambda p: having[p]))
    return replace(cause, positions=(narrowest,), codes=(int(first[narrowest]),))
