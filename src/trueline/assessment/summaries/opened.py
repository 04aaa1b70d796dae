"""Summaries opened for one delivery: they answer for it, or say why granules have to."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from trueline.assessment.readings import Reading
from trueline.assessment.summaries.answer import Answers
from trueline.assessment.summaries.daily import DailySums
from trueline.assessment.summaries.parts import KEYS_PER_PART, Index, Part, SummaryStore
from trueline.assessment.summaries.reduce import Watch
from trueline.intake.record import kinds_between
from trueline.settings.workspace import Workspace

_RANGES_KEPT = 2  # of products, ready to be asked


@dataclass
class OpenSummaries:
    """What the summaries say as of one level. Threads may share it."""

    store: SummaryStore
    index: Index
    level: int
    _ready: OrderedDict[tuple[str, ...], Answers] = field(default_factory=OrderedDict)
    _daily: OrderedDict[tuple[str, ...], DailySums] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.readings = {reading: n for n, reading in enumerate(self.index.readings)}
        self.watches = {watch: n for n, watch in enumerate(self.index.watches)}

    def reading(self, reading: Reading) -> int | None:
        return self.readings.get(reading)

    def watch(self, watch: Watch) -> int | None:
        return self.watches.get(watch)

    def answers(self, keys: Iterable[int], first_s: int, last_s: int) -> dict[int, Answers]:
        """By the lowest product key of a range, what answers for [first_s, last_s)."""
        found = {}
        for lo in sorted({key // KEYS_PER_PART * KEYS_PER_PART for key in keys}):
            with self._lock:
                found[lo] = self._answers(lo, first_s, last_s)
        return found

    def daily(self, lo: int, first_s: int, last_s: int) -> DailySums | None:
        """Sums of days of one range of products; None where granules reach over midnight."""
        parts = self._parts(lo, first_s, last_s)
        if any(part.straddling for part in parts):
            return None
        name = tuple(part.name for part in parts)
        with self._lock:
            if name not in self._daily:
                self._daily[name] = DailySums(self.store, self.index, parts)
                if len(self._daily) > _RANGES_KEPT:
                    self._daily.popitem(last=False)
            return self._daily[name]

    def _parts(self, lo: int, first_s: int, last_s: int) -> list[Part]:
        """All parts of the months that any granule in [first_s, last_s) lies in."""
        mine = [p for p in self.index.parts if p.lo == lo and p.delivery <= self.level]
        months = {p.month for p in mine if p.first_s < last_s and p.reach_s > first_s}
        return [p for p in mine if p.month in months]

    def _answers(self, lo: int, first_s: int, last_s: int) -> Answers:
        parts = self._parts(lo, first_s, last_s)
        name = tuple(p.name for p in parts)
        if name not in self._ready:
            answers = Answers(self.store, self.index, parts)
            answers.prepare()
            self._ready[name] = answers
            if len(self._ready) > _RANGES_KEPT:
                self._ready.popitem(last=False)
        self._ready.move_to_end(name)
        return self._ready[name]


@dataclass(frozen=True)
class Refusal:
    """Why summaries do not answer."""

    reason: str


def open_summaries(workspace: Workspace, delivery: int) -> OpenSummaries | Refusal:
    """The summaries for a delivery."""
    store = SummaryStore(workspace)
    index = store.index()
    if not index.levels:
        return Refusal("there are no summaries")
    level = index.level_at(delivery)
    if level is None:
        return Refusal(
            f"the summaries begin at delivery {index.oldest}; delivery {delivery} is older"
        )
    if "measurements" in kinds_between(level, delivery):
        return Refusal(
            f"measurements arrived after delivery {level}, up to which the summaries were built"
        )
    return OpenSummaries(store, index, level)
