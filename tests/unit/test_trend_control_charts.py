"""Charts against published examples, run lengths against the published table."""

from __future__ import annotations

import numpy as np
import pytest

from trueline.errors import InputError
from trueline.trends.control_charts import (
    Reference,
    average_run_length,
    cusum_chart,
    drift_alarms,
    ewma_chart,
    reference_of,
)

EWMA_DATA = [52, 47, 53, 49.3, 50.1, 47, 51, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8]
EWMA_DATA += [51.2, 52.6, 52.4, 53.6, 52.1]
CUSUM_DATA = [324.925, 324.675, 324.725, 324.35, 325.35, 325.225, 324.125, 324.525, 325.225]
CUSUM_DATA += [324.6, 324.625, 325.15, 328.325, 327.25]


def test_o24_ewma_of_the_handbook_does_not_signal() -> None:
    chart = ewma_chart(EWMA_DATA, target=50, deviation=2.0539, weight=0.3, width=3)

    assert chart.upper_limit == pytest.approx(52.5884, abs=1e-4)
    assert chart.lower_limit == pytest.approx(47.4116, abs=1e-4)
    assert chart.upper[:6] == pytest.approx([50.6, 49.52, 50.56, 50.18, 50.16, 49.21], abs=6e-3)
    assert chart.upper[-3:] == pytest.approx([51.23, 51.94, 51.99], abs=6e-3)
    assert chart.signals == []


def test_o25_cusum_of_the_handbook_signals_at_its_fourteenth_point() -> None:
    chart = cusum_chart(CUSUM_DATA, target=325, allowance=0.3175, limit=4.1959)

    assert chart.upper[12:14] == pytest.approx([3.01, 4.94], abs=6e-3)
    assert chart.signals == [13]


@pytest.mark.parametrize(
    ("shift", "published"),
    [
        (0, 465),
        (0.25, 139),
        (0.5, 38.0),
        (0.75, 17.0),
        (1, 10.4),
        (1.5, 5.75),
        (2, 4.01),
        (3, 2.57),
    ],
)
def test_run_lengths_are_those_of_the_published_table(shift: float, published: float) -> None:
    """Montgomery, table 9.3, k = 0.5 and h = 5; three digits."""
    assert average_run_length(shift) == pytest.approx(published, rel=6e-3)


def test_a_simulated_chart_runs_as_long_as_the_chain_says() -> None:
    """2,000 runs at a shift of one deviation; the mean has a standard error below 0.15."""
    rng = np.random.default_rng(1)
    runs = [
        cusum_chart(rng.normal(1, 1, 100), target=0, allowance=0.5, limit=5).signals[0] + 1
        for _ in range(2000)
    ]

    assert np.mean(runs) == pytest.approx(average_run_length(1.0), abs=0.45)


def _autocorrelated(rng: np.random.Generator, size: int) -> np.ndarray:
    news = rng.normal(size=size + 50) * np.sqrt(0.75)
    series = np.zeros(size + 50)
    for at in range(1, size + 50):
        series[at] = 0.5 * series[at - 1] + news[at]
    return series[50:]


def test_a_slow_ramp_is_found_under_autocorrelation_and_noise_is_left_in_peace() -> None:
    """At most 3 alarms in 1,000 points; 0.05 deviations a point found within 40 in 90 %."""
    rng = np.random.default_rng(2)
    known = Reference(0.0, 1.0, 0.5)
    false = len(drift_alarms(_autocorrelated(rng, 20_000), known))
    ramp = np.concatenate([np.zeros(60), 0.05 * np.arange(1, 41)])
    found = 0
    for _ in range(200):
        alarms = drift_alarms(_autocorrelated(rng, 100) + ramp, known)
        found += any(at >= 60 for at in alarms)

    assert false <= 60
    assert found >= 180


def test_the_reference_is_learned_from_a_quiet_stretch() -> None:
    found = reference_of(3 + 2 * _autocorrelated(np.random.default_rng(3), 20_000))

    assert found.mean == pytest.approx(3, abs=0.1)
    assert found.deviation == pytest.approx(2, abs=0.05)
    assert found.correlation == pytest.approx(0.5, abs=0.02)


def test_a_gap_is_not_taken_for_the_next_point() -> None:
    """After a missing point nothing is foretold, so a lone high value counts by itself."""
    known = Reference(0.0, 1.0, 0.5)
    values = [0.0, None, 9.0]

    assert drift_alarms(values, known, allowance=0.25, limit=8.7) == [2]
    assert drift_alarms(values, known, allowance=0.25, limit=8.8) == []


def test_a_short_reference_is_refused() -> None:
    with pytest.raises(InputError, match="reference has 3 points"):
        reference_of([1, 2, 3])
