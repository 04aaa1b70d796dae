"""A group as a cohort of members day by day, and the series that can be made of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trueline.errors import InputError
from trueline.trends.observations import Floats

LEAST_DAYS_SEEN = 0.8
"""Share of the days that a group, or a member of its fixed cohort, has to have data for."""


@dataclass(frozen=True)
class Cohort:
    """Members of one group, day by day; a ratio is a sum over a sum, never a mean of ratios."""

    numerator: Floats
    """(members, days), NaN where a member has no data: bad seconds, say, or a sum of delays."""
    denominator: Floats
    """(members, days): known seconds, or the count the sum was taken over."""
    bounded: bool = True
    """Whether the ratio lies between 0 and 1, as unavailability and loss do; then the tests work on
    its logit, on which a fixed effect is as large near 0 as it is in the middle."""
    measuring_changed: tuple[int, ...] = ()
    """Points at which the measurement itself changed: a probe replaced, a counter redefined."""
    step_days: int = 1
    """Days that one point spans: 1, or 7 of a weekly view."""

    def __post_init__(self) -> None:
        if self.numerator.ndim != 2 or self.numerator.shape != self.denominator.shape:
            raise InputError(
                f"numerator is {self.numerator.shape}, denominator {self.denominator.shape}",
                mend="give both as members x days",
            )

    @property
    def week(self) -> int:
        """Points of a week: 7 days, or 1 of a weekly view."""
        return max(1, 7 // self.step_days)

    def coverage(self) -> float:
        """Share of the days on which at least one member has data."""
        return float(self._seen().any(axis=0).mean()) if self.numerator.size else 0.0

    def pooled(self) -> Floats:
        """The group's figure per day (days,), on the scale that is tested."""
        return self._scaled(self._seen())

    def without(self, members: int | np.ndarray) -> Floats:
        """The same without one member, or without those of these rows."""
        kept = self._seen()
        kept[members] = False
        return self._scaled(kept)

    def fixed(self) -> Floats:
        """The same of a cohort that stays: members with data throughout, each with the same weight
        on every day, its mean denominator. NaN throughout when there are none."""
        seen = self._seen()
        staying = seen[:, seen.any(axis=0)].mean(axis=1) >= LEAST_DAYS_SEEN
        if not staying.any():
            return np.full(self.numerator.shape[1], np.nan)
        present = seen[staying]
        own = np.where(present, self.numerator[staying], 0.0)
        weight = np.where(present, self.denominator[staying], 0.0)
        steady = weight.sum(axis=1) / present.sum(axis=1)
        ratio = own / np.where(weight > 0, weight, 1.0)
        total = (np.where(present, ratio, 0.0) * steady[:, None]).sum(axis=0)
        return self.on_scale(total, (present * steady[:, None]).sum(axis=0))

    def mixing(self) -> bool:
        """Whether the members, or their weights, are not the same all the time."""
        weight = np.where(self._seen(), self.denominator, 0.0)
        share = weight / np.maximum(weight.sum(axis=0), 1e-300)
        return bool((np.ptp(share, axis=1) > 0.01).any())

    def on_scale(self, total: Floats, weight: Floats) -> Floats:
        """Ratios of sums, as logits when bounded; NaN without weight.

        Half an event is added on both sides, so that a day without any is a number (Cox 1970).
        """
        known = weight > 0
        safe = np.where(known, weight, 1.0)
        if not self.bounded:
            return np.where(known, total / safe, np.nan)
        half = 0.5 * safe / max(float(np.median(safe[known])) if known.any() else 1.0, 1.0)
        logit = np.log((total + half) / np.maximum(safe - total + half, half))
        return np.where(known, logit, np.nan)

    def _scaled(self, kept: np.ndarray) -> Floats:
        return self.on_scale(
            np.where(kept, self.numerator, 0.0).sum(axis=0),
            np.where(kept, self.denominator, 0.0).sum(axis=0),
        )

    def _seen(self) -> np.ndarray:
        return np.isfinite(self.numerator) & (np.nan_to_num(self.denominator) > 0)
