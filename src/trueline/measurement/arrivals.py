"""Granules as columns of numbers, on their way from a reader into a segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from trueline.measurement.decimals import exact_decimals
from trueline.measurement.manifest import ColumnFacts

Mask = npt.NDArray[np.bool_]
Order = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Granules:
    """Equal-length columns. A NaN denominator is none (NaN never gets past the checks)."""

    product_key: npt.NDArray[np.int32]
    parameter_key: npt.NDArray[np.int32]
    start_s: npt.NDArray[np.int64]
    duration_s: npt.NDArray[np.int32]
    value: npt.NDArray[np.float64]
    denominator: npt.NDArray[np.float64]
    suspect: npt.NDArray[np.bool_]
    line: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start_s)

    def take(self, which: Mask | Order | slice) -> Granules:
        return Granules(*(getattr(self, f.name)[which] for f in fields(self)))

    def only(self, rows: Mask) -> Granules:
        """Those of `rows`; nothing is copied when they are all."""
        return self if rows.all() else self.take(rows)

    @classmethod
    def joined(cls, parts: Sequence[Granules]) -> Granules:
        if len(parts) == 1:
            return parts[0]
        columns = ([getattr(part, f.name) for part in parts] for f in fields(cls))
        return cls(*map(np.concatenate, columns))

    def is_scattered(self) -> bool:
        """Neither product by product nor in the order of time."""
        return bool((np.diff(self.product_key) < 0).any() and (np.diff(self.start_s) < 0).any())

    def identity(self) -> npt.NDArray[np.int64]:
        """(product, parameter, start) packed so that equal numbers are the same granule and
        neighbours in sorted order of one series differ by their seconds."""
        span = int(self.start_s.max() - self.start_s.min()) + 2**26  # room above any duration
        parameters = int(self.parameter_key.max()) + 1
        low = int(self.product_key.min())
        products = int(self.product_key.max()) - low + 1
        if products * parameters * span >= 2**63:
            raise OverflowError("a batch spans too many products, parameters and years")
        series = (self.product_key.astype(np.int64) - low) * parameters + self.parameter_key
        packed: npt.NDArray[np.int64] = series * span + (self.start_s - self.start_s.min())
        return packed

    def same_content(self, other: Granules) -> Mask:
        """Row by row: equal duration, value, denominator and suspect."""
        no_denominator = np.isnan(self.denominator) & np.isnan(other.denominator)
        same: Mask = (
            (self.duration_s == other.duration_s)
            & (self.value == other.value)
            & ((self.denominator == other.denominator) | no_denominator)
            & (self.suspect == other.suspect)
        )
        return same


def long_granules(columns: Mapping[str, npt.NDArray[np.generic]]) -> Granules:
    """The rows of long files; their lines are no longer known."""
    return Granules(
        product_key=columns["product_key"].astype(np.int32, copy=False),
        parameter_key=columns["parameter_key"].astype(np.int32, copy=False),
        start_s=columns["start_s"].astype(np.int64, copy=False),
        duration_s=columns["duration_s"].astype(np.int32, copy=False),
        value=columns["value"].astype(np.float64, copy=False),
        denominator=columns["denominator"].astype(np.float64, copy=False),
        suspect=columns["suspect"].astype(np.bool_, copy=False),
        line=np.broadcast_to(np.int64(0), len(columns["start_s"])),
    )


@dataclass(frozen=True)
class Settled:
    """A batch after its own repetitions were settled: the last row of a granule stays.
    `superseded`: per granule, how many earlier values of the batch it replaced; None: none did."""

    granules: Granules
    duplicate: int
    superseded: npt.NDArray[np.int64] | None
    overlapping: bool  # trusted granules of one series may overlap


def settle(granules: Granules) -> Settled:
    """Keep one row per granule and say whether granules of a series overlap."""
    if len(granules) == 0:
        return Settled(granules, 0, None, False)
    identity = granules.identity()
    longest = int(granules.duration_s.max())
    if _apart(identity, longest) or _slot_by_slot(granules, longest):
        return Settled(granules, 0, None, False)
    if _apart(np.sort(identity), longest):
        return Settled(granules, 0, None, False)
    order = np.argsort(identity, kind="stable")  # repetitions in the order of their lines
    repeats = np.diff(identity[order]) == 0
    if not repeats.any():
        return Settled(granules, 0, None, overlaps(granules))
    before, after = granules.take(order[:-1][repeats]), granules.take(order[1:][repeats])
    changes = repeats.copy()
    changes[repeats] = ~before.same_content(after)
    group = np.cumsum(np.append(True, ~repeats)) - 1
    last = np.append(~repeats, True)
    superseded = np.zeros(len(granules), np.int64)
    superseded[order[last]] = np.bincount(group[1:][changes], minlength=int(last.sum()))
    kept = np.sort(order[last])
    granules = granules.take(kept)
    return Settled(
        granules,
        duplicate=int(repeats.sum()) - int(changes.sum()),
        superseded=superseded[kept] if changes.any() else None,
        overlapping=overlaps(granules),
    )


def _apart(identity: npt.NDArray[np.int64], longest: int) -> bool:
    """Series by series in the order of starts, and none starts within another."""
    return len(identity) < 2 or bool(np.diff(identity).min() >= longest)


def _slot_by_slot(granules: Granules, longest: int) -> bool:
    """All series of one time, then all of a later one that begins after the first has ended."""
    steps = np.diff(granules.start_s)
    if len(steps) == 0 or steps.min() < 0:
        return False
    later = steps > 0
    if later.any() and steps[later].min() < longest:
        return False
    parameters = int(granules.parameter_key.max()) + 1
    series = granules.product_key.astype(np.int64) * parameters + granules.parameter_key
    return bool((later | (np.diff(series) > 0)).all())


def overlaps(granules: Granules) -> bool:
    """Whether trusted granules of one series overlap."""
    trusted = granules.take(~granules.suspect)
    if len(trusted) < 2:
        return False
    identity = trusted.identity()
    order = np.argsort(identity)
    return bool((np.diff(identity[order]) < trusted.duration_s[order][:-1]).any())


def facts_of(granules: Granules) -> tuple[ColumnFacts, ...]:
    """How exactly each parameter of the batch can be written."""
    out = []
    for key in np.flatnonzero(np.bincount(granules.parameter_key)):
        mine = granules.parameter_key == key
        decimals, magnitude = exact_decimals(granules.value[mine])
        denominators = granules.denominator[mine]
        denominators = denominators[~np.isnan(denominators)]
        held = len(denominators) > 0
        d_decimals, d_magnitude = exact_decimals(denominators) if held else (None, 0)
        out.append(ColumnFacts(int(key), decimals, magnitude, held, d_decimals, d_magnitude))
    return tuple(out)
