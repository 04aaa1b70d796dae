"""What summaries keep: every reading, the thresholds that any product is held to, the histograms
that percentiles ask for. What turns out to be missing is answered from granules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from trueline.assessment.granule_search import state_rule_of
from trueline.assessment.readings import Reading, reading_of
from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.rule import Source
from trueline.assessment.summaries.reduce import Watch, Wish
from trueline.assessment.summaries.tails import Tail
from trueline.calendars.instants import seconds
from trueline.inventory.resolve import objectives_of
from trueline.inventory.values import InventorySnapshot, Product
from trueline.offerings.values import (
    Catalog,
    Comparator,
    ParameterKind,
    PerformanceParameter,
    ServiceLevelObjective,
    Statistic,
)

_PERCENTILES = (Statistic.PERCENTILE, Statistic.PERCENTILE_HISTOGRAM)
_SKETCHED = (*_PERCENTILES, Statistic.CONFORMANCE)  # a threshold that nobody has is asked of these


@dataclass(frozen=True)
class Standards:
    """What decides which thresholds apply to which product."""

    catalog: Catalog
    snapshot: InventorySnapshot


@dataclass
class Vocabulary:
    """Readings and watches by number; numbers never change, so that older parts keep theirs."""

    readings: dict[Reading, int]
    watches: dict[Watch, int]

    @classmethod
    def of(cls, readings: Sequence[Reading], watches: Sequence[Watch]) -> Vocabulary:
        return cls(
            {reading: number for number, reading in enumerate(readings)},
            {watch: number for number, watch in enumerate(watches)},
        )

    def reading(self, reading: Reading) -> int:
        return self.readings.setdefault(reading, len(self.readings))

    def watch(self, watch: Watch) -> int:
        return self.watches.setdefault(watch, len(self.watches))


def watch_of(
    objective: ServiceLevelObjective, parameter: PerformanceParameter
) -> tuple[Reading, Watch] | None:
    """The threshold whose violations decide an objective; None where it has none."""
    if objective.statistic is Statistic.CONFORMANCE and objective.threshold is not None:
        threshold = objective.threshold
        reading = reading_of(parameter, objective.statistic)
        return reading, Watch(threshold.comparator, threshold.value)
    if RULES[objective.statistic].source is Source.STATES:
        rule = state_rule_of(objective, parameter.id)
        keeps = Comparator.LT if rule.at_or_above else Comparator.LE
        return Reading(parameter.id, quotient=True), Watch(keeps, rule.threshold_c)
    return None


@dataclass
class _Gathered:
    watches: dict[int, tuple[int, ...]] = field(default_factory=dict)
    sketched: set[int] = field(default_factory=set)
    tails: dict[int, Tail] = field(default_factory=dict)
    moments: bool = False


@dataclass(frozen=True)
class Wishes:
    wishes: tuple[Wish, ...]
    readings: tuple[Reading, ...]
    watches: tuple[Watch, ...]


def wishes_of(
    known: Standards, keys: Mapping[str, int], instants: Iterable[int], words: Vocabulary
) -> Wishes:
    """What to keep of each reading. `instants`: when the negotiated terms in force are looked at,
    beside everything that an offering ever says."""
    gathered: dict[Reading, _Gathered] = {}
    for parameter in known.catalog.parameters.values():
        if parameter.kind is not ParameterKind.EVENT:
            gathered[Reading(parameter.id)] = _Gathered()
            if parameter.kind is ParameterKind.RATIO:
                gathered[Reading(parameter.id, quotient=True)] = _Gathered()
    moments = list(instants)
    shared: dict[object, list[_Asked]] = {}
    for product in known.snapshot.products.values():
        key = keys.get(product.id)
        if key is None:
            continue
        objectives = _objectives(known, product, moments)
        same = tuple(map(id, objectives))
        if same not in shared:
            shared[same] = list(_asked(known, objectives))
        for one in shared[same]:
            mine = gathered.setdefault(one.reading, _Gathered())
            _gather(mine, key, None if one.watch is None else words.watch(one.watch), one)
    wishes = [
        Wish(reading, words.reading(reading), g.watches, frozenset(g.sketched), g.tails, g.moments)
        for reading, g in gathered.items()
    ]
    return Wishes(tuple(wishes), tuple(words.readings), tuple(words.watches))


@dataclass(frozen=True)
class _Asked:
    """What one objective asks of a reading."""

    reading: Reading
    watch: Watch | None
    statistic: Statistic
    percentile: Decimal | None


def _gather(mine: _Gathered, key: int, watch: int | None, asked: _Asked) -> None:
    statistic = asked.statistic
    if watch is not None and watch not in mine.watches.get(key, ()):
        mine.watches[key] = (*mine.watches.get(key, ()), watch)
    if statistic in _SKETCHED:
        mine.sketched.add(key)
    if statistic is Statistic.PERCENTILE and asked.percentile is not None:
        tail = Tail.of(float(asked.percentile))
        mine.tails[key] = mine.tails.get(key, tail).wider(tail)
    mine.moments = mine.moments or bool(
        RULES[statistic].source is Source.GRANULES
        and not (statistic is Statistic.CONFORMANCE or statistic in _PERCENTILES)
    )


def _objectives(
    known: Standards, product: Product, instants: Sequence[int]
) -> list[ServiceLevelObjective]:
    offering = known.catalog.offerings.get(product.offering_id)
    found = list(offering.objectives) if offering else []
    for at_s in (seconds(product.start), *instants):
        for applied in objectives_of(product, known.catalog, known.snapshot, at_s):
            if applied.agreement_id is not None:
                found.append(applied.objective)
    return found


def _asked(known: Standards, objectives: Iterable[ServiceLevelObjective]) -> Iterable[_Asked]:
    for objective in objectives:
        parameter = known.catalog.parameters.get(objective.parameter)
        if parameter is None or parameter.kind is ParameterKind.EVENT:
            continue
        watched = watch_of(objective, parameter)
        reading = reading_of(parameter, objective.statistic)
        first, watch = watched or (reading, None)
        yield _Asked(first, watch, objective.statistic, objective.percentile)
        if first != reading:
            yield _Asked(reading, None, objective.statistic, objective.percentile)
