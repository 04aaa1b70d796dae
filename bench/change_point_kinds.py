"""Series of the kinds that change-point benchmarks hold, drawn at random with known changes.

Each kind imitates the character of real annual, monthly, weekly or daily series: steps in noise,
outliers, seasons, growth, crises, random walks. A *clear* change is one that everybody would mark;
a *doubtful* one (a small bend, the end of a short crisis) is marked by some of five annotators. All
changes are planted, so that what is measured does not depend on any one real series.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

ANNOTATORS = 5
DOUBT = 0.4
"""Chance that an annotator marks a doubtful change."""

Draw = Callable[[np.random.Generator], "Planted"]


@dataclass(frozen=True)
class Planted:
    """Values (n,) and where they change."""

    values: np.ndarray
    clear: tuple[int, ...] = ()
    doubtful: tuple[int, ...] = ()

    def annotations(self, rng: np.random.Generator) -> list[list[int]]:
        """One list of marks per annotator, with a jitter of a point or two."""
        found = []
        for _ in range(ANNOTATORS):
            marks = [at for at in self.clear if rng.random() < 0.9]
            marks += [at for at in self.doubtful if rng.random() < DOUBT]
            jitter = rng.integers(-1, 2, len(marks))
            size = len(self.values)
            found.append(
                sorted(
                    {int(np.clip(a + b, 1, size - 1)) for a, b in zip(marks, jitter, strict=True)}
                )
            )
        return found


def correlated(rng: np.random.Generator, size: int, correlation: float) -> np.ndarray:
    """AR(1) noise of deviation 1."""
    news = rng.normal(size=size + 50) * np.sqrt(1 - correlation**2)
    for at in range(1, size + 50):
        news[at] += correlation * news[at - 1]
    return news[50:]


def step(size: int, at: int) -> np.ndarray:
    return (np.arange(size) >= at).astype(float)


def ramp(size: int, start: int, stop: int | None = None) -> np.ndarray:
    """0 up to `start`, then one more each point, level again from `stop`."""
    grown = np.maximum(np.arange(size) - start, 0)
    return np.minimum(grown, (size if stop is None else stop) - start).astype(float)


def season(size: int, period: int, rng: np.random.Generator) -> np.ndarray:
    shape = rng.normal(size=period)
    smooth = np.convolve(np.tile(shape, 3), np.ones(3) / 3, "same")[period : 2 * period]
    smooth = (smooth - smooth.mean()) / smooth.std()
    return np.resize(smooth, size)


def step_in_noise(rng: np.random.Generator) -> Planted:
    size = int(rng.integers(280, 500))
    at = int(rng.integers(size // 4, 3 * size // 4))
    values = rng.normal(size=size) + rng.choice([-1, 1]) * rng.uniform(1.5, 4) * step(size, at)
    return Planted(values, (at,))


def quiet_with_spikes(rng: np.random.Generator) -> Planted:
    size = int(rng.integers(280, 600))
    values = rng.normal(size=size)
    values[rng.integers(5, size - 5, 3)] += rng.choice([-1, 1]) * rng.uniform(6, 15)
    return Planted(values)


def river(rng: np.random.Generator) -> Planted:
    """A hundred years of a noisy flow with one lower level."""
    at = int(rng.integers(25, 70))
    return Planted(correlated(rng, 100, 0.2) - rng.uniform(1.4, 2.5) * step(100, at), (at,))


def well(rng: np.random.Generator) -> Planted:
    """Many levels with outliers."""
    edges = np.cumsum(rng.integers(25, 90, 9))
    size = int(edges[-1])
    values = 0.25 * correlated(rng, size, 0.4)
    for at in edges[:-1]:
        values += rng.choice([-1, 1]) * rng.uniform(0.8, 3) * step(size, int(at))
    values[rng.integers(5, size - 5, 5)] -= 4
    return Planted(values, tuple(int(at) for at in edges[:-1]))


def scan_line(rng: np.random.Generator) -> Planted:
    """A row of an image: flat and shaded stretches with hard edges."""
    edges = np.cumsum(rng.integers(35, 110, 7))
    size = int(edges[-1])
    values = 0.3 * correlated(rng, size, 0.6)
    for a, b in zip([0, *edges[:-1]], edges, strict=True):
        values[a:b] += rng.uniform(0, 6) + rng.uniform(-0.8, 0.8) * np.linspace(-1, 1, b - a)
    return Planted(values, tuple(int(at) for at in edges[:-1]))


def smooth_growth(rng: np.random.Generator) -> Planted:
    """A population: no noise to speak of, and nothing happens."""
    size = int(rng.integers(60, 800))
    time = np.linspace(0, 1, size)
    values = np.exp(rng.uniform(0.5, 1.5) * time) + 0.2 * np.sin(rng.uniform(1, 3) * time)
    return Planted(values + 0.002 * correlated(rng, size, 0.9))


def take_off(rng: np.random.Generator) -> Planted:
    """Emissions: slow, then faster with a bend."""
    size = int(rng.integers(100, 220))
    at = int(rng.uniform(0.3, 0.6) * size)
    values = 0.1 * ramp(size, 0) + rng.uniform(0.5, 1.5) * ramp(size, at)
    return Planted(values + 0.6 * correlated(rng, size, 0.7), (at,))


def plateau_and_fall(rng: np.random.Generator) -> Planted:
    """Births: level, a fall, level again."""
    size = int(rng.integers(120, 300))
    a, b = int(0.45 * size), int(rng.uniform(0.65, 0.85) * size)
    values = -ramp(size, a, b) / (b - a) + 0.02 * correlated(rng, size, 0.8)
    return Planted(values, (a, b))


def crash_and_recovery(rng: np.random.Generator) -> Planted:
    """A price: a random walk, one fast fall, wandering on lower down."""
    size = int(rng.integers(200, 500))
    at = int(rng.uniform(0.35, 0.7) * size)
    fall = int(rng.integers(8, 25))
    walk = np.cumsum(rng.normal(size=size)) * 0.5
    return Planted(walk - rng.uniform(15, 30) * ramp(size, at, at + fall) / fall, (at, at + fall))


def walk(rng: np.random.Generator) -> Planted:
    """A random walk in which everybody sees something else, and most see nothing."""
    size = int(rng.integers(150, 400))
    values = np.cumsum(rng.normal(size=size))
    return Planted(values, (), (int(np.argmax(values)), int(np.argmin(values))))


def devaluation(rng: np.random.Generator) -> Planted:
    """An exchange rate: two wandering levels, and a few months between them."""
    size = int(rng.integers(180, 280))
    at = int(rng.uniform(0.4, 0.7) * size)
    values = 8 * correlated(rng, size, 0.93) + 60 * ramp(size, at, at + 6) / 6
    return Planted(values, (at,), (at + 6,))


def bankruptcy(rng: np.random.Generator) -> Planted:
    """A share: up, down, and flat."""
    size = int(rng.integers(400, 600))
    a, b = int(rng.uniform(0.25, 0.4) * size), int(rng.uniform(0.45, 0.6) * size)
    path = 0.5 * ramp(size, 0, a) - 0.5 * ramp(size, a, b) * a / (b - a)
    noise = np.cumsum(rng.normal(size=size)) * 0.8 * (1 - step(size, b))
    noise -= np.interp(np.arange(size), [0, b, size], [0, noise[b - 1], 0])
    return Planted(path + noise * (1 - step(size, b)) + 0.5 * rng.normal(size=size), (a, b))


def short_growth(rng: np.random.Generator) -> Planted:
    """Fifty months of growth with one jump."""
    size = int(rng.integers(40, 60))
    at = int(rng.uniform(0.4, 0.75) * size)
    values = rng.uniform(0.02, 0.06) * ramp(size, 0) + rng.uniform(1, 2) * step(size, at)
    return Planted(values + 0.25 * correlated(rng, size, 0.3), (at,))


def auction(rng: np.random.Generator) -> Planted:
    """Climbing prices, one absurd value, one lasting drop or jump."""
    size = int(rng.integers(180, 220))
    at = int(rng.uniform(0.4, 0.8) * size)
    values = 0.03 * ramp(size, 0) + rng.choice([-1, 1]) * rng.uniform(2, 3) * step(size, at)
    values = values + 0.4 * correlated(rng, size, 0.7)
    values[int(rng.integers(20, size - 20))] -= 6
    return Planted(values, (at,))


def sport(rng: np.random.Generator) -> Planted:
    """A hundred seasons: wandering up, one era that starts at once."""
    size = 118
    at = int(rng.uniform(0.3, 0.8) * size)
    values = 0.01 * ramp(size, 0) + correlated(rng, size, 0.5) * 0.5 + 2 * step(size, at)
    return Planted(values, (at,))


def passengers(rng: np.random.Generator) -> Planted:
    """Growth with a yearly season, a sudden drop and a slow return."""
    size = int(rng.integers(300, 470))
    at = int(rng.uniform(0.4, 0.75) * size)
    drop = rng.uniform(0.25, 0.5)
    level = 1 + ramp(size, 0) / size - drop * step(size, at) * np.exp(-ramp(size, at) / 60)
    values = level * (1 + 0.1 * season(size, 12, rng)) + 0.03 * correlated(rng, size, 0.5)
    return Planted(values, (at,))


def seasonal_growth(rng: np.random.Generator) -> Planted:
    """Tourism: a season that grows with the level; growth sets in at some time."""
    size = int(rng.integers(150, 210))
    at = int(rng.uniform(0.4, 0.7) * size)
    level = 1 + 0.002 * ramp(size, 0) + 0.025 * ramp(size, at)
    values = level * (1 + 0.3 * season(size, 12, rng)) + 0.03 * rng.normal(size=size)
    return Planted(values, (at,))


def seasonal_quiet(rng: np.random.Generator) -> Planted:
    size = int(rng.integers(150, 400))
    values = 0.004 * ramp(size, 0) + season(size, 12, rng) + 0.3 * correlated(rng, size, 0.4)
    return Planted(values)


def road_deaths(rng: np.random.Generator) -> Planted:
    """A season and two laws that lower the level."""
    a, b = int(rng.integers(50, 80)), int(rng.integers(140, 175))
    values = 0.9 * season(192, 12, rng) + 0.4 * correlated(rng, 192, 0.3)
    return Planted(values - 1.2 * step(192, a) - 1.6 * step(192, b), (a, b))


def rise_and_fall(rng: np.random.Generator) -> Planted:
    """Fifty years: up to a peak and down again."""
    size = int(rng.integers(45, 60))
    at = int(rng.uniform(0.35, 0.65) * size)
    slope = rng.uniform(0.15, 0.3)
    values = slope * ramp(size, 0, at) - slope * ramp(size, at)
    return Planted(values + 0.4 * rng.normal(size=size), (at,))


def decline_with_strikes(rng: np.random.Generator) -> Planted:
    """A century of coal: growth, a few terrible years, a long decline."""
    size, at = 105, int(rng.integers(20, 40))
    b = int(rng.integers(60, 75))
    values = 0.4 * ramp(size, 0, at) - 0.1 * ramp(size, at, b) - 0.4 * ramp(size, b)
    values = values + 0.3 * correlated(rng, size, 0.5)
    values[at + 15] -= 6
    return Planted(values, (at,), (b,))


def business(rng: np.random.Generator) -> Planted:
    """Inventories: growth, a recession of two years, growth again."""
    size = int(rng.integers(300, 340))
    at = int(rng.uniform(0.5, 0.7) * size)
    end = at + int(rng.integers(12, 24))
    values = ramp(size, 0, at) + ramp(size, end) - rng.uniform(2, 4) * ramp(size, at, end)
    values = values + 4 * season(size, 12, rng) + 2 * correlated(rng, size, 0.8)
    return Planted(values, (at, end))


def building(rng: np.random.Generator) -> Planted:
    """Construction: a boom and a bust, under a season."""
    size = int(rng.integers(300, 340))
    a = int(rng.uniform(0.4, 0.55) * size)
    b = a + int(rng.integers(40, 70))
    values = 0.4 * ramp(size, 0, a) - 0.9 * ramp(size, a, b) + 0.5 * ramp(size, b)
    values = values + 8 * season(size, 12, rng) + 2 * correlated(rng, size, 0.8)
    return Planted(values, (a, b))


def debt(rng: np.random.Generator) -> Planted:
    """Twenty years: level, a surge, level."""
    size = int(rng.integers(18, 28))
    a = int(rng.uniform(0.45, 0.6) * size)
    b = a + int(rng.integers(4, 6))
    values = 20.0 * ramp(size, a, b) - 1.0 * ramp(size, 0) + 4 * rng.normal(size=size)
    return Planted(values, (a,), (b,))


def economy(rng: np.random.Generator) -> Planted:
    """A gross domestic product: growth, sometimes with a crisis of some years."""
    size = int(rng.integers(24, 60))
    noise = np.cumsum(rng.normal(size=size)) * 0.8
    if rng.random() < 0.5:
        return Planted(ramp(size, 0) + noise)
    at = int(rng.uniform(0.35, 0.65) * size)
    return Planted(1.2 * ramp(size, 0) - rng.uniform(10, 16) * step(size, at) + noise, (at,))


def railways(rng: np.random.Generator) -> Planted:
    """Forty years of slow decline that stops, or that starts."""
    size = int(rng.integers(30, 42))
    at = int(rng.uniform(0.35, 0.65) * size)
    values = -ramp(size, 0, at) if rng.random() < 0.5 else -ramp(size, at)
    return Planted(values + 0.4 * correlated(rng, size, 0.5), (at,))


def epidemic(rng: np.random.Generator) -> Planted:
    """Waves until a vaccine."""
    size = int(rng.integers(600, 900))
    at = int(rng.uniform(0.5, 0.75) * size)
    wave = np.exp(2 * np.sin(2 * np.pi * np.arange(size) / 52)) * np.exp(
        0.4 * correlated(rng, size, 0.8)
    )
    return Planted(wave * (1 - 0.93 * step(size, at)), (at,))


def bubble(rng: np.random.Generator) -> Planted:
    """A currency of enthusiasts: nothing, then an explosion, then half of it."""
    size = int(rng.integers(500, 780))
    a = int(rng.uniform(0.55, 0.65) * size)
    b = int(rng.uniform(0.72, 0.8) * size)
    path = ramp(size, a, b) / (b - a) - 0.6 * step(size, b + 10)
    spread = 0.01 + 0.06 * step(size, a)
    return Planted(path + spread * correlated(rng, size, 0.9), (a, b), (b + 10,))


def labour(rng: np.random.Generator) -> Planted:
    """Unemployment: waves of rising and falling with corners."""
    edges = np.cumsum(rng.integers(25, 55, 5))
    size = int(edges[-1])
    slopes = np.concatenate(
        [
            np.full(b - a, s)
            for a, b, s in zip(
                [0, *edges[:-1]],
                edges,
                np.resize([1, -1], 5) * rng.uniform(0.5, 1.5, 5),
                strict=True,
            )
        ]
    )
    values = np.cumsum(slopes) + 1.5 * correlated(rng, size, 0.8)
    return Planted(values, tuple(int(at) for at in edges[:-1]))


def short_step(rng: np.random.Generator) -> Planted:
    size = int(rng.integers(15, 41))
    at = int(rng.uniform(0.3, 0.7) * size)
    return Planted(correlated(rng, size, 0.1) + rng.uniform(2.5, 5) * step(size, at), (at,))


def short_quiet(rng: np.random.Generator) -> Planted:
    return Planted(correlated(rng, int(rng.integers(15, 60)), rng.uniform(0, 0.4)))


def correlated_quiet(rng: np.random.Generator) -> Planted:
    return Planted(correlated(rng, int(rng.integers(100, 400)), rng.uniform(0.3, 0.7)))


def correlated_step(rng: np.random.Generator) -> Planted:
    size, correlation = int(rng.integers(100, 300)), rng.uniform(0.3, 0.6)
    at = int(rng.uniform(0.25, 0.75) * size)
    return Planted(correlated(rng, size, correlation) + rng.uniform(2, 4) * step(size, at), (at,))


def steady_line(rng: np.random.Generator) -> Planted:
    size = int(rng.integers(30, 300))
    return Planted(rng.uniform(3, 20) * ramp(size, 0) / size + correlated(rng, size, 0.3))


KINDS: Mapping[str, Draw] = {
    one.__name__: one
    for one in (
        step_in_noise,
        quiet_with_spikes,
        river,
        well,
        scan_line,
        smooth_growth,
        take_off,
        plateau_and_fall,
        crash_and_recovery,
        walk,
        devaluation,
        bankruptcy,
        short_growth,
        auction,
        sport,
        passengers,
        seasonal_growth,
        seasonal_quiet,
        road_deaths,
        rise_and_fall,
        decline_with_strikes,
        business,
        building,
        debt,
        economy,
        railways,
        epidemic,
        bubble,
        labour,
        short_step,
        short_quiet,
        correlated_quiet,
        correlated_step,
        steady_line,
    )
}
