"""Exact percentiles (RFC 2330 11.3) of whole columns from the granules beyond the cuts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trueline.assessment.summaries.daily import DailySums, SharesAsked, SharesFound
from trueline.assessment.summaries.packed import series_code, slices_of
from trueline.assessment.summaries.parts import product_day_code
from trueline.assessment.summaries.runs import Flags, Integers
from trueline.assessment.summaries.schemas import DAY_S, KNOWN
from trueline.assessment.summaries.tails import UPPER, Beyond, Cuts


@dataclass(frozen=True)
class Percentiles:
    """`told`: whether the percentile is known; `there`: whether there is one. `value`: as stored,
    times 10**decimals; `decimals` below 0: doubles."""

    told: Flags
    there: Flags
    value: npt.NDArray[np.float64]
    decimals: Integers


def percentiles_of(
    daily: DailySums, asked: SharesAsked, found: SharesFound, rank: Integers
) -> Percentiles:
    """`rank`: 1-based, among the numbers of each question that were found."""
    series = series_code(asked.product, asked.reading, 0)
    cuts = daily.store.cuts(daily.parts)
    there, at = cuts.at(series)
    some = found.numbers > 0
    if not len(cuts.code):
        return Percentiles(~some, ~some & some, np.zeros(len(some)), np.zeros(len(some), np.int64))
    side, cut, decimals = cuts.side[at], cuts.cut[at], cuts.decimals[at]
    told = there & (decimals >= -1) & (side != 0) & found.summed & _all_cut(daily, asked)
    outer = np.where(some, np.where(side == UPPER, found.numbers - rank + 1, rank), 0)
    enough, value = np.zeros(len(some), np.bool_), cut.copy()
    for whole in (True, False):  # whole numbers sort in a fraction of the time
        mine = np.flatnonzero((decimals >= 0) == whole)
        part = asked.take(mine)
        beyond = _beyond(daily, part, series[mine])
        inside = (beyond.value - cut[mine][beyond.owner]) * side[mine][beyond.owner] > 0
        within = beyond.take(inside).within(part.start_s, part.end_s, part.away)
        there, found_values = within.from_outside(side[mine], outer[mine])
        enough[mine[there]], value[mine[there]] = True, found_values[there]
    level = _level(daily, asked, side) == cut  # all that is not beyond the cut lies on it
    return Percentiles(~some | (told & (enough | level)), some, value, decimals)


def _all_cut(daily: DailySums, asked: SharesAsked) -> Flags:
    """Whether every part with granules of a series has a cut for it."""
    found = np.ones(len(asked), np.bool_)
    for part in daily.parts:
        packed = daily.store.packed_runs(part)
        low, high = slices_of(
            packed.code, packed.first, series_code(asked.product, asked.reading, KNOWN)
        )
        mine = Cuts.of([daily.store.read(part, "cuts")])
        there, _ = mine.at(series_code(asked.product, asked.reading, 0))
        found &= there | (low == high)
    return found


def _beyond(daily: DailySums, asked: SharesAsked, series: Integers) -> Beyond:
    """The granules beyond the cuts of each question's series, of all parts."""
    owners, starts, values = [], [], []
    for order, part in enumerate(daily.parts):
        owner, start, value = daily.store.packed_tails(part).of_series(series)
        if daily.runs.covers is not None and len(owner):
            code = product_day_code(asked.product[owner], asked.reading[owner], start // DAY_S)
            kept = daily.runs.covers.keeps_codes(code, order)
            owner, start, value = owner[kept], start[kept], value[kept]
        owners.append(owner)
        starts.append(start)
        values.append(value)
    owner, start, value = np.concatenate(owners), np.concatenate(starts), np.concatenate(values)
    if len(daily.parts) > 1:
        by_time = np.lexsort((start, owner))
        owner, start, value = owner[by_time], start[by_time], value[by_time]
    return Beyond(owner, start, value)


def _level(daily: DailySums, asked: SharesAsked, side: Integers) -> npt.NDArray[np.float64]:
    """The lowest number of each series over all days at hand, where granules above a cut are kept;
    the highest where those below one are."""
    lowest, highest = daily.extremes(asked.product, asked.reading)
    return np.where(side == UPPER, lowest, highest)
