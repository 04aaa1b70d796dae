"""How a worsening began: as a step, as a line over all days, or with a kink on a day."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from trueline.trends.many_series import LEAST_DAYS
from trueline.trends.observations import Floats

CLOSE = 3.84
"""Twice the log likelihood within which a day is as good as the best, 95 % (chi square, 1)."""


class Shape(Enum):
    """What describes the days best."""

    STEP = "step"
    LINE = "line"
    KINK = "kink"


@dataclass(frozen=True)
class Onset:
    """0-based days; of a line it is the first day, for it began before the days looked at."""

    shape: Shape
    day: int
    between: tuple[int, int]
    """First and last day on which it may have begun, 95 %."""
    change: float
    """Height of the step, or rise of the line or kink from the day to the end."""


def onset(series: Floats) -> Onset:
    """The best of step, line and kink by BIC (Schwarz 1978), for values (days,) with gaps as NaN.

    Least squares over every day, a week or more from the ends; a step and a kink have three and
    four coefficients with their day, a line two.
    """
    day = np.flatnonzero(np.isfinite(series))
    value = series[day]
    size = len(value)
    edge = min(LEAST_DAYS, size // 2)
    cuts = np.arange(edge, size - edge + 1)
    step = _left_by_steps(value, cuts)
    kink = _left_by_kinks(day, value, cuts)
    line = np.polynomial.polynomial.Polynomial.fit(day, value, 1)
    rest = float(((value - line(day)) ** 2).sum())
    price = np.log(size)
    by = {
        Shape.STEP: size * np.log(step.min()) + 3 * price,
        Shape.LINE: size * np.log(max(rest, 1e-300)) + 2 * price,
        Shape.KINK: size * np.log(kink.min()) + 4 * price,
    }
    shape = min(by, key=lambda one: by[one])
    if shape is Shape.LINE:
        return Onset(shape, 0, (0, 0), float(line(day[-1]) - line(day[0])))
    left = step if shape is Shape.STEP else kink
    cut = int(cuts[int(np.argmin(left))])
    close = day[cuts[size * np.log(left / left.min()) <= CLOSE]]
    if shape is Shape.STEP:
        change = float(value[cut:].mean() - value[:cut].mean())
    else:
        change = _rise_after(day, value, cut)
    return Onset(shape, int(day[cut]), (int(close[0]), int(close[-1])), change)


def _left_by_steps(value: Floats, cuts: np.ndarray) -> Floats:
    """Sum of squares that two levels leave, for each place of the second's first point."""
    size = len(value)
    centred = value - value.mean()
    total = np.concatenate([[0.0], np.cumsum(centred)])
    whole = float(centred @ centred)
    left: Floats = whole - total[cuts] ** 2 * size / (cuts * (size - cuts))
    return np.maximum(left, 1e-12 * max(whole, 1e-288))


def _left_by_kinks(day: np.ndarray, value: Floats, cuts: np.ndarray) -> Floats:
    left = np.empty(len(cuts))
    for at, cut in enumerate(cuts):
        rest = value - _kinked(day, value, cut)[0]
        left[at] = rest @ rest
    return np.maximum(left, 1e-300)


def _rise_after(day: np.ndarray, value: Floats, cut: int) -> float:
    fitted, _ = _kinked(day, value, cut)
    return float(fitted[-1] - fitted[cut])


def _kinked(day: np.ndarray, value: Floats, cut: int) -> tuple[Floats, Floats]:
    """The continuous pair of lines that meet on the day at `cut`, and its coefficients."""
    time = (day - day[0]) / max(1, day[-1] - day[0])
    design = np.stack([np.ones(len(day)), time, np.maximum(time - time[min(cut, len(day) - 1)], 0)])
    weight = np.linalg.lstsq(design.T, value, rcond=None)[0]
    return weight @ design, weight
