"""How far the truth may lie from the forecast: the spread of the back-test's errors.

A series that is never negative is judged on a root scale, where large values may err more and no
interval wanders far below zero. The spread grows with a power of the step, learnt from the errors
and drawn towards what is usual; its distribution is Student's t, whose tails are wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from trueline.trends.forecast_series import Floats, root_offset, scaled, unscaled

FREEDOM = 8.0  # degrees of freedom with a whole back-test
FEW_FREEDOM = 3.0  # and with less
WHOLE = 8  # origins
USUAL_GROWTH = 0.35  # power of the step with which errors usually grow


@dataclass(frozen=True)
class Predictive:
    """What a step may come to: a shifted and scaled t distribution on the scale of `offset`.

    `offset` None is the plain scale, else y goes to sign(y) (sqrt(|y| + offset) - sqrt(offset)).
    """

    centre: Floats  # (horizon,), on the scale
    spread: Floats  # (horizon,), on the scale
    freedom: float
    offset: float | None

    def quantile(self, level: float) -> Floats:
        return unscaled(self.centre + self.spread * stats.t.ppf(level, self.freedom), self.offset)

    def above(self, threshold: Floats) -> Floats:
        """P(value > threshold) per step; where there is no spread, 0 or 1."""
        room = scaled(threshold, self.offset) - self.centre
        certain = self.spread <= 0
        away = room / np.where(certain, 1.0, self.spread)
        chance: Floats = np.where(certain, room < 0, stats.t.sf(away, self.freedom))
        return chance

    def below(self, threshold: Floats) -> Floats:
        """P(value < threshold) per step."""
        room = self.centre - scaled(threshold, self.offset)
        certain = self.spread <= 0
        away = room / np.where(certain, 1.0, self.spread)
        chance: Floats = np.where(certain, room < 0, stats.t.sf(away, self.freedom))
        return chance

    def share_covered(self, paths: Floats, truth: Floats, level: float = 0.95) -> float:
        """Share of the known truth inside the interval, had it been drawn around `paths`."""
        reach = self.spread * stats.t.ppf((1 + level) / 2, self.freedom)
        away = np.abs(scaled(truth, self.offset) - scaled(paths, self.offset))
        return float((away <= reach)[np.isfinite(truth)].mean())


def predictive(values: Floats, paths: Floats, truth: Floats) -> Predictive:
    """From the combination's paths (origins + 1, horizon) and the truth (origins, horizon)."""
    offset = root_offset(values)
    errors = scaled(truth, offset) - scaled(paths[:-1], offset)
    shape = error_growth(errors)
    relative = np.abs(errors / shape)
    size = np.nanmean(relative) * np.sqrt(np.pi / 2) + np.sqrt(np.nanmean(np.square(relative)))
    few = len(errors) < WHOLE
    freedom = FEW_FREEDOM if few else FREEDOM
    sigma = size / 2
    if few:
        sigma = max(sigma, float(np.abs(np.diff(scaled(values, offset))).mean()))
    spread = shape * sigma / stats.t.ppf(stats.norm.cdf(1.0), freedom)
    return Predictive(scaled(paths[-1], offset), spread, freedom, offset)


def predictive_of_few(values: Floats, horizon: int) -> Predictive:
    """With too few values for a back-test: the last one, as uncertain as they changed; a single
    value as uncertain as its own size, for nothing is known of its changes."""
    changes = np.abs(np.diff(values)) if len(values) > 1 else np.abs(values)
    spread = changes.mean() * np.sqrt(np.arange(1, horizon + 1))
    return Predictive(np.repeat(values[-1], horizon), spread, FEW_FREEDOM, None)


def error_growth(errors: Floats) -> Floats:
    """Relative size of the error of each step, (horizon,), 1 at the first: a power of the step.

    Steps that no back-test reached follow the same power.
    """
    horizon = errors.shape[1]
    steps = np.log(np.arange(1, horizon + 1))
    known = np.flatnonzero(np.isfinite(errors).any(axis=0))
    power = USUAL_GROWTH
    if len(known) > 1:
        size = np.nanmean(np.abs(errors[:, known]), axis=0)
        size = np.log(size + 1e-9 * size.max() + 1e-300)
        x = steps[known] - steps[known].mean()
        slope = float(x @ size) / float(x @ x)
        power = (float(np.clip(slope, 0, 1)) + USUAL_GROWTH) / 2
    return np.exp(power * steps)
