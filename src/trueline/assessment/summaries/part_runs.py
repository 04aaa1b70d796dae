"""The runs of several parts asked together: each part tells what no later one tells anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trueline.assessment.planned_columns import Windows
from trueline.assessment.summaries.packed import Touched, kinds_of, series_code
from trueline.assessment.summaries.parts import Covers, Part, SummaryStore, product_day_code
from trueline.assessment.summaries.runs import Integers, Runs

_EVER = 1 << 40


@dataclass
class PartRuns:
    """`parts` in the order in which they were made."""

    store: SummaryStore
    parts: Sequence[Part]

    @cached_property
    def covers(self) -> Covers | None:
        """Which part tells each product-day that was told anew."""
        return self.store.newest_covers(self.parts)

    def touched(
        self, product: Integers, reading: Integers, kind: Integers | int, windows: Windows
    ) -> Iterator[Touched]:
        """The runs that reach into windows, part by part; product, reading and kind by window."""
        series = series_code(product, reading, kind)
        for order, part in enumerate(self.parts):
            touched = self.store.packed_runs(part).within(series, windows)
            if self.covers is not None and len(touched.which):
                mine = (product[touched.which], reading[touched.which])
                code = product_day_code(*mine, touched.day)
                touched = touched.take(self.covers.keeps_codes(code, order))
            if len(touched.which):
                yield touched

    def sums(
        self, product: Integers, reading: Integers, kind: Integers | int, windows: Windows
    ) -> tuple[Integers, Integers]:
        """Seconds that runs cover, and granules that start, in each window."""
        seconds, starts = np.zeros((2, len(windows.opens)), np.int64)
        packed = [self.store.packed_runs(part) for part in self.parts]
        if self.covers is None and all(one.disjoint for one in packed):
            series = series_code(product, reading, kind)
            for one in packed:
                in_part, starts_in_part = one.sums(series, windows)
                seconds += in_part
                starts += starts_in_part
        else:
            for touched in self.touched(product, reading, kind, windows):
                seconds += touched.seconds(windows)
                starts += touched.starts(windows)
        return seconds, starts

    def some(self, kind: int) -> bool:
        """Whether any run is of the kind."""
        return any((kinds_of(self.store.packed_runs(p).code) == kind).any() for p in self.parts)

    def of_series(self, product: int, reading: int, kind: int) -> Runs:
        """Every run of one series in order of time."""
        one = (np.array([n], np.int64) for n in (product, reading, kind, 0, -_EVER, _EVER))
        key, read, kinds, owner, opens, closes = one
        found = [
            Runs(touched.which, touched.start_s, touched.step_s, touched.count)
            for touched in self.touched(key, read, kinds, Windows(owner, opens, closes))
        ]
        runs = Runs.joined(found)
        return runs.take(np.argsort(runs.start_s, kind="stable")) if len(found) > 1 else runs
