"""What an assessment asks of the lake: one search per chunk of tasks, in few passes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Protocol

import ibis
import ibis.expr.types as ir

from trueline.assessment.array_sums import sum_arrays
from trueline.assessment.g826 import CONSECUTIVE, SEVERELY_ERRORED_FROM
from trueline.assessment.granule_sums import Demand, Tally, Wanted, sum_granules
from trueline.assessment.histogram import Histogram
from trueline.assessment.histogram_sums import histograms, sketched_percentile
from trueline.assessment.plan import Task, Unit
from trueline.assessment.readings import ColumnLike, GranulesLike, Reading, reading_of
from trueline.assessment.sorted_granules import SortedGranules
from trueline.assessment.states import (
    StateEvidence,
    StateRule,
    StateScan,
    cut_to,
    find_states,
    states_from_arrays,
)
from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.rule import (
    Source,
    UnavailableGranules,
)
from trueline.assessment.timeline import (
    Measured,
    fetch_measured,
    goodness,
)
from trueline.engine import Engine
from trueline.measurement.scan import GranuleScan, ScanRequest
from trueline.measurement.values import Event
from trueline.offerings.values import MissingData, ServiceLevelObjective, Statistic

DAY_S = 86_400
DEFAULT_THRESHOLD_C = Decimal("0.5")
DEFAULT_CONSECUTIVE_N = 10
STATE_HISTORY_S = 3 * 366 * DAY_S  # how far a state is followed beyond the period


class LakeLike(Protocol):
    """Where granules come from: the lake of a workspace, or a short series in memory."""

    def product_keys(self, ids: Sequence[str]) -> Mapping[str, int]: ...

    def extent(self, parameters: Sequence[str] | None = None) -> tuple[int, int] | None: ...

    def scan(self, engine: Engine, request: ScanRequest) -> GranuleScan: ...


@dataclass(frozen=True)
class EvidenceRequest:
    lake: LakeLike
    delivery: int
    events: Mapping[str, Sequence[Event]]
    as_of_s: int
    pooled: bool = False  # percentiles are to be pooled with those of other products


def needs_order(objective: ServiceLevelObjective) -> bool:
    """Whether the granules must be seen one after the other."""
    if objective.statistic is not Statistic.CONFORMANCE:
        return False
    crossings = objective.tolerance and objective.tolerance.allowed_crossings is not None
    held = objective.missing_data is MissingData.HOLD
    return bool(crossings or held or objective.raise_threshold is not None)


def state_rule(task: Task) -> StateRule:
    objective = task.objective
    hold = objective.missing_data is MissingData.HOLD
    if objective.statistic is Statistic.AVAILABILITY_G826:
        return StateRule(
            task.parameter.id,
            objective.threshold_c or SEVERELY_ERRORED_FROM,
            CONSECUTIVE,
            at_or_above=True,
            chli_p=objective.chli_p,
            hold=hold,
        )
    c = objective.threshold_c
    return StateRule(
        task.parameter.id,
        DEFAULT_THRESHOLD_C if c is None else c,
        objective.consecutive_interval_n or DEFAULT_CONSECUTIVE_N,
        chli_p=objective.chli_p,
        hold=hold,
    )


@dataclass(frozen=True)
class ClippedGranules:
    """A scan in which trusted granules of one product and parameter do not overlap."""

    table: ir.Table
    columns: Mapping[str, ColumnLike]


@dataclass
class GranuleSearch:
    engine: Engine
    request: EvidenceRequest
    tasks: Sequence[Task]
    keys: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = self.request.lake.product_keys(sorted({t.product_id for t in self.tasks}))

    @cached_property
    def _by_source(self) -> dict[Source, list[tuple[int, Task]]]:
        """Tasks whose product was ever measured and whose unit has time."""
        found: dict[Source, list[tuple[int, Task]]] = {}
        for number, task in enumerate(self.tasks):
            if task.unit.allowed and task.product_id in self.keys:
                source = RULES[task.objective.statistic].source
                found.setdefault(source, []).append((number, task))
        return found

    def _measured(self, *sources: Source) -> list[tuple[int, Task]]:
        return [pair for source in sources for pair in self._by_source.get(source, ())]

    def scan(
        self, parameters: Iterable[str], start_s: int, end_s: int, keys: Sequence[int]
    ) -> GranulesLike:
        scan = self.request.lake.scan(
            self.engine,
            ScanRequest(
                start_s=start_s,
                end_s=end_s,
                parameters=tuple(sorted(set(parameters))),
                delivery=self.request.delivery,
                product_keys=(min(keys), max(keys) + 1),
            ),
        )
        return without_overlap(scan) if scan.overlapping else scan

    def _extent(self, parameter: str, otherwise: tuple[int, int]) -> tuple[int, int]:
        return self.request.lake.extent([parameter]) or otherwise

    def longest_s(self, parameters: Iterable[str], first: int, last: int) -> int:
        """The longest granule that may reach into [first, last)."""
        request = ScanRequest(
            first - 366 * DAY_S, last, tuple(sorted(set(parameters))), self.request.delivery
        )
        return self.request.lake.scan(self.engine, request).max_duration_s

    @cached_property
    def arrays(self) -> SortedGranules | None:
        """Everything that sums and states need, read once, where the engine can hand it over."""
        if not self.engine.shares_memory:
            return None
        tasks = self._measured(Source.GRANULES, Source.STATES, Source.HISTOGRAM)
        if not tasks:
            return None
        units = _units(task for _, task in tasks)
        keys = sorted({self.keys[u.product_id] for u in units})
        parameters = {task.parameter.id for _, task in tasks}
        first, last = _hull(units)
        longest = self.longest_s(parameters, first, last)
        before = after = longest
        for _, task in self._measured(Source.STATES):
            margin = _margin_s(state_rule(task), longest)
            before, after = max(before, margin), max(after, margin)
        granules = self.scan(parameters, first - before, last + after, keys)
        return SortedGranules.read(self.engine, granules, keys)

    def tallies(self) -> tuple[dict[tuple[int, Reading], Tally], dict[int, int]]:
        """Tallies by unit and reading, and each task's position among its thresholds."""
        tasks = self._measured(Source.GRANULES, Source.STATES, Source.HISTOGRAM)
        if not tasks:
            return {}, {}
        wanted: dict[int, dict[Reading, Wanted]] = {}
        positions: dict[int, int] = {}
        for number, task in tasks:
            reading = reading_of(task.parameter, task.objective.statistic)
            mine = RULES[task.objective.statistic].wanted(task.objective)
            if self.request.pooled and mine.percentiles:
                mine = replace(mine, histogram=True)
            readings = wanted.setdefault(task.unit.number, {})
            so_far = readings.get(reading, Wanted())
            positions[number] = len(so_far.thresholds)
            readings[reading] = _merged(so_far, mine)
        units = _units(task for _, task in tasks)
        demand = Demand(units, self.keys, wanted)
        arrays = self.arrays
        if arrays is not None:
            return sum_arrays(arrays, demand), positions
        keys = [self.keys[u.product_id] for u in units]
        parameters = {task.parameter.id for _, task in tasks}
        first, last = _hull(units)
        base = self.scan(parameters, first, last, keys)
        longest = self.longest_s(parameters, first, last)
        cut = self.scan(parameters, first - longest, last, keys) if longest else base
        return sum_granules(self.engine, base, demand, cut), positions

    def sketched(self) -> dict[int, Fraction | None]:
        """Percentiles from histograms, by task."""
        found: dict[int, Fraction | None] = {}
        by_reading: dict[Reading, list[tuple[int, Task]]] = {}
        for number, task in self._measured(Source.HISTOGRAM):
            reading = reading_of(task.parameter, task.objective.statistic)
            by_reading.setdefault(reading, []).append((number, task))
        for reading, tasks in by_reading.items():
            known = self.histograms(_units(task for _, task in tasks), reading)
            for number, task in tasks:
                if task.objective.percentile is not None:
                    found[number] = sketched_percentile(known, task.unit, task.objective.percentile)
        return found

    def histograms(self, units: Sequence[Unit], reading: Reading) -> dict[int, Histogram]:
        first, last = _hull(units)
        keys = [self.keys[u.product_id] for u in units]
        granules = self.scan([reading.parameter], first, last, keys)
        return histograms(self.engine, granules, Demand(units, self.keys, {}), reading)

    def states(self) -> dict[int, UnavailableGranules]:
        by_rule: dict[StateRule, list[tuple[int, Task]]] = {}
        for number, task in self._measured(Source.STATES):
            by_rule.setdefault(state_rule(task), []).append((number, task))
        found: dict[int, UnavailableGranules] = {}
        for rule, tasks in by_rule.items():
            units = _units(task for _, task in tasks)
            evidence = self._state_evidence(rule, units)
            for number, task in tasks:
                states = evidence.products.get(self.keys[task.product_id])
                if states is not None:
                    found[number] = cut_to(task.unit, states, rule)
        return found

    def _state_evidence(self, rule: StateRule, units: Sequence[Unit]) -> StateEvidence:
        """States over the period and a margin; where the margin leaves a state open or a state is
        held, over all that was measured of that product in the years around."""
        first, last = _hull(units)
        keys = sorted({self.keys[u.product_id] for u in units})
        margin = _margin_s(rule, self.longest_s([rule.parameter], first, last))
        if self.arrays is not None:
            evidence = states_from_arrays(self.arrays, rule, keys)
        else:
            evidence = self._scanned_states(rule, keys, (first - margin, last + margin))
        begin, end = self._extent(rule.parameter, (first, last))
        wider = keys if rule.hold else evidence.undecided(keys)
        if wider and (begin < first - margin or end > last + margin):
            span = (max(begin, first - STATE_HISTORY_S), min(end, last + STATE_HISTORY_S))
            evidence.products.update(self._scanned_states(rule, wider, span).products)
        return evidence

    def _scanned_states(
        self, rule: StateRule, keys: Sequence[int], span: tuple[int, int]
    ) -> StateEvidence:
        granules = self.scan([rule.parameter], *span, keys)
        longest = self.longest_s([rule.parameter], *span)
        return find_states(self.engine, StateScan(granules, *span, longest), rule, keys)

    def judged(self) -> dict[int, list[tuple[Measured, bool]]]:
        """Known granules with their verdict in order, for the tasks that need them so."""
        by_reading: dict[Reading, list[tuple[int, Task]]] = {}
        for number, task in self._measured(Source.GRANULES):
            if needs_order(task.objective):
                reading = reading_of(task.parameter, task.objective.statistic)
                by_reading.setdefault(reading, []).append((number, task))
        found: dict[int, list[tuple[Measured, bool]]] = {}
        for reading, tasks in by_reading.items():
            keys = sorted({self.keys[t.product_id] for _, t in tasks})
            begin, _ = self._extent(reading.parameter, _hull(_units(t for _, t in tasks)))
            last = max(t.unit.allowed[-1][1] for _, t in tasks)
            granules = self.scan([reading.parameter], min(begin, last), last, keys)
            measured = fetch_measured(self.engine, granules, reading, keys)
            for number, task in tasks:
                mine = measured.get(self.keys[task.product_id], [])
                found[number] = goodness(task.objective, mine)
        return found


def _margin_s(rule: StateRule, longest_s: int) -> int:
    """How far around the period states are looked at first."""
    return max(2 * DAY_S, 4 * rule.n * longest_s)


def _merged(one: Wanted, other: Wanted) -> Wanted:
    return Wanted(
        thresholds=one.thresholds + other.thresholds,
        percentiles=tuple(dict.fromkeys(one.percentiles + other.percentiles)),
        moments=one.moments or other.moments,
        histogram=one.histogram or other.histogram,
    )


def _units(tasks: Iterable[Task]) -> list[Unit]:
    return list({t.unit.number: t.unit for t in tasks}.values())


def _hull(units: Sequence[Unit]) -> tuple[int, int]:
    return min(u.allowed[0][0] for u in units), max(u.allowed[-1][1] for u in units)


def without_overlap(granules: GranulesLike) -> ClippedGranules:
    """Each trusted granule ends where the next one of its product and parameter starts."""
    parts = []
    table = granules.table
    names = [n for c in granules.columns.values() for n in (c.value, c.denominator) if n]
    for column in granules.columns.values():
        mine = table.filter(~table.suspect, table[column.value].notnull())
        following = mine.start_s.lead().over(
            ibis.window(group_by=mine.product_key, order_by=mine.start_s)
        )
        room = ibis.coalesce(following - mine.start_s, mine.duration_s)
        others = {
            n: ibis.null(mine[n].type())
            for n in names
            if n not in (column.value, column.denominator)
        }
        parts.append(
            mine.mutate(duration_s=ibis.least(mine.duration_s, room).cast("int32"), **others)
        )
    suspects = table.filter(table.suspect)
    return ClippedGranules(ibis.union(suspects, *parts), granules.columns)
