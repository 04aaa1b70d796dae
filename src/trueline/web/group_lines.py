"""One line per group (or offering, segment ...) and objective: who is in trouble, worst first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from trueline.assessment.values import Verdict
from trueline.calendars.periods import parse_period
from trueline.offerings.values import ServiceLevelObjective, Statistic
from trueline.web.daily import FloatMatrix, Mask, ObjectiveDays
from trueline.web.records import Records, newest
from trueline.web.results import StoredAssessment
from trueline.web.wording import SHARES, STALE, STATES, StateWord

ADDED_UP = frozenset({Statistic.SUM, Statistic.EVENT_COUNT})
RULE_ORDER = ("pooled", "customer_weighted", "k_of_n", "any_down", "all_down", "worst")


@dataclass(frozen=True)
class AggregateFigure:
    """A row of AGGREGATE_SCHEMA."""

    dimension: str
    key: str
    objective_id: str
    rule: str
    value: float | None
    members: int
    assessed: int
    met: int
    at_risk: int
    violated: int
    not_assessable: int
    not_applicable: int
    share_met: float | None
    share_low: float | None
    share_high: float | None
    coverage: float | None
    good_s: int
    bad_s: int
    excluded_s: int
    unknown_s: int
    worst_members: tuple[str, ...]


@dataclass(frozen=True)
class ObjectiveRows:
    """The rows of one objective as arrays, in row order."""

    product_ids: npt.NDArray[np.object_]
    verdicts: npt.NDArray[np.object_]
    allowance: npt.NDArray[np.float64]


@dataclass(frozen=True)
class DailyLine:
    """What the small line of a set shows, day by day, and what it is called."""

    values: tuple[float | None, ...]
    name: str
    is_share: bool  # of good time; else in the unit of the objective
    target: float | None  # where single days compare with it


@dataclass(frozen=True)
class GroupLine:
    figure: AggregateFigure
    objective: ServiceLevelObjective | None
    several_targets: bool
    misses: bool  # the group's own figure misses the target
    counts: dict[str, int]  # verdicts of members by state, and stale members
    allowance: float | None
    allowance_of: str  # "group" (pooled time) or "median member"
    daily: DailyLine
    days: tuple[date, ...]
    data_until: date | None

    @property
    def state(self) -> StateWord:
        """The worst verdict among the members: an average never hides a miss."""
        present = [word for word in STATES.values() if self.counts.get(word.key)]
        order = sorted(present, key=lambda word: word.rank)
        return order[0] if order else STATES[Verdict.NOT_APPLICABLE]

    @property
    def worst_first(self) -> tuple[float, float, float]:
        """Violated by the surest miss first (Wilson's upper bound), then the other states."""
        high = self.figure.share_high
        return (self.state.rank, 1.0 if high is None else high, -self.figure.violated)


@lru_cache(maxsize=8)
def figures(assessment: StoredAssessment) -> tuple[AggregateFigure, ...]:
    kept = assessment.aggregates.to_pylist()
    for entry in kept:
        entry["worst_members"] = tuple(entry["worst_members"] or ())
    return tuple(AggregateFigure(**entry) for entry in kept)


def leading_figures(found: Iterable[AggregateFigure]) -> list[AggregateFigure]:
    """One figure per set and objective: the pooled one where several rules were computed."""
    best: dict[tuple[str, str, str], AggregateFigure] = {}
    for figure in found:
        key = (figure.dimension, figure.key, figure.objective_id)
        if key not in best or _rule_rank(figure.rule) < _rule_rank(best[key].rule):
            best[key] = figure
    return list(best.values())


def _rule_rank(rule: str) -> int:
    return RULE_ORDER.index(rule) if rule in RULE_ORDER else len(RULE_ORDER)


@lru_cache(maxsize=512)
def objective_rows(assessment: StoredAssessment, objective_id: str) -> ObjectiveRows:
    rows = assessment.rows.filter(pc.equal(assessment.rows["objective_id"], objective_id))
    return ObjectiveRows(
        rows["product_id"].to_numpy(),
        rows["verdict"].to_numpy(),
        rows["allowance_left"].to_numpy().astype(np.float64),
    )


@lru_cache(maxsize=8)
def products_in_trouble(assessment: StoredAssessment) -> tuple[tuple[str, ...], int]:
    """Products with a violated objective, and how many have any verdict that applies."""
    verdicts, products = assessment.rows["verdict"], assessment.rows["product_id"]
    violating = products.filter(pc.equal(verdicts, Verdict.VIOLATED.value))
    applying = products.filter(pc.not_equal(verdicts, Verdict.NOT_APPLICABLE.value))
    return tuple(sorted(set(violating.to_pylist()))), len(pc.unique(applying))


@lru_cache(maxsize=64)
def dimension_lines(
    assessment: StoredAssessment, records: Records, dimension: str
) -> tuple[GroupLine, ...]:
    """Every line of a dimension, worst first; stored figures do not change, so drawn up once."""
    own = [figure for figure in figures(assessment) if figure.dimension == dimension]
    return tuple(group_lines(assessment, records, own))


def group_lines(
    assessment: StoredAssessment, records: Records, chosen: Iterable[AggregateFigure]
) -> list[GroupLine]:
    """Lines of the chosen figures, worst first."""
    masks: dict[tuple[str, str], Mask] = {}
    lines = []
    for figure in leading_figures(chosen):
        at = (figure.dimension, figure.key)
        if at not in masks:
            ids = records.members_by_key(figure.dimension).get(figure.key, ())
            masks[at] = assessment.daily.mask(ids)
        lines.append(_line(assessment, records, figure, masks[at]))
    return sorted(lines, key=lambda line: (line.worst_first, line.figure.key))


def _line(
    assessment: StoredAssessment, records: Records, figure: AggregateFigure, mask: Mask
) -> GroupLine:
    promised = _promised(records, figure, parse_period(assessment.facts.period).first)
    objective = newest(promised)
    several = len({o.conformance_target for o in promised}) > 1
    member_ids = set(records.members_by_key(figure.dimension).get(figure.key, ()))
    counts, allowances = _counted(assessment, figure.objective_id, member_ids)
    allowance, allowance_of = _allowance(figure, objective, allowances)
    days = assessment.daily.objectives.get(figure.objective_id)
    own = days.of(mask) if days is not None else None
    return GroupLine(
        figure=figure,
        objective=objective,
        several_targets=several,
        misses=not several and _misses(figure.value, objective),
        counts=counts,
        allowance=allowance,
        allowance_of=allowance_of,
        daily=daily_line(own, objective),
        days=own.days if own is not None else (),
        data_until=own.last_known_day() if own is not None else None,
    )


def _promised(
    records: Records, figure: AggregateFigure, day: date
) -> tuple[ServiceLevelObjective, ...]:
    """The objective as the offerings of the members promise it on `day`."""
    ids = records.members_by_key(figure.dimension).get(figure.key, ())
    offerings = {records.inventory.products[p].offering_id for p in ids}
    found = records.promised_on(figure.objective_id, day, offerings)
    return found or records.objectives.get(figure.objective_id, ())


def _counted(
    assessment: StoredAssessment, objective_id: str, members: set[str]
) -> tuple[dict[str, int], npt.NDArray[np.float64]]:
    rows = objective_rows(assessment, objective_id)
    own = np.fromiter((p in members for p in rows.product_ids), np.bool_, len(rows.product_ids))
    names, counted = np.unique(rows.verdicts[own].astype(str), return_counts=True)
    counts = {str(name): int(count) for name, count in zip(names, counted, strict=True)}
    counts[STALE.key] = len(assessment.daily.stale_products(objective_id) & members)
    return counts, rows.allowance[own]


def _misses(value: float | None, objective: ServiceLevelObjective | None) -> bool:
    if value is None or objective is None or objective.statistic in ADDED_UP:
        return False  # a total over many members says nothing against the promise to one
    target = objective.conformance_target
    return not objective.comparator.holds(Decimal(repr(float(value))), target)


def _allowance(
    figure: AggregateFigure,
    objective: ServiceLevelObjective | None,
    allowances: npt.NDArray[np.float64],
) -> tuple[float | None, str]:
    """Pooled where bad time is what the target allows, else the median member's."""
    if objective is not None and objective.statistic in SHARES:
        allowed = 1.0 - float(objective.conformance_target)
        known = figure.good_s + figure.bad_s
        if 0 < allowed < 1 and known:
            return 1.0 - figure.bad_s / (allowed * known), "group"
    present = allowances[~np.isnan(allowances)]
    return (float(np.median(present)), "median member") if len(present) else (None, "")


def daily_line(days: ObjectiveDays | None, objective: ServiceLevelObjective | None) -> DailyLine:
    """Good time where the promise speaks of time; else what the days of the members come to:
    counts added up, longest events at their worst, other figures as the median member has them."""
    target = float(objective.conformance_target) if objective else None
    if days is None or objective is None:
        return DailyLine((), "Daily figures", False, None)
    if objective.statistic in SHARES:
        return DailyLine(_listed(days.share_good()), "Daily share of good time", True, target)
    if objective.statistic in ADDED_UP:
        return DailyLine(_listed(_daily(np.sum, days.value)), "Daily total", False, None)
    if objective.statistic == Statistic.LONGEST_EVENT or objective.of == "max":
        return DailyLine(_listed(_daily(np.max, days.value)), "Worst member's day", False, target)
    name = "Median member's daily value"
    return DailyLine(_listed(_daily(np.median, days.value)), name, False, target)


def _daily(joined: Callable[[FloatMatrix], np.float64], values: FloatMatrix) -> FloatMatrix:
    """Known values of each day joined into one; NaN where no member has any."""
    found = np.full(values.shape[1], np.nan)
    for day in range(values.shape[1]):
        known = values[:, day][~np.isnan(values[:, day])]
        if len(known):
            found[day] = joined(known)
    return found


def _listed(line: FloatMatrix) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in line)
