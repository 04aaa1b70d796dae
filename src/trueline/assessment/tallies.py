"""What units want of the granules, and what is added up for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from trueline.assessment.histogram import Histogram
from trueline.assessment.plan import Unit
from trueline.assessment.readings import Reading
from trueline.offerings.values import Comparator


@dataclass(frozen=True)
class Wanted:
    """What one unit needs of one reading."""

    thresholds: tuple[tuple[Comparator, Decimal], ...] = ()
    percentiles: tuple[Decimal, ...] = ()  # per cent
    moments: bool = False  # sum, denominator sum, min, max
    histogram: bool = False  # of the samples, to be merged with those of others


@dataclass(frozen=True, slots=True)
class Tally:
    """Seconds and numbers of one reading in the allowed time of one unit."""

    known_s: int = 0
    samples: int = 0  # trusted granules by start instant
    numbers: int = 0  # of those, the ones with a number (a quotient needs a denominator)
    good_s: tuple[int, ...] = ()  # by threshold, in the order they were wanted
    total: Decimal | None = None
    denominator: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    percentiles: Mapping[Decimal, Decimal | None] = field(default_factory=dict, hash=False)
    histogram: Histogram | None = None  # only where columns are at hand (array_sums)


@dataclass(frozen=True)
class Demand:
    """Units with their product keys, and what each wants."""

    units: Sequence[Unit]
    keys: Mapping[str, int]
    wanted: Mapping[int, Mapping[Reading, Wanted]]  # by unit number
