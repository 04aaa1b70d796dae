"""Shares of good time of a whole plan under thresholds that may never have been watched, with what
they are at least and at most."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from trueline.assessment.at_once import ColumnsAsked
from trueline.assessment.plan import Due, Kinds
from trueline.assessment.planned_columns import ColumnPlan, Sorting, plan_columns
from trueline.assessment.summaries.daily import DailySums, SharesAsked
from trueline.assessment.summaries.due import month_of
from trueline.assessment.summaries.opened import OpenSummaries
from trueline.assessment.summaries.parts import KEYS_PER_PART
from trueline.assessment.summaries.reduce import DAY_S, KNOWN, Watch
from trueline.assessment.summaries.runs import Integers
from trueline.assessment.summaries.thresholds import SIDED, Bounded, ThresholdAsked, bounded_shares
from trueline.assessment.summaries.wishes import watch_of
from trueline.assessment.verdict_columns import MOST_SECONDS, ShareColumns, decided_columns, fits
from trueline.offerings.values import ServiceLevelObjective, Statistic


@dataclass(frozen=True)
class BoundedRows:
    """Rows of ROW_SCHEMA as taken, with as much good time as may be, and as little. `exact`:
    nothing is in question. `left`: ids of products of which nothing can be said."""

    rows: pa.Table
    best: pa.Table
    worst: pa.Table
    exact: bool
    left: frozenset[str]


def may_be_bounded(objective: ServiceLevelObjective) -> bool:
    """Whether histograms say something of an objective's shares of good time."""
    return (
        objective.statistic is Statistic.CONFORMANCE
        and fits(objective)
        and objective.threshold is not None
        and objective.threshold.comparator in SIDED
        and objective.service_hours is None
        and objective.conformance_period == "P1M"
    )


def bounded_rows(
    summaries: OpenSummaries, asked: ColumnsAsked, beside: Watch | None
) -> BoundedRows:
    """`beside`: a threshold of the same reading that may be watched."""
    wanted = asked.objective_ids or frozenset()
    numbers = _Numbers(summaries, beside)
    sorting = Sorting(lambda due: due.applied.objective.id in wanted, numbers.tell)
    kinds = Kinds(asked.catalog, asked.snapshot, asked.plan)
    plan = plan_columns(asked.products, kinds, asked.exclusions, sorting)
    keys = np.array([asked.keys.get(one.id, -1) for one in plan.products], np.int64)
    questions = SharesAsked(
        keys[plan.product],
        plan.by_due(lambda due: numbers.reading(due) or 0),
        plan.by_due(lambda due: _number(numbers.watched(due))),
        plan.start_s,
        plan.end_s,
        plan.away,
    )
    found = _found(numbers, plan, questions)
    told = found.told & (plan.end_s - plan.start_s < MOST_SECONDS)
    rows = np.flatnonzero(told)
    mine = plan.take(rows)
    rows_taken, best, worst = (
        decided_columns(mine, ShareColumns(found.known_s[rows], good[rows], found.samples[rows]))
        for good in (found.good_s, found.most_s, found.least_s)
    )
    untold = {plan.products[place].id for place in np.unique(plan.product[~told]).tolist()}
    exact = bool((found.least_s == found.most_s).all())
    left = frozenset(untold | {one.id for one in plan.left})
    return BoundedRows(rows_taken, best, worst, exact, left)


@dataclass(frozen=True)
class _Numbers:
    """What is due by its numbers in the summaries."""

    summaries: OpenSummaries
    beside: Watch | None

    def tell(self, due: Due) -> bool:
        return may_be_bounded(due.applied.objective) and self.reading(due) is not None

    def wanted(self, due: Due) -> Watch:
        assert due.parameter is not None
        watched = watch_of(due.applied.objective, due.parameter)
        assert watched is not None
        return watched[1]

    def reading(self, due: Due) -> int | None:
        watched = watch_of(due.applied.objective, due.parameter) if due.parameter else None
        return None if watched is None else self.summaries.reading(watched[0])

    def watched(self, due: Due) -> int | None:
        """The threshold itself, else the one beside it."""
        found = self.summaries.watch(self.wanted(due))
        if found is None and self.beside is not None:
            return self.summaries.watch(self.beside)
        return found

    def is_watched(self, due: Due) -> bool:
        return self.summaries.watch(self.wanted(due)) is not None


def _number(watch: int | None) -> int:
    return KNOWN if watch is None else watch


def _found(numbers: _Numbers, plan: ColumnPlan, asked: SharesAsked) -> Bounded:
    """Figures of every row, by range of products and what is due."""
    rows = len(plan)
    found = Bounded(np.ones(rows, np.bool_), *np.zeros((5, rows), np.int64))
    busy = (asked.product >= 0) & (asked.start_s < asked.end_s)
    ranges = np.where(busy, asked.product // KEYS_PER_PART, -1)
    groups: dict[tuple[int, object, Watch, bool], list[int]] = {}
    for place, due in enumerate(plan.dues):
        mine = plan.due == place
        about = (plan.bounds[place], numbers.wanted(due), numbers.is_watched(due))
        for one in np.unique(ranges[mine & busy]).tolist():
            groups.setdefault((one, *about), []).append(place)
    for (one, _, wanted, watched), places in groups.items():
        at = np.flatnonzero(np.isin(plan.due, places) & (ranges == one))
        first, last = int(asked.start_s[at].min()), int(asked.end_s[at].max())
        daily = numbers.summaries.daily(one * KEYS_PER_PART, first, last)
        part = None if daily is None else _part(daily, numbers, asked.take(at), (wanted, watched))
        for name in (field.name for field in fields(Bounded)):
            getattr(found, name)[at] = False if part is None else getattr(part, name)
    return found


def _part(
    daily: DailySums, numbers: _Numbers, asked: SharesAsked, about: tuple[Watch, bool]
) -> Bounded:
    wanted, watched = about
    if not watched:
        kept = numbers.beside
        if kept is not None and numbers.summaries.watch(kept) is None:
            kept = None
        return bounded_shares(daily, ThresholdAsked(asked, wanted, kept, _month(asked)))
    exactly = Bounded.exactly(daily.figures(asked))
    if exactly.told.all():
        return exactly
    bounded = bounded_shares(daily, ThresholdAsked(asked, wanted, None, _month(asked)))
    return Bounded(
        *(
            np.where(exactly.told, getattr(exactly, one.name), getattr(bounded, one.name))
            for one in fields(Bounded)
        )
    )


def _month(asked: SharesAsked) -> tuple[int, int]:
    """The UTC month that holds the middle of the time asked about."""
    middle: Integers = (asked.start_s + asked.end_s) // 2
    return month_of(int(np.median(middle)) // DAY_S)
