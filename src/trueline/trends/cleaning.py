"""Spikes and season taken out of a series before anything lasting is looked for."""

from __future__ import annotations

import numpy as np

from trueline.trends.observations import Floats

SPIKE = 4.0
"""Robust standard deviations from the median of five neighbours beyond which a point is a spike."""
FEW = 0.02
"""Share of the points."""
HARMONICS = 6
SHORTEST_SEARCHED = 24


def robust_deviation(values: Floats) -> float:
    """Standard deviation from the median absolute deviation, as for a normal distribution."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def without_spikes(series: Floats) -> Floats:
    """Lone points far from the median of their five neighbours, moved to the limit (n,).

    After Hampel; a level that lasts three points or more is left alone. In a series that hardly
    ever changes there is no spread to judge by: few points that differ are spikes, more are not.
    """
    if len(series) < 12:
        return series
    padded = np.pad(series, 2, mode="reflect")
    middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
    away = series - middle
    spread = max(robust_deviation(away), 0.7 * robust_deviation(np.diff(series)))
    if spread <= 0 and np.count_nonzero(away) > FEW * len(series):
        return series
    clean: Floats = middle + np.clip(away, -SPIKE * spread, SPIKE * spread)
    return clean


def found_period(series: Floats) -> int:
    """Period of the season shown by the changes from point to point, 1 where there is none."""
    change = np.diff(series)
    low, high = np.percentile(change, [5, 95]) if len(change) else (0.0, 0.0)
    width = high - low
    return repeating(np.clip(change, low - width, high + width)) if width > 0 else 1


def repeating(values: Floats) -> int:
    """Lag of the highest peak of the autocorrelation, 1 where none stands out.

    A peak has to reach 0.3, and 3.2 standard errors of white noise, and to rise 0.3 above the
    valley before it, so that slow decay is not taken for a season.
    """
    size = len(values)
    centred = values - values.mean() if size else values
    power = float(centred @ centred)
    if size < SHORTEST_SEARCHED or power <= 1e-12 * size:
        return 1
    spectrum = np.fft.rfft(centred, 2 * size)
    product = np.fft.irfft(spectrum * np.conj(spectrum))[:size]
    correlation = product / power * size / (size - np.arange(size))
    valley = np.minimum.accumulate(correlation)
    lag, height = 1, max(0.3, 3.2 / np.sqrt(size))
    for at in range(3, size // 4):
        here = correlation[at]
        peak = here >= correlation[at - 1] and here >= correlation[at + 1]
        if peak and here > height and here - valley[at] > 0.3:
            lag, height = at, 1.1 * here + 0.02
    return lag


def without_season(series: Floats, period: int) -> Floats:
    """The series less its season, added or multiplied, whichever leaves it smoother (n,).

    A season that explains no more than chance would is left in.
    """
    if period < 2 or len(series) < 3 * period or not _worth_it(series, period):
        return series
    added = series - season(series, period)
    if series.min() <= 0:
        return added
    logarithm = np.log(series)
    multiplied: Floats = np.exp(logarithm - season(logarithm, period))
    return multiplied if _roughness(multiplied) < 0.95 * _roughness(added) else added


def season(series: Floats, period: int) -> Floats:
    """Harmonics of the period, fitted to what a moving average of one period leaves (n,).

    The period is varied within what the length of the series can resolve, for a season that is
    not a whole number of points.
    """
    left, edge = _without_moving_average(series, period)
    inner = slice(edge, len(series) - edge) if len(series) > 4 * edge else slice(None)
    best, shape = _harmonic_fit(left, inner, float(period))
    if period < 5:
        return shape
    resolved = 0.75 * period * period / len(series)
    for change in np.linspace(-resolved, resolved, 25):
        squares, other = _harmonic_fit(left, inner, period + change)
        if squares < 0.9 * best:
            best, shape = squares, other
    return shape


def _worth_it(series: Floats, period: int) -> bool:
    """Whether the season explains clearly more than chance would, by BIC (Schwarz 1978).

    Each harmonic has two coefficients, and two are counted for the period that was searched for;
    the price is half as high again, for the highest of many peaks was chosen.
    """
    left, edge = _without_moving_average(series, period)
    inner = _inner(left, edge)
    before, after = left[inner].var(), (left - season(series, period))[inner].var()
    spent = min(period - 1, 2 * HARMONICS) + 2
    size = len(left[inner])
    gain = size * np.log(max(before, 1e-300) / max(after, 1e-300))
    return bool(gain > 1.5 * spent * np.log(size))


def _inner(left: Floats, edge: int) -> slice:
    """Without the edges, where the moving average is not whole; all of a short series."""
    return slice(edge, len(left) - edge) if len(left) > 4 * edge else slice(None)


def _roughness(series: Floats) -> float:
    return float(np.median(np.abs(np.diff(series))))


def _without_moving_average(series: Floats, period: int) -> tuple[Floats, int]:
    if period % 2:
        weight = np.full(period, 1 / period)
    else:
        weight = np.concatenate([[0.5], np.ones(period - 1), [0.5]]) / period
    edge = len(weight) // 2
    average = np.convolve(np.pad(series, edge, mode="edge"), weight, "valid")
    return series - average, edge


def _harmonic_fit(left: Floats, inner: slice, period: float) -> tuple[float, Floats]:
    """Sum of squares that the harmonics of a period leave, and the harmonics themselves."""
    time = np.arange(len(left), dtype=np.float64)
    waves: list[Floats] = []
    for harmonic in range(1, max(1, min(int(period) // 2, HARMONICS)) + 1):
        angle = 2 * np.pi * harmonic * time / period
        waves.append(np.cos(angle))
        if 2 * harmonic < period - 1e-6:
            waves.append(np.sin(angle))
    design = np.array(waves).T
    weight = np.linalg.lstsq(design[inner], left[inner], rcond=None)[0]
    rest = left[inner] - design[inner] @ weight
    return float(rest @ rest), design @ weight
