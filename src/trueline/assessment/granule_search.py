"""What an assessment asks of the lake: one search per chunk of tasks, in few passes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from trueline.assessment.array_sums import sum_arrays
from trueline.assessment.at_once import ColumnsAsked, DecidedColumns
from trueline.assessment.g826 import CONSECUTIVE, SEVERELY_ERRORED_FROM
from trueline.assessment.histogram import Histogram
from trueline.assessment.plan import Task, Unit
from trueline.assessment.readings import GranulesLike, Reading, reading_of
from trueline.assessment.sorted_granules import SortedGranules
from trueline.assessment.states import (
    StateEvidence,
    StateRule,
    cut_to,
    states_from_arrays,
)
from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.rule import (
    Evidence,
    Source,
    UnavailableGranules,
)
from trueline.assessment.tallies import Demand, Tally, Wanted
from trueline.assessment.timeline import Measured, goodness
from trueline.engine import Engine
from trueline.measurement.columns import ScanRequest
from trueline.measurement.granule_arrays import GranuleArrays
from trueline.measurement.values import Event
from trueline.offerings.values import MissingData, ServiceLevelObjective, Statistic

if TYPE_CHECKING:
    from trueline.measurement.scan import GranuleScan

DAY_S = 86_400
DEFAULT_THRESHOLD_C = Decimal("0.5")
DEFAULT_CONSECUTIVE_N = 10
STATE_HISTORY_S = 3 * 366 * DAY_S  # how far a state is followed beyond the period


class LakeLike(Protocol):
    """Where granules come from: the lake of a workspace, or a short series in memory."""

    def product_keys(self, ids: Sequence[str]) -> Mapping[str, int]: ...

    def extent(self, parameters: Sequence[str] | None = None) -> tuple[int, int] | None: ...

    def scan(self, engine: Engine, request: ScanRequest) -> GranuleScan: ...

    def arrays(self, request: ScanRequest) -> GranuleArrays | None: ...

    def longest_s(self, request: ScanRequest) -> int: ...


class EvidenceLike(Protocol):
    """Evidence that is there already: what summaries give."""

    def evidence(
        self, engine: Engine, request: EvidenceRequest, tasks: Sequence[Task]
    ) -> Mapping[int, Evidence]:
        """By place among the tasks, the evidence of those that are answered exactly."""
        ...

    def decided(self, asked: ColumnsAsked) -> DecidedColumns:
        """The rows that whole columns decide, and what they leave."""
        ...


@dataclass(frozen=True)
class EvidenceRequest:
    lake: LakeLike
    delivery: int
    events: Mapping[str, Sequence[Event]]
    as_of_s: int
    pooled: bool = False  # percentiles are to be pooled with those of other products
    summed: EvidenceLike | None = None  # what answers without reading granules


def needs_order(objective: ServiceLevelObjective) -> bool:
    """Whether the granules must be seen one after the other."""
    if objective.statistic is not Statistic.CONFORMANCE:
        return False
    crossings = objective.tolerance and objective.tolerance.allowed_crossings is not None
    held = objective.missing_data is MissingData.HOLD
    return bool(crossings or held or objective.raise_threshold is not None)


def state_rule(task: Task) -> StateRule:
    return state_rule_of(task.objective, task.parameter.id)


def state_rule_of(objective: ServiceLevelObjective, parameter: str) -> StateRule:
    hold = objective.missing_data is MissingData.HOLD
    if objective.statistic is Statistic.AVAILABILITY_G826:
        return StateRule(
            parameter,
            objective.threshold_c or SEVERELY_ERRORED_FROM,
            CONSECUTIVE,
            at_or_above=True,
            chli_p=objective.chli_p,
            hold=hold,
        )
    c = objective.threshold_c
    return StateRule(
        parameter,
        DEFAULT_THRESHOLD_C if c is None else c,
        objective.consecutive_interval_n or DEFAULT_CONSECUTIVE_N,
        chli_p=objective.chli_p,
        hold=hold,
    )


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
        request = self._scan_request(parameters, (start_s, end_s), keys)
        scan = self.request.lake.scan(self.engine, request)
        return expressions().without_overlap(scan) if scan.overlapping else scan

    def _scan_request(
        self, parameters: Iterable[str], span: tuple[int, int], keys: Sequence[int]
    ) -> ScanRequest:
        return ScanRequest(
            start_s=span[0],
            end_s=span[1],
            parameters=tuple(sorted(set(parameters))),
            delivery=self.request.delivery,
            product_keys=(min(keys), max(keys) + 1),
        )

    def _extent(self, parameter: str, otherwise: tuple[int, int]) -> tuple[int, int]:
        return self.request.lake.extent([parameter]) or otherwise

    def longest_s(self, parameters: Iterable[str], first: int, last: int) -> int:
        """The longest granule that may reach into [first, last)."""
        request = ScanRequest(
            first - 366 * DAY_S, last, tuple(sorted(set(parameters))), self.request.delivery
        )
        return self.request.lake.longest_s(request)

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
        span = (first - before, last + after)
        arrays = self.request.lake.arrays(self._scan_request(parameters, span, keys))
        if arrays is not None:
            return SortedGranules.of(arrays)
        return SortedGranules.read(self.engine, self.scan(parameters, *span, keys), keys)

    def tallies(self) -> tuple[dict[tuple[int, Reading], Tally], dict[int, int]]:
        """Tallies by unit and reading, and each task's position among its thresholds."""
        tasks = self._measured(Source.GRANULES, Source.STATES, Source.HISTOGRAM)
        if not tasks:
            return {}, {}
        wanted, positions = self._wanted(tasks)
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
        return expressions().sum_granules(self.engine, base, demand, cut), positions

    def _wanted(
        self, tasks: Sequence[tuple[int, Task]]
    ) -> tuple[dict[int, Mapping[Reading, Wanted]], dict[int, int]]:
        """What each unit wants of each reading, and each task's position among the thresholds.
        Units of products under the same objectives want the same: that is worked out once."""
        of_unit: dict[int, list[tuple[int, Task]]] = {}
        for number, task in tasks:
            of_unit.setdefault(task.unit.number, []).append((number, task))
        shared: dict[tuple[int, ...], tuple[Mapping[Reading, Wanted], list[int]]] = {}
        wanted: dict[int, Mapping[Reading, Wanted]] = {}
        positions: dict[int, int] = {}
        for unit, mine in of_unit.items():
            alike = tuple(id(task.applied) for _, task in mine)
            if alike not in shared:
                shared[alike] = self._wanted_of([task for _, task in mine])
            wanted[unit], places = shared[alike]
            positions.update(zip((number for number, _ in mine), places, strict=True))
        return wanted, positions

    def _wanted_of(self, tasks: Sequence[Task]) -> tuple[Mapping[Reading, Wanted], list[int]]:
        readings: dict[Reading, Wanted] = {}
        positions: list[int] = []
        for task in tasks:
            reading = reading_of(task.parameter, task.objective.statistic)
            mine = RULES[task.objective.statistic].wanted(task.objective)
            if self.request.pooled and mine.percentiles:
                mine = replace(mine, histogram=True)
            so_far = readings.get(reading, Wanted())
            positions.append(len(so_far.thresholds))
            readings[reading] = _merged(so_far, mine)
        return readings, positions

    def sketched(self, tallies: Mapping[tuple[int, Reading], Tally]) -> dict[int, Fraction | None]:
        """Percentiles from histograms, by task: from those of the tallies, else by the engine."""
        by_reading: dict[Reading, list[tuple[int, Task]]] = {}
        for number, task in self._measured(Source.HISTOGRAM):
            reading = reading_of(task.parameter, task.objective.statistic)
            by_reading.setdefault(reading, []).append((number, task))
        found: dict[int, Fraction | None] = {}
        for reading, tasks in by_reading.items():
            units = _units(task for _, task in tasks)
            if self.arrays is None:
                known = self.histograms(units, reading)
            else:
                mine = ((u.number, tallies.get((u.number, reading))) for u in units)
                known = {n: t.histogram for n, t in mine if t and t.histogram}
            for number, task in tasks:
                percentile = task.objective.percentile
                if percentile is not None:
                    found[number] = sketched_percentile(known.get(task.unit.number), percentile)
        return found

    def histograms(self, units: Sequence[Unit], reading: Reading) -> dict[int, Histogram]:
        first, last = _hull(units)
        keys = [self.keys[u.product_id] for u in units]
        granules = self.scan([reading.parameter], first, last, keys)
        demand = Demand(units, self.keys, {})
        found: dict[int, Histogram] = expressions().histograms(
            self.engine, granules, demand, reading
        )
        return found

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
        scan = expressions().StateScan(granules, *span, longest)
        found: StateEvidence = expressions().find_states(self.engine, scan, rule, keys)
        return found

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
            measured = expressions().fetch_measured(self.engine, granules, reading, keys)
            for number, task in tasks:
                mine = measured.get(self.keys[task.product_id], [])
                found[number] = goodness(task.objective, mine)
        return found


def expressions() -> ModuleType:
    """The ways through the engine, for what whole columns cannot tell. Their libraries take longer
    to import than many an assessment takes."""
    from trueline.assessment import expressions

    return expressions


def sketched_percentile(histogram: Histogram | None, percentile: Decimal) -> Fraction | None:
    value = histogram.percentile(percentile) if histogram else None
    return None if value is None else Fraction(Decimal(repr(value)))


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
