"""The evidence behind one product's verdict: granules, events, exclusions, explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trueline.calendars.intervals import Interval, subtract, union
from trueline.measurement.columns import ScanRequest
from trueline.measurement.events import events_at
from trueline.measurement.lake import Lake, open_lake
from trueline.measurement.values import Event
from trueline.offerings.values import (
    ParameterKind,
    PerformanceParameter,
    ServiceLevelObjective,
    Statistic,
)
from trueline.outages.exclusions import Exclusion, exclusions_at
from trueline.web.sight import Sight


@dataclass(frozen=True)
class GranuleSeries:
    """Trusted granules of one product and parameter in time order; for a ratio the quotient."""

    start_s: npt.NDArray[np.int64]
    duration_s: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    unknown: tuple[Interval, ...]  # time of the period without a trusted granule

    def __len__(self) -> int:
        return len(self.start_s)


@lru_cache(maxsize=4)
def all_events(home: Path, delivery: int) -> Mapping[str, tuple[Event, ...]]:
    """By product, as known after `delivery` in the workspace `home`; read once."""
    return dict(events_at(delivery))


@lru_cache(maxsize=4)
def all_exclusions(home: Path, delivery: int) -> Mapping[str, tuple[Exclusion, ...]]:
    return dict(exclusions_at(delivery))


def events_of(sight: Sight, product_id: str, period: Interval) -> tuple[Event, ...]:
    """Events that touch the period, in time order; an open one lasts on."""
    found = all_events(sight.workspace.home, sight.delivery).get(product_id, ())
    start, end = period
    touching = [e for e in found if e.start_s < end and (e.end_s is None or e.end_s > start)]
    return tuple(sorted(touching, key=lambda event: (event.start_s, event.event_id)))


def exclusions_of(sight: Sight, product_id: str, period: Interval) -> tuple[Exclusion, ...]:
    found = all_exclusions(sight.workspace.home, sight.delivery).get(product_id, ())
    start, end = period
    touching = [e for e in found if e.start_s < end and e.end_s > start]
    return tuple(sorted(touching, key=lambda exclusion: exclusion.start_s))


def granules_of(
    sight: Sight, product_id: str, parameter: PerformanceParameter, period: Interval
) -> GranuleSeries | None:
    """The granules as the assessment knew them; None where the parameter is told by events or
    was never measured for this product."""
    if parameter.kind == ParameterKind.EVENT:
        return None
    with open_lake(sight.workspace) as lake:
        key = lake.product_keys([product_id]).get(product_id)
        if key is None:
            return None
        return _read(lake, key, parameter, (*period, sight.delivery))


def _read(
    lake: Lake, key: int, parameter: PerformanceParameter, during: tuple[int, int, int]
) -> GranuleSeries | None:
    start, end, delivery = during
    scan = lake.scan(
        lake.engine, ScanRequest(start, end, (parameter.id,), delivery, (key, key + 1))
    )
    column = scan.columns[parameter.id]
    table = scan.table
    wanted = ["start_s", "duration_s", column.value]
    if column.denominator:
        wanted.append(column.denominator)
    trusted = table.filter(~table.suspect & table[column.value].notnull()).select(*wanted)
    found = lake.engine.run(trusted.order_by("start_s"))
    if found.num_rows == 0:
        return None
    value = found[column.value].to_numpy().astype(np.float64)
    starts = found["start_s"].to_numpy().astype(np.int64)
    durations = found["duration_s"].to_numpy().astype(np.int64)
    if column.denominator:
        below = found[column.denominator].to_numpy().astype(np.float64)
        value = np.divide(value, below, out=np.full_like(value, np.nan), where=below > 0)
    elif column.decimals:
        value = value / 10.0**column.decimals
    covered = union(zip(starts.tolist(), (starts + durations).tolist(), strict=True))
    unknown = tuple(subtract([(start, end)], covered))
    return GranuleSeries(starts, durations, value, unknown)


def misses(series: GranuleSeries, objective: ServiceLevelObjective) -> npt.NDArray[np.bool_]:
    """Which granules lie on the wrong side of the line that is drawn for the objective. A mean or
    a ratio of the whole period makes no single granule a miss."""
    line = drawn_line(objective)
    if line is None or objective.statistic in (Statistic.MEAN, Statistic.RATIO):
        return np.zeros(len(series), dtype=np.bool_)
    limit, higher_is_better = line
    with np.errstate(invalid="ignore"):
        wrong = series.value < limit if higher_is_better else series.value > limit
    return np.asarray(wrong, dtype=np.bool_)


def drawn_line(objective: ServiceLevelObjective) -> tuple[float, bool] | None:
    """(limit, higher is better) on the axis of single granules: the granule threshold where the
    objective has one, else the target when it speaks of the same quantity."""
    if objective.threshold is not None:
        return float(objective.threshold.value), objective.threshold.comparator.higher_is_better
    if objective.threshold_c is not None:
        return float(objective.threshold_c), False
    if objective.statistic in _SAME_QUANTITY:
        return float(objective.conformance_target), objective.comparator.higher_is_better
    return None


_SAME_QUANTITY = frozenset({"percentile", "percentile_histogram", "mean", "min", "max", "ratio"})


@dataclass(frozen=True)
class Envelope:
    """A series thinned to lowest and highest value per bucket, so that no peak is lost."""

    start_s: npt.NDArray[np.int64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    miss: npt.NDArray[np.bool_]
    bucket_s: int


def thinned(series: GranuleSeries, wrong: npt.NDArray[np.bool_], *, buckets: int) -> Envelope:
    """Lowest and highest per bucket of equal time; a bucket misses when any granule in it does."""
    kept = ~np.isnan(series.value)
    starts, value, wrong = series.start_s[kept], series.value[kept], wrong[kept]
    if len(starts) == 0:
        none = np.array([], dtype=np.float64)
        return Envelope(starts, none, none, wrong, 1)
    first = int(starts[0])
    size = max(1, -(-(int(starts[-1]) - first + 1) // buckets))
    size = max(size, int(np.median(series.duration_s)))
    number = (starts - first) // size
    edges = np.flatnonzero(np.diff(number, prepend=-1))
    return Envelope(
        first + number[edges] * size,
        np.minimum.reduceat(value, edges),
        np.maximum.reduceat(value, edges),
        np.logical_or.reduceat(wrong, edges),
        size,
    )


def joined(intervals: Sequence[Interval], *, shortest_s: int) -> list[Interval]:
    """Intervals worth drawing: those of at least `shortest_s`, near ones drawn as one."""
    wide = [(start, end + shortest_s // 2) for start, end in intervals]
    return [(start, end - shortest_s // 2) for start, end in union(wide)]
