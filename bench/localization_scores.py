"""Localization as it is scored: exact matches pooled over cases, exact sets, recall among k."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import starmap

from bench import localization_cases as made
from bench.localization_cases import Case, Cause
from bench.process import Stopwatch
from trueline.problems import localize

BEST = 3


@dataclass(frozen=True)
class Claim:
    """One case: the labels, the set claimed, the k best."""

    labels: Collection[Cause]
    claimed: Collection[Cause]
    best: Sequence[Cause] = ()


def f1(claims: Collection[Claim]) -> float:
    """2 TP / (2 TP + FP + FN), pooled."""
    right = sum(len(set(one.labels) & set(one.claimed)) for one in claims)
    wrong = sum(len(set(one.labels) ^ set(one.claimed)) for one in claims)
    return 2 * right / (2 * right + wrong) if right else 0.0


def exact(claims: Collection[Claim]) -> float:
    """Share of cases whose claimed set is the label set."""
    return sum(set(one.labels) == set(one.claimed) for one in claims) / len(claims)


def recall(claims: Collection[Claim], k: int) -> float:
    """Share of labels that are among the k best."""
    found = sum(len(set(one.labels) & set(one.best[:k])) for one in claims)
    return found / sum(len(set(one.labels)) for one in claims)


def measure(kind: str, first: int, count: int) -> dict:
    """Scores and seconds of so many cases of a kind; `first` is the first seed."""
    claims, seconds, cpu = [], [], []
    for case in _cases(kind, first, count):
        watch = Stopwatch()
        found = localize(case.table, case.attributes, **case.asked)
        spent = watch.read()
        seconds.append(spent["seconds"])
        cpu.append(spent["cpu_s"])
        best = localize(case.table, case.attributes, limit=BEST, **case.asked) if case.asked else []
        claims.append(Claim(case.causes, _named(found), _named(best)))
    return {
        "cases": len(claims),
        "f1": f1(claims),
        "exact": exact(claims),
        "recall": recall(claims, BEST),
        "slowest": max(seconds),
        "mean": sum(seconds) / len(seconds),
        "slowest_cpu": max(cpu),
    }


def _cases(kind: str, first: int, count: int) -> Iterable[Case]:
    seeds = range(first, first + count)
    makers: dict[str, Callable[[int], Case]] = {
        "S": lambda seed: made.layered(made.S, seed),
        "L": lambda seed: made.layered(made.L, seed),
        "B0-like": made.quantised,
        "B4-like": lambda seed: made.quantised(seed, noise=0.1),
        "counts": made.counted,
        "million": made.million,
    }
    if kind in makers:
        return starmap(makers[kind], ((seed,) for seed in seeds))
    return made.squeeze_cases() if kind == "B0" else made.robustspot_cases()


def _named(found: Iterable) -> list[Cause]:
    return [frozenset(one.attributes.items()) for one in found]
