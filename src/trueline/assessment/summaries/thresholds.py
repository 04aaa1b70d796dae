"""Shares of good time under a threshold that nobody watches: from histograms of whole months, told
with what they may be at least and at most.

A histogram says of all granules of a month on which side of the threshold they lie, but for those
in the threshold's own bucket, which is 2 % wide. It knows no exclusions: what the seconds outside
allowed time held is bounded by how many there were, and by the violations of a threshold that is
watched, which are part of those of a stricter one and hold those of a looser one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from trueline.assessment.planned_columns import Windows
from trueline.assessment.summaries.daily import DailySums, SharesAsked, SharesFound
from trueline.assessment.summaries.reduce import Watch
from trueline.assessment.summaries.runs import Flags, Integers
from trueline.assessment.summaries.schemas import DAY_S
from trueline.assessment.summaries.sketches import Sides, Threshold
from trueline.offerings.values import Comparator

_CEILINGS = (Comparator.LE, Comparator.LT)
SIDED = (*_CEILINGS, Comparator.GE, Comparator.GT)


@dataclass(frozen=True)
class Bounded:
    """Good seconds of each question: what is taken, and from where to where they may lie. `told`:
    whether anything can be said."""

    told: Flags
    known_s: Integers
    samples: Integers
    good_s: Integers
    least_s: Integers
    most_s: Integers

    @classmethod
    def exactly(cls, found: SharesFound) -> Bounded:
        good_s = found.good_s
        return cls(found.kept, found.known_s, found.samples, good_s, good_s, good_s)


@dataclass(frozen=True)
class ThresholdAsked:
    """`shares`: of which products and times; its watch is the one that is kept, if any, and
    `kept` says what that is. `month`: the UTC month, as a day since 1970 and its end."""

    shares: SharesAsked
    wanted: Watch
    kept: Watch | None
    month: tuple[int, int]


def bounded_shares(daily: DailySums, asked: ThresholdAsked) -> Bounded:
    """What the histograms of one month say. Periods may begin and end some hours beside it."""
    shares, none = asked.shares, np.zeros(len(asked.shares), np.int64)
    start_s, end_s = (day * DAY_S for day in asked.month)
    whole = replace(
        shares, start_s=none + start_s, end_s=none + end_s, away=Windows(*([none[:0]] * 3))
    )
    inside = _cut(shares, start_s, end_s)
    every, all_in, total = (daily.figures(one) for one in (shares, inside, whole))
    sides = _sides(daily, asked)
    granules = sides.below + sides.within + sides.above
    step = total.known_s // np.maximum(granules, 1)
    told = (granules * step == total.known_s) & daily.one_step(shares)
    ceiling = asked.wanted.comparator in _CEILINGS
    bad_s = (sides.above if ceiling else sides.below) * step
    unsure_s = sides.within * step
    spared_s = _Parts(total.known_s - all_in.known_s, _bad(total) - _bad(all_in))
    beside_s = _Parts(every.known_s - all_in.known_s, _bad(every) - _bad(all_in))
    sense = _sense(asked)
    taken_low, taken_high = spared_s.bounds(sense)
    more_low, more_high = beside_s.bounds(sense)
    low = np.maximum(bad_s - taken_high, 0) + more_low
    high = np.minimum(bad_s + unsure_s - taken_low, all_in.known_s) + more_high
    if sense < 0:
        high = np.minimum(high, _bad(every))
    elif sense > 0:
        low = np.maximum(low, _bad(every))
    share = Threshold.at(asked.wanted.bound).below
    likely = bad_s + (unsure_s * (1 - share if ceiling else share)).astype(np.int64)
    scaled = likely * (every.known_s / np.maximum(total.known_s, 1))
    middle = np.clip(scaled.astype(np.int64), low, np.maximum(low, high))
    return Bounded(
        told & (low <= high) & _sure(asked, every) & _sure(asked, total),
        every.known_s,
        every.samples,
        every.known_s - middle,
        every.known_s - high,
        every.known_s - low,
    )


def _sure(asked: ThresholdAsked, found: SharesFound) -> Flags:
    return found.summed if asked.kept is None else found.kept


def _bad(found: SharesFound) -> Integers:
    bad: Integers = found.known_s - found.good_s
    return bad


@dataclass(frozen=True)
class _Parts:
    """Seconds of which the histograms say nothing, and those of them that break what is watched."""

    known_s: Integers
    bad_s: Integers

    def bounds(self, sense: int) -> tuple[Integers, Integers]:
        """How many may break the threshold asked about: at least, at most."""
        none = np.zeros(len(self.known_s), np.int64)
        if sense == 0:
            return none, self.known_s
        return (none, self.bad_s) if sense < 0 else (self.bad_s, self.known_s)


def _sense(asked: ThresholdAsked) -> int:
    """-1: what breaks the threshold breaks the watched one too; 1: the other way round; 0: neither
    is known."""
    kept, wanted = asked.kept, asked.wanted
    if kept is None or (kept.comparator in _CEILINGS) != (wanted.comparator in _CEILINGS):
        return 0
    if kept.bound == wanted.bound:
        strict = (Comparator.LT, Comparator.GT)
        return (wanted.comparator in strict) - (kept.comparator in strict) or -1
    looser = (wanted.bound > kept.bound) == (wanted.comparator in _CEILINGS)
    return -1 if looser else 1


def _cut(shares: SharesAsked, start_s: int, end_s: int) -> SharesAsked:
    """The questions within [start_s, end_s) only."""
    opens = np.maximum(shares.away.opens, start_s)
    closes = np.minimum(shares.away.closes, end_s)
    kept = np.flatnonzero(opens < closes)
    begin = np.clip(shares.start_s, start_s, end_s)
    return replace(
        shares,
        start_s=begin,
        end_s=np.maximum(np.clip(shares.end_s, start_s, end_s), begin),
        away=Windows(shares.away.owner[kept], opens[kept], closes[kept]),
    )


def _sides(daily: DailySums, asked: ThresholdAsked) -> Sides:
    """Granules on each side, of all parts of the month."""
    threshold = Threshold.at(asked.wanted.bound)
    below, within, above = np.zeros((3, len(asked.shares)), np.int64)
    for sketch in daily.sketches(asked.month[0]):
        sides = sketch.sides(asked.shares.product, asked.shares.reading, threshold)
        below += sides.below
        within += sides.within
        above += sides.above
    return Sides(below, within, above)
