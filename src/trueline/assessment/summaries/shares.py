"""Shares of good time decided as whole columns: planned, asked of summaries, and told as rows."""

from __future__ import annotations

from datetime import date

import numpy as np

from trueline.assessment.at_once import ColumnsAsked, DecidedColumns
from trueline.assessment.plan import Due, Kinds
from trueline.assessment.planned_columns import Sorting, plan_columns
from trueline.assessment.summaries.daily import SharesAsked, SharesFound
from trueline.assessment.summaries.opened import OpenSummaries
from trueline.assessment.summaries.parts import KEYS_PER_PART
from trueline.assessment.summaries.wishes import watch_of
from trueline.assessment.verdict_columns import MOST_SECONDS, ShareColumns, decided_columns, fits
from trueline.offerings.values import ServiceLevelObjective, Statistic

_EPOCH = date(1970, 1, 1)


def decided_at_once(summaries: OpenSummaries, asked: ColumnsAsked) -> DecidedColumns:
    """Rows of the shares of good time that the summaries tell exactly, and what is left."""
    numbers = _Numbers(summaries, {})
    wanted = asked.objective_ids

    def is_asked(due: Due) -> bool:
        return wanted is None or due.applied.objective.id in wanted

    def decides(due: Due) -> bool:
        return numbers.of(due) is not None

    kinds = Kinds(asked.catalog, asked.snapshot, asked.plan)
    plan = plan_columns(asked.products, kinds, asked.exclusions, Sorting(is_asked, decides))
    keys = np.array([asked.keys.get(one.id, -1) for one in plan.products], np.int64)
    questions = SharesAsked(
        keys[plan.product],
        plan.by_due(lambda due: numbers.known(due)[0]),
        plan.by_due(lambda due: numbers.known(due)[1]),
        plan.start_s,
        plan.end_s,
        plan.away,
    )
    found = _found(summaries, questions)
    sure = found.kept & (plan.end_s - plan.start_s < MOST_SECONDS)
    doubtful = np.unique(plan.product[~sure]).tolist()
    doubted = np.zeros(len(plan.products), np.bool_)
    doubted[doubtful] = True
    rows = np.flatnonzero(~doubted[plan.product])
    figures = ShareColumns(found.known_s[rows], found.good_s[rows], found.samples[rows])
    named = {one.id for one in plan.left}
    more = [plan.products[place] for place in doubtful if plan.products[place].id not in named]
    mine = plan.take(rows)
    return DecidedColumns(
        decided_columns(mine, figures),
        mine.by_due(lambda due: (due.period.first - _EPOCH).days).astype(np.int32),
        frozenset(numbers.taken),
        frozenset(plan.products[place].id for place in doubtful),
        [*plan.left, *more],
    )


class _Numbers:
    """By objective, the numbers of its reading and threshold; None where columns do not decide."""

    def __init__(self, summaries: OpenSummaries, found: dict[int, tuple[int, int] | None]) -> None:
        self._summaries = summaries
        self._found = found

    @property
    def taken(self) -> list[int]:
        return [key for key, numbers in self._found.items() if numbers is not None]

    def of(self, due: Due) -> tuple[int, int] | None:
        objective = due.applied.objective
        if id(objective) not in self._found:
            self._found[id(objective)] = self._numbers(due, objective)
        return self._found[id(objective)]

    def known(self, due: Due) -> tuple[int, int]:
        numbers = self.of(due)
        assert numbers is not None
        return numbers

    def _numbers(self, due: Due, objective: ServiceLevelObjective) -> tuple[int, int] | None:
        if objective.statistic is not Statistic.CONFORMANCE or not fits(objective):
            return None
        watched = watch_of(objective, due.parameter) if due.parameter else None
        if watched is None:
            return None
        reading, watch = self._summaries.reading(watched[0]), self._summaries.watch(watched[1])
        return None if reading is None or watch is None else (reading, watch)


def _found(summaries: OpenSummaries, asked: SharesAsked) -> SharesFound:
    """Figures of every question, range of products by range."""
    rows = len(asked)
    sure = np.ones((2, rows), np.bool_)
    found = SharesFound(*sure, *np.zeros((3, rows), np.int64))
    busy = np.flatnonzero((asked.product >= 0) & (asked.start_s < asked.end_s))
    ranges = asked.product[busy] // KEYS_PER_PART
    for one in np.unique(ranges).tolist():
        mine = busy[ranges == one]
        first, last = int(asked.start_s[mine].min()), int(asked.end_s[mine].max())
        daily = summaries.daily(one * KEYS_PER_PART, first, last)
        if daily is None:
            found.kept[mine] = False
            continue
        part = daily.figures(asked.take(mine))
        found.kept[mine] = part.kept
        found.known_s[mine] = part.known_s
        found.good_s[mine] = part.good_s
        found.samples[mine] = part.samples
    return found
