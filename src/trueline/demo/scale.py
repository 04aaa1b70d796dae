"""How large a demo operator is, and the grid of time it is measured on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from trueline.calendars.instants import instant, seconds, zone
from trueline.calendars.periods import parse_period, period_containing
from trueline.errors import InputError

GRANULE_S = 900
DAY_S = 86_400
WARM_UP_S = DAY_S  # measured before the first month: local months start before UTC ones, and
# availability over small intervals carries its state across the period edge (MEF 10.3)


@dataclass(frozen=True)
class DemoScale:
    products: int = 2000
    months: int = 3
    seed: int = 1
    end_month: str = "2026-10"

    def __post_init__(self) -> None:
        if self.products < 24:
            raise InputError("A demo operator needs at least 24 products")
        if not 1 <= self.months <= 60:
            raise InputError("A demo operator has 1 to 60 months")
        if parse_period(self.end_month).length != "P1M":
            raise InputError(f"{self.end_month!r} is not a month", mend="Write 2026-10")

    @property
    def customers(self) -> int:
        return min(2000, max(12, self.products // 5))

    def months_of_data(self) -> list[Month]:
        """The months in order; the first also holds the warm-up before it."""
        found: list[date] = [parse_period(self.end_month).first]
        while len(found) < self.months:
            found.append(period_containing(found[-1] - timedelta(days=1), "P1M").first)
        return [Month(index, first) for index, first in enumerate(reversed(found))]

    def share_of_time(self, share: float) -> int:
        """The UTC second that lies `share` of the way through the months, on a midnight."""
        months = self.months_of_data()
        days = (months[-1].end_s - months[0].start_s) // DAY_S
        return months[0].start_s + DAY_S * int(days * share)


@dataclass(frozen=True)
class Month:
    index: int
    first: date

    @property
    def label(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def start_s(self) -> int:
        return _midnight(self.first)

    @property
    def end_s(self) -> int:
        return _midnight(period_containing(self.first, "P1M").end)

    @property
    def grid_start_s(self) -> int:
        return self.start_s - (WARM_UP_S if self.index == 0 else 0)

    @property
    def granules(self) -> int:
        return (self.end_s - self.grid_start_s) // GRANULE_S

    def starts(self) -> npt.NDArray[np.int64]:
        """Start seconds of the month's granules."""
        return np.arange(self.grid_start_s, self.end_s, GRANULE_S, dtype=np.int64)


def _midnight(day: date) -> int:
    return seconds(datetime(day.year, day.month, day.day, tzinfo=UTC))


def random_source(seed: int, *path: int) -> np.random.Generator:
    """An independent stream for each path, the same on every machine."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *path])))


# Use of a network by local hour, 0 to 1: an office weekday and a weekend.
_WEEKDAY = (
    0.10, 0.07, 0.05, 0.05, 0.06, 0.10, 0.20, 0.42, 0.70, 0.90, 0.98, 1.00,
    0.90, 0.82, 0.92, 0.96, 0.92, 0.80, 0.62, 0.52, 0.48, 0.42, 0.30, 0.18,
)  # fmt: skip
_WEEKEND = (
    0.14, 0.10, 0.07, 0.06, 0.05, 0.06, 0.09, 0.14, 0.20, 0.27, 0.32, 0.35,
    0.36, 0.34, 0.33, 0.34, 0.36, 0.40, 0.46, 0.52, 0.54, 0.48, 0.34, 0.22,
)  # fmt: skip


@lru_cache(maxsize=256)
def load_shape(month: Month, zone_name: str) -> npt.NDArray[np.float64]:
    """How loaded the network is in each granule of the month, by the zone's local time."""
    zone_info = zone(zone_name)
    shape = np.empty(month.granules)
    for k in range(month.granules):
        if k % 4 == 0:  # offsets change on whole hours
            local = instant(month.grid_start_s + k * GRANULE_S).astimezone(zone_info)
        quarter = (local.minute // 15 + k % 4) / 4
        hours = _WEEKEND if local.weekday() >= 5 else _WEEKDAY
        here, following = hours[local.hour], hours[(local.hour + 1) % 24]
        shape[k] = here + (following - here) * quarter
    shape.flags.writeable = False
    return shape
