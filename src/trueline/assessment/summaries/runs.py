"""Runs of equally long granules that follow each other without a gap: an exact summary of when
something was measured, or was violated, that answers for any windows of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


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
