"""Shares of good time and percentiles decided as whole columns: planned, asked of summaries, and
told as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa

from trueline.assessment.at_once import ColumnsAsked, DecidedColumns
from trueline.assessment.plan import Due, Kinds
from trueline.assessment.planned_columns import ColumnPlan, Sorting, plan_columns
from trueline.assessment.readings import reading_of
from trueline.assessment.summaries.daily import SharesAsked
from trueline.assessment.summaries.opened import OpenSummaries
from trueline.assessment.summaries.parts import KEYS_PER_PART
from trueline.assessment.summaries.percentiles import Percentiles, percentiles_of
from trueline.assessment.summaries.runs import Flags, Integers
from trueline.assessment.summaries.schemas import DOUBLES, KNOWN
from trueline.assessment.summaries.wishes import watch_of
from trueline.assessment.verdict_columns import (
    MOST_SECONDS,
    MOST_VALUE,
    SampleColumns,
    ShareColumns,
    decided_columns,
    decided_samples,
    fits,
    fits_samples,
)
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
    ranked = plan.by_due(lambda due: int(due.applied.objective.statistic is Statistic.PERCENTILE))
    found = _found(summaries, questions, _Asked(plan, ranked.astype(np.bool_)))
    sure = found.sure & (plan.end_s - plan.start_s < MOST_SECONDS)
    doubtful = np.unique(plan.product[~sure]).tolist()
    named = {one.id for one in plan.left}
    more = [plan.products[place] for place in doubtful if plan.products[place].id not in named]
    tables, days = [], []
    for rows, decided in ((~found.ranked, found.shares), (found.ranked, found.percentiles)):
        mine = np.flatnonzero(rows & sure)
        part = plan.take(mine)
        tables.append(decided(part, mine))
        days.append(part.by_due(lambda due: (due.period.first - _EPOCH).days))
    doubts = (plan.doubt(place) for place in np.flatnonzero(~sure).tolist())
    return DecidedColumns(
        pa.concat_tables(tables),
        np.concatenate(days).astype(np.int32),
        frozenset(numbers.taken),
        frozenset(doubts),
        [*plan.left, *more],
    )


@dataclass(frozen=True)
class _Asked:
    """The rows of a plan; `ranked`: those that ask for a percentile."""

    plan: ColumnPlan
    ranked: Flags

    def ranks(self, rows: Integers, numbers: Integers) -> Integers:
        """The rank of each row's percentile among its numbers."""
        plan = self.plan
        parts = [
            (Fraction(due.applied.objective.percentile or 0) / 100).as_integer_ratio()
            for due in plan.dues
        ]
        part, whole = np.array(parts, np.int64).reshape(-1, 2)[plan.due[rows]].T
        found: Integers = np.maximum(1, -(-part * numbers // whole))
        return found


@dataclass(frozen=True)
class _Found:
    """What is found of every row; `part` and `over`: the value of a percentile."""

    sure: Flags
    ranked: Flags
    known_s: Integers
    good_s: Integers
    samples: Integers
    part: Integers
    over: Integers

    def shares(self, plan: ColumnPlan, rows: Integers) -> pa.Table:
        figures = ShareColumns(self.known_s[rows], self.good_s[rows], self.samples[rows])
        return decided_columns(plan, figures)

    def percentiles(self, plan: ColumnPlan, rows: Integers) -> pa.Table:
        seconds = (self.known_s[rows], self.samples[rows])
        return decided_samples(plan, SampleColumns(*seconds, self.part[rows], self.over[rows]))


def _found(summaries: OpenSummaries, asked: SharesAsked, rows: _Asked) -> _Found:
    """Figures of every question, range of products by range."""
    size, ranked = len(asked), rows.ranked
    found = _Found(np.ones(size, np.bool_), ranked, *np.zeros((5, size), np.int64))
    busy = np.flatnonzero((asked.product >= 0) & (asked.start_s < asked.end_s))
    ranges = asked.product[busy] // KEYS_PER_PART
    for one in np.unique(ranges).tolist():
        mine = busy[ranges == one]
        first, last = int(asked.start_s[mine].min()), int(asked.end_s[mine].max())
        daily = summaries.daily(one * KEYS_PER_PART, first, last)
        if daily is None:
            found.sure[mine] = False
            continue
        part = daily.figures(asked.take(mine))
        found.sure[mine] = np.where(ranked[mine], part.summed, part.kept)
        found.known_s[mine] = part.known_s
        found.good_s[mine] = part.good_s
        found.samples[mine] = part.samples
        some = np.flatnonzero(ranked[mine])
        if len(some):
            at = mine[some]
            ranks = rows.ranks(at, part.numbers[some])
            told = percentiles_of(daily, asked.take(at), part.take(some), ranks)
            values = value_ratios(told)
            found.sure[at] &= told.told & values.fit
            found.part[at], found.over[at] = values.part, values.over
    return found


@dataclass(frozen=True)
class ValueRatios:
    """Values as fractions; none where `over` is 0. `fit`: whether both parts are small enough."""

    fit: Flags
    part: Integers
    over: Integers


def value_ratios(told: Percentiles) -> ValueRatios:
    """Scaled whole numbers by their decimals, doubles by their shortest text."""
    scale = 10.0 ** np.clip(told.decimals, 0, 9)
    whole = (told.decimals >= 0) & (told.decimals <= 9) & (np.abs(told.value) < MOST_VALUE)
    part = np.where(whole, told.value, 0).astype(np.int64)
    over, fit = np.where(whole, scale, 1).astype(np.int64), whole.copy()
    doubles = np.flatnonzero(told.there & told.told & (told.decimals == DOUBLES))
    values, places = np.unique(told.value[doubles], return_inverse=True)
    exact = [Fraction(Decimal(repr(value))).as_integer_ratio() for value in values.tolist()]
    small = [abs(a) < MOST_VALUE and b < MOST_VALUE for a, b in exact]
    pairs = [pair if ok else (0, 1) for pair, ok in zip(exact, small, strict=True)]
    both = np.array(pairs, np.int64).reshape(-1, 2)[places]
    part[doubles], over[doubles] = both[:, 0], both[:, 1]
    fit[doubles] = np.array(small, np.bool_)[places]
    return ValueRatios(fit | ~told.there, part, np.where(told.there, over, 0))


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
        if objective.statistic is Statistic.PERCENTILE and due.parameter is not None:
            if not fits_samples(objective) or objective.percentile is None:
                return None
            plain = self._summaries.reading(reading_of(due.parameter, objective.statistic))
            return None if plain is None else (plain, KNOWN)
        if objective.statistic is not Statistic.CONFORMANCE or not fits(objective):
            return None
        watched = watch_of(objective, due.parameter) if due.parameter else None
        if watched is None:
            return None
        reading, watch = self._summaries.reading(watched[0]), self._summaries.watch(watched[1])
        return None if reading is None or watch is None else (reading, watch)
