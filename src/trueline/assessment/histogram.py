"""A mergeable histogram of logarithmic buckets with a stated relative error.

A bucket key is a whole number that rises with the value, so a table expression can count by it:

    key(x) = 0 for x = 0, else sign(x) * (ceil(ln(abs(x)) / LN_GAMMA) + KEY_OFFSET)

All values of a bucket lie within a factor `GAMMA` of each other, and its middle is at most
RELATIVE_ERROR away from each. Counts, sum, minimum and maximum are exact. Merging adds counts, so
the order of merges never matters. Should more than MAX_BUCKETS buckets be occupied (values spread
over more than 17 powers of ten), neighbouring buckets join in pairs and `relative_error` says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import exp, isfinite, log1p

import numpy as np
import numpy.typing as npt

from trueline.assessment.percentile import rank

# A little under 1 %, so that the last bit of a computed logarithm cannot carry a value beyond it.
RELATIVE_ERROR = 0.0099
LN_GAMMA = log1p(RELATIVE_ERROR) - log1p(-RELATIVE_ERROR)
KEY_OFFSET = 40_000  # above ceil(-ln(5e-324) / LN_GAMMA): every double but 0 has a key of its sign
MAX_BUCKETS = 2_048

_LOW_BITS = 26

Keys = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Histogram:
    """Occupied buckets in order of value. `halvings` counts how often neighbours were joined."""

    keys: Keys
    counts: Keys
    total: Fraction
    lowest: float
    highest: float
    halvings: int = 0

    @property
    def count(self) -> int:
        return int(self.counts.sum())

    @property
    def relative_error(self) -> float:
        """The bound on the error of any percentile."""
        ln_gamma = LN_GAMMA * 2**self.halvings
        return float(np.tanh(ln_gamma / 2))

    def mean(self) -> Fraction | None:
        return self.total / self.count if self.count else None

    def percentile(self, p: Decimal | int) -> float | None:
        """RFC 2330 percentile within `relative_error`, exact where it is the lowest or highest
        sample; None without samples."""
        if not self.count:
            return None
        place = rank(self.count, p)
        for end, sample in ((1, self.lowest), (self.count, self.highest)):
            if place == end and isfinite(sample):
                return sample
        bucket = int(np.searchsorted(np.cumsum(self.counts), place))
        middle = bucket_middle(int(self.keys[bucket]), self.halvings)
        return min(max(middle, self.lowest), self.highest)


EMPTY = Histogram(
    np.empty(0, np.int64), np.empty(0, np.int64), Fraction(0), float("inf"), float("-inf")
)
ENDLESS = (float("-inf"), float("inf"))  # bounds of samples of which none is kept


def bucket_keys(values: Values) -> Keys:
    """The key of each finite value."""
    magnitude = np.abs(values)
    nonzero = magnitude > 0
    steps = np.ceil(np.log(magnitude, where=nonzero, out=np.zeros_like(magnitude)) / LN_GAMMA)
    keys: Keys = (np.sign(values) * (steps + KEY_OFFSET)).astype(np.int64)
    return keys


def bucket_middle(key: int, halvings: int = 0) -> float:
    """The value whose relative distance to both ends of the bucket is the same."""
    if key == 0:
        return 0.0
    ln_gamma = LN_GAMMA * 2**halvings
    step = abs(key) - KEY_OFFSET
    middle = exp(step * ln_gamma - ln_gamma / 2) / np.cosh(ln_gamma / 2)
    return float(middle if key > 0 else -middle)


def histogram(values: Values) -> Histogram:
    """The histogram of finite values; ValueError for NaN or infinity."""
    values = np.ascontiguousarray(values, dtype=np.float64)
    if values.size == 0:
        return EMPTY
    if not np.isfinite(values).all():
        raise ValueError("a histogram takes finite values only")
    keys = bucket_keys(values)
    first = int(keys.min())
    counts = np.bincount(keys - first)
    occupied = np.flatnonzero(counts)
    return _within_limit(
        Histogram(
            occupied.astype(np.int64) + first,
            counts[occupied].astype(np.int64),
            exact_sum(values),
            float(values.min()),
            float(values.max()),
        )
    )


def histogram_of(keys: Keys, counts: Keys, bounds: tuple[float, float]) -> Histogram:
    """From counts by rising key, every sample within `bounds`. The sum of the samples is not
    kept."""
    return _within_limit(Histogram(keys, counts, Fraction(0), *bounds))


def merge(histograms: Iterable[Histogram]) -> Histogram:
    """The histogram of all samples together."""
    parts = [part for part in histograms if part.keys.size]
    if not parts:
        return EMPTY
    halvings = max(part.halvings for part in parts)
    keys, counts = _added(
        np.concatenate([_joined(part.keys, halvings - part.halvings) for part in parts]),
        np.concatenate([part.counts for part in parts]),
    )
    return _within_limit(
        Histogram(
            keys,
            counts,
            sum((part.total for part in parts if part.total), Fraction(0)),
            min(part.lowest for part in parts),
            max(part.highest for part in parts),
            halvings,
        )
    )


def exact_sum(values: Values) -> Fraction:
    """The sum of finite doubles without any rounding, so that no order of adding matters."""
    mantissas, exponents = np.frexp(values)
    whole = np.ldexp(mantissas, 53).astype(np.int64)
    first = int(exponents.min())
    size = int(exponents.max()) - first + 1
    high, low = np.zeros(size, np.int64), np.zeros(size, np.int64)
    places = exponents - first
    np.add.at(high, places, whole >> _LOW_BITS)
    np.add.at(low, places, whole & ((1 << _LOW_BITS) - 1))
    scaled = sum(
        ((int(high[place]) << _LOW_BITS) + int(low[place])) << int(place)
        for place in np.flatnonzero(high | low)
    )
    return Fraction(scaled) * Fraction(2) ** (first - 53)


def _joined(keys: Keys, times: int) -> Keys:
    """Keys after neighbouring buckets were joined in pairs, `times` over."""
    for _ in range(times):
        steps = np.abs(keys) - KEY_OFFSET
        keys = np.where(keys == 0, 0, np.sign(keys) * (-(-steps // 2) + KEY_OFFSET))
    return keys


def _added(keys: Keys, counts: Keys) -> tuple[Keys, Keys]:
    """Counts of equal keys added up, in key order."""
    first = int(keys.min())
    # Doubles count whole numbers exactly up to 2**53 samples.
    added = np.bincount(keys - first, weights=counts).astype(np.int64)
    occupied = np.flatnonzero(added)
    return occupied + first, added[occupied]


def _within_limit(found: Histogram) -> Histogram:
    while found.keys.size > MAX_BUCKETS:
        keys, counts = _added(_joined(found.keys, 1), found.counts)
        found = Histogram(
            keys, counts, found.total, found.lowest, found.highest, found.halvings + 1
        )
    return found
