"""What began shortly before the first violated day, of more members than chance gives.

Such a thing *happened before*; it is not shown to be the cause. Of N products K had it in the days
before; of the n that are affected, x had it. The chance of x or more is the hypergeometric tail,
turned into q-values over everything that happened (Benjamini and Hochberg, 1995).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from trueline.assessment.false_discovery import q_values
from trueline.problems.enrichment import tail

DAY_S = 86_400
# How long before the first violated day something may have begun.
DAYS_BEFORE = 14
SURE = 0.05
LEAST = 2


@dataclass(frozen=True)
class Happening:
    """Something that began for a product at `at_s` (UTC seconds). What has the same `what` is the
    same thing. `same_day`: it may have begun on the first violated day itself; False for what may
    be the violation seen from another side, as an outage is."""

    what: str
    product_id: str
    at_s: int
    same_day: bool


@dataclass(frozen=True)
class HappenedBefore:
    """`affected` of the finding's `members` had it, where chance gives `expected`; it began for
    them from `first_s` to `last_s` (UTC seconds)."""

    what: str
    affected: int
    members: int
    expected: float
    p: float
    q: float
    first_s: int
    last_s: int


def happened_before(
    happenings: Iterable[Happening], first_bad: Mapping[str, int], others: Iterable[str]
) -> list[HappenedBefore]:
    """What happened before, the least likely first.

    `first_bad` gives the first violated day of each affected product (days since 1970, UTC);
    products in `others` kept the line, and are looked at before the middle one of those days.
    """
    if not first_bad:
        return []
    middle = sorted(first_bad.values())[len(first_bad) // 2]
    until = dict.fromkeys(others, middle) | dict(first_bad)
    seen: dict[str, dict[str, int]] = defaultdict(dict)
    for one in happenings:
        day = until.get(one.product_id)
        if day is not None and _shortly_before(one, day):
            began = seen[one.what].get(one.product_id, one.at_s)
            seen[one.what][one.product_id] = min(began, one.at_s)
    return _unlikely(seen, first_bad, len(until))


def _shortly_before(one: Happening, day: int) -> bool:
    last = day + 1 if one.same_day else day
    return (day - DAYS_BEFORE) * DAY_S <= one.at_s < last * DAY_S


def _unlikely(
    seen: Mapping[str, Mapping[str, int]], first_bad: Mapping[str, int], total: int
) -> list[HappenedBefore]:
    names, chances = [], []
    for what, began in seen.items():
        shared = sum(product in first_bad for product in began)
        if shared >= LEAST:
            names.append(what)
            chances.append(tail(total, len(began), len(first_bad), shared))
    if not names:
        return []
    found = []
    for what, p, q in zip(names, chances, q_values(np.array(chances)), strict=True):
        times = [at for product, at in seen[what].items() if product in first_bad]
        expected = len(seen[what]) * len(first_bad) / total
        if q <= SURE:
            found.append(
                HappenedBefore(
                    what,
                    len(times),
                    len(first_bad),
                    expected,
                    p,
                    float(q),
                    min(times),
                    max(times),
                )
            )
    return sorted(found, key=lambda one: (one.p, one.what))
