"""Samples by the log bucket that each lies in. Buckets are in order of value, so an exact
percentile has to look at the samples of one bucket only, and their counts are the histogram that is
pooled with those of others. Whole numbers are told their bucket by a table, without a logarithm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from trueline.assessment.histogram import Histogram, bucket_keys, histogram_of
from trueline.measurement.granule_arrays import Integers, Numbers

_TABLE_BITS = 21  # whole numbers below 2**21 have a table; larger ones take the logarithm
_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class BucketedSamples:
    """`places`: where each sample's bucket is among `keys`, which rise."""

    samples: Numbers
    places: Integers | npt.NDArray[np.uint16]
    keys: npt.NDArray[np.int64]
    bounds: tuple[float, float]  # every sample lies within

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        return np.bincount(self.places, minlength=len(self.keys))

    def at_rank(self, rank: int) -> int | float:
        """The sample at a 1-based position among the sorted samples."""
        reached = np.cumsum(self.counts)
        bucket = int(reached.searchsorted(rank))
        within = self.samples[self.places == bucket]
        place = 0
        if within.min() != within.max():  # equal ones are slow to part
            place = rank - 1 - int(reached[bucket] - self.counts[bucket])
            within.partition(place)
        found: int | float = within[place].item()
        return found

    def histogram(self) -> Histogram:
        occupied = np.flatnonzero(self.counts)
        return histogram_of(self.keys[occupied], self.counts[occupied], self.bounds)


def bucketed(numbers: npt.NDArray[np.float64]) -> BucketedSamples:
    """Doubles: their keys by the logarithm."""
    keys = bucket_keys(numbers)
    first, last = int(keys.min()), int(keys.max())
    bounds = (float(numbers.min()), float(numbers.max()))
    return BucketedSamples(numbers, keys - first, np.arange(first, last + 1), bounds)


def bucketed_whole(whole: Numbers, numbers: Numbers, divisor: int) -> BucketedSamples:
    """Numbers that are whole / divisor, or the whole numbers themselves."""
    lowest, highest = int(whole.min()), int(whole.max())
    bits = max(10, highest.bit_length())
    if lowest < 0 or bits > _TABLE_BITS:
        found = bucketed(np.divide(whole, divisor, dtype=np.float64))
        return replace(found, samples=numbers)
    places, keys = _table(divisor, bits)
    bounds = (lowest / divisor, highest / divisor)
    return BucketedSamples(numbers, places.take(whole.astype(np.intp)), keys, bounds)


@lru_cache(maxsize=32)
def _table(divisor: int, bits: int) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64]]:
    """For every whole number below 2**bits the place of its bucket among the keys, which rise."""
    size = 1 << bits
    keys = np.empty(size, np.int32)
    for first in range(0, size, _AT_ONCE):
        last = min(size, first + _AT_ONCE)
        keys[first:last] = bucket_keys(np.arange(first, last) / divisor)
    rises = keys[1:] > keys[:-1]
    places = np.zeros(size, np.uint16)
    np.cumsum(rises, out=places[1:], dtype=np.uint16)
    heads = np.concatenate(([0], np.flatnonzero(rises) + 1))
    return places, keys[heads].astype(np.int64)
