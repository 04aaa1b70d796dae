"""Runs of equally long granules that follow each other without a gap: an exact summary of when
something was measured, or was violated, that answers for any windows of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MOST_BITS = 62


@dataclass(frozen=True)
class Runs:
    """`count` granules of `step_s` seconds each from `start_s` on, of the series `series`."""

    series: Integers
    start_s: Integers
    step_s: Integers
    count: Integers

    def __len__(self) -> int:
        return len(self.start_s)

    @property
    def end_s(self) -> Integers:
        return self.start_s + self.step_s * self.count

    def take(self, which: Flags | Integers | slice) -> Runs:
        return Runs(self.series[which], self.start_s[which], self.step_s[which], self.count[which])

    @classmethod
    def joined(cls, parts: list[Runs]) -> Runs:
        if not parts:
            return NO_RUNS
        return cls(
            np.concatenate([p.series for p in parts]),
            np.concatenate([p.start_s for p in parts]),
            np.concatenate([p.step_s for p in parts]),
            np.concatenate([p.count for p in parts]),
        )

    def granules(self) -> tuple[Integers, Integers]:
        """Start and duration of every single granule, in the order of the runs."""
        begun = np.cumsum(self.count) - self.count
        step = np.repeat(self.step_s, self.count)
        place = np.arange(int(self.count.sum())) - np.repeat(begun, self.count)
        return np.repeat(self.start_s, self.count) + place * step, step


_NONE = np.empty(0, np.int64)
NO_RUNS = Runs(_NONE, _NONE, _NONE, _NONE)


def runs_of(series: Integers, start_s: Integers, duration_s: Integers, day: Integers) -> Runs:
    """Runs of granules sorted by series and start. A run stays within one `day`."""
    if not len(start_s):
        return NO_RUNS
    follows = (
        (series[1:] == series[:-1])
        & (day[1:] == day[:-1])
        & (duration_s[1:] == duration_s[:-1])
        & (start_s[1:] == start_s[:-1] + duration_s[:-1])
    )
    heads = np.concatenate(([0], np.flatnonzero(~follows) + 1))
    return Runs(
        series[heads], start_s[heads], duration_s[heads], np.diff(np.append(heads, len(start_s)))
    )


_Place = tuple[Integers, Integers, Flags]


class RunIndex:
    """Runs that can be asked for windows: seconds covered and granules that start, each in two
    binary searches, however many granules the runs stand for. Runs of one series never overlap."""

    def __init__(self, runs: Runs) -> None:
        self._first_s = int(runs.start_s.min()) if len(runs) else 0
        self._span_s = int(runs.start_s.max()) - self._first_s + 2 if len(runs) else 2
        most = int(runs.series.max()) + 1 if len(runs) else 1
        if most.bit_length() + self._span_s.bit_length() > _MOST_BITS:
            raise OverflowError("more series and seconds than one integer can tell apart")
        self._most = most
        place = runs.series * self._span_s + (runs.start_s - self._first_s)
        if len(place) and bool((np.diff(place) < 0).any()):
            order = np.argsort(place, kind="stable")
            runs, place = runs.take(order), place[order]
        self.runs = runs
        self._starts = place
        self._seconds = np.concatenate(([0], np.cumsum(runs.step_s * runs.count)))
        self._counts = np.concatenate(([0], np.cumsum(runs.count)))

    def seconds(self, series: Integers, opens: Integers, closes: Integers) -> Integers:
        """Seconds of each window [opens, closes) that the runs of its series cover."""
        after = self._seconds_before(closes, self._last_before(series, closes))
        return after - self._seconds_before(opens, self._last_before(series, opens))

    def starts(self, series: Integers, opens: Integers, closes: Integers) -> Integers:
        """Granules of each window's series that start in it."""
        after = self._starts_before(closes, self._last_before(series, closes))
        return after - self._starts_before(opens, self._last_before(series, opens))

    def slice_of(self, series: int) -> slice:
        """The runs of one series."""
        first, last = np.searchsorted(self.runs.series, [series, series + 1])
        return slice(int(first), int(last))

    def _place(self, series: Integers, at_s: Integers) -> Integers:
        return series * self._span_s + np.clip(at_s - self._first_s, 0, self._span_s - 1)

    def _last_before(self, series: Integers, at_s: Integers) -> _Place:
        """How many runs start before the instant, in the order of all runs; which is the last of
        them; and whether that belongs to the series."""
        # Series that no run has are past all places.
        known = np.minimum(series, self._most)
        found: Integers = np.searchsorted(self._starts, self._place(known, at_s)).astype(np.int64)
        last = np.maximum(found - 1, 0)
        mine = found > 0
        if len(self.runs):
            mine &= self.runs.series[last] == series
        return found, last, mine

    def both(
        self, series: Integers, opens: Integers, closes: Integers
    ) -> tuple[Integers, Integers]:
        """Seconds covered and granules that start, of each window."""
        begin, end = self._last_before(series, opens), self._last_before(series, closes)
        return (
            self._seconds_before(closes, end) - self._seconds_before(opens, begin),
            self._starts_before(closes, end) - self._starts_before(opens, begin),
        )

    def _seconds_before(self, at_s: Integers, place: _Place) -> Integers:
        runs, (found, last, mine) = self.runs, place
        if not len(runs):
            return np.zeros(len(at_s), np.int64)
        past = runs.start_s[last] + runs.step_s[last] * runs.count[last] - at_s
        before: Integers = self._seconds[found] - np.where(mine, np.maximum(past, 0), 0)
        return before

    def _starts_before(self, at_s: Integers, place: _Place) -> Integers:
        runs, (found, last, mine) = self.runs, place
        if not len(runs):
            return np.zeros(len(at_s), np.int64)
        begun = -((runs.start_s[last] - at_s) // runs.step_s[last])
        later = np.where(mine, np.maximum(runs.count[last] - begun, 0), 0)
        before: Integers = self._counts[found] - later
        return before
