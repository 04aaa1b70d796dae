"""Shares of good time of a whole plan under thresholds that may never have been watched, with what
they are at least and at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from trueline.assessment.summaries.reduce import Watch
from trueline.assessment.summaries.runs import Integers
from trueline.assessment.summaries.schemas import DAY_S, KNOWN
from trueline.assessment.summaries.thresholds import SIDED, Bounded, ThresholdAsked, bounded_shares
from trueline.assessment.summaries.wishes import watch_of
from trueline.assessment.verdict_columns import MOST_SECONDS, ShareColumns, decided_columns, fits
from trueline.calendars.intervals import Interval
from trueline.offerings.values import ServiceLevelObjective, Statistic


@dataclass(frozen=True)
class BoundedRows:
    """Rows of ROW_SCHEMA as taken, with as much good time as may be, and as little; `labels`: of
    the period of each. `exact`: nothing is in question. `left`: ids of products of which nothing
    can be said, in some period."""

    rows: pa.Table
    best: pa.Table
    worst: pa.Table
    labels: Sequence[str]
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
    summaries: OpenSummaries, asked: Sequence[ColumnsAsked], beside: Watch | None
) -> list[BoundedRows]:
    """Several questions of the same products at once. `beside`: a threshold of the same reading
    that may be watched."""
    numbers = _Numbers(summaries, beside)
    planned = [_Planned.of(numbers, one) for one in asked]
    works = [work for one in planned for work in one.works()]
    for work in sorted(works, key=lambda work: work.place):  # a month is read once for all
        work.do(numbers)
    return [one.rows() for one in planned]


@dataclass(frozen=True)
class _Planned:
    """A plan with its questions, and what is found of each row."""

    numbers: _Numbers
    plan: ColumnPlan
    questions: SharesAsked
    found: Bounded

    @classmethod
    def of(cls, numbers: _Numbers, asked: ColumnsAsked) -> _Planned:
        wanted = asked.objective_ids or frozenset()
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
        none = np.zeros((5, len(plan)), np.int64)
        return cls(numbers, plan, questions, Bounded(np.ones(len(plan), np.bool_), *none))

    def works(self) -> Iterator[_Work]:
        """The rows by range of products, period and threshold."""
        asked = self.questions
        busy = (asked.product >= 0) & (asked.start_s < asked.end_s)
        ranges = np.where(busy, asked.product // KEYS_PER_PART, -1)
        groups: dict[tuple[int, Interval, Watch, bool], list[int]] = {}
        for place, due in enumerate(self.plan.dues):
            about = (
                self.plan.bounds[place],
                self.numbers.wanted(due),
                self.numbers.is_watched(due),
            )
            for one in np.unique(ranges[(self.plan.due == place) & busy]).tolist():
                groups.setdefault((one, *about), []).append(place)
        for (one, bounds, wanted, watched), places in groups.items():
            rows = np.flatnonzero(np.isin(self.plan.due, places) & (ranges == one))
            yield _Work((one, bounds[0]), self, rows, wanted, watched)

    def rows(self) -> BoundedRows:
        plan, found = self.plan, self.found
        told = found.told & (plan.end_s - plan.start_s < MOST_SECONDS)
        rows = np.flatnonzero(told)
        mine, known_s, samples = plan.take(rows), found.known_s[rows], found.samples[rows]
        taken, best, worst = (
            decided_columns(mine, ShareColumns(known_s, good[rows], samples))
            for good in (found.good_s, found.most_s, found.least_s)
        )
        left = {plan.products[place].id for place in np.unique(plan.product[~told]).tolist()}
        left |= {one.id for one in plan.left}
        labels = [plan.dues[place].period.label for place in mine.due.tolist()]
        exact = bool((found.least_s == found.most_s).all())
        return BoundedRows(taken, best, worst, labels, exact, frozenset(left))


@dataclass(frozen=True)
class _Work:
    """Rows of one plan that one month of one range of products tells. `place`: which."""

    place: tuple[int, int]
    planned: _Planned
    rows: Integers
    wanted: Watch
    watched: bool

    def do(self, numbers: _Numbers) -> None:
        asked = self.planned.questions.take(self.rows)
        first, last = int(asked.start_s.min()), int(asked.end_s.max())
        daily = numbers.summaries.daily(self.place[0] * KEYS_PER_PART, first, last)
        part = None if daily is None else _part(daily, numbers, asked, (self.wanted, self.watched))
        for name in (field.name for field in fields(Bounded)):
            found = getattr(self.planned.found, name)
            found[self.rows] = False if part is None else getattr(part, name)


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
