"""Days on which not the service but its measuring changed, found in the figures themselves.

Two signs. A product's granules become longer or shorter. Or everything that one probe measures
steps on one day, over several nodes, while the same service measured by other probes does not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import comb

import numpy as np

from trueline.trends.daily_history import DailyHistory, ObjectiveHistory
from trueline.trends.many_series import without_cycle
from trueline.trends.observations import Floats
from trueline.trends.onset import Shape, onset
from trueline.trends.value_index import value_index

RATIO = 1.25
"""Granules that become longer or shorter by this are measured otherwise."""
LEAST_SIDE = 7
"""Days with data on each side of a change."""
LEAST_PRODUCTS, LEAST_PLACES = 3, 3
CHANCE = 0.005
"""Highest chance that products which step for another reason are so nearly those of one probe."""
STEPPED = 0.8
"""Share of a probe's products that have to step with it."""
NEAR_DAYS = 3
"""Widest half of the interval of a day that counts as one day."""
STEADY = 6.0
"""Standard errors of the difference between the probe and the others that its step has to reach."""
SIDE = 14
"""Days before and after by which a single product is judged."""


@dataclass(frozen=True)
class MeasuringChange:
    """From `day` on the product is measured otherwise; `parameter` "" stands for all it has."""

    day: date
    what: str
    parameter: str = ""


@dataclass(frozen=True)
class MeasuredBy:
    """Who measures a product, and where it hangs: products of different places are unrelated."""

    probe: str
    service: str
    """Products of one service and objective are compared with each other: offering and region."""
    place: str


Changes = dict[str, list[MeasuringChange]]


def granules_changed(history: DailyHistory, parameters: Mapping[str, str]) -> Changes:
    """By product, the day from which its granules last longer or shorter than before."""
    found: Changes = defaultdict(list)
    for objective in history.objectives:
        parameter = parameters.get(objective.objective_id, "")
        seen = (objective.samples > 0) & (objective.known_s > 0)
        length = np.divide(
            objective.known_s, objective.samples, out=np.full(seen.shape, np.nan), where=seen
        )
        for row in np.flatnonzero(_varies(length)):
            change = _new_length(length[row])
            if change is None:
                continue
            at, before, after = change
            what = f"granules of {before:.0f} s before, of {after:.0f} s since"
            one = MeasuringChange(history.day(at), what, parameter)
            own = found[objective.product_ids[row]]
            if one not in own:
                own.append(one)
    return dict(found)


def _varies(length: Floats) -> np.ndarray:
    known = np.isfinite(length)
    low = np.where(known, length, np.inf).min(axis=1)
    high = np.where(known, length, -np.inf).max(axis=1)
    varies: np.ndarray = high >= RATIO * low
    return varies


def _new_length(length: Floats) -> tuple[int, float, float] | None:
    """The one day that parts two lengths that each hold on nine days of ten, and both lengths."""
    days = np.flatnonzero(np.isfinite(length))
    if len(days) < 2 * LEAST_SIDE:
        return None
    size = np.log(length[days])
    cuts = np.arange(LEAST_SIDE, len(days) - LEAST_SIDE + 1)
    middles = [(float(np.median(size[:cut])), float(np.median(size[cut:]))) for cut in cuts]
    left = [
        float(np.abs(size[:cut] - one).sum() + np.abs(size[cut:] - two).sum())
        for cut, (one, two) in zip(cuts, middles, strict=True)
    ]
    best = int(np.argmin(left))
    cut, (one, two) = int(cuts[best]), middles[best]
    near = np.log(RATIO) / 2
    steady = (np.abs(size[:cut] - one) < near).mean(), (np.abs(size[cut:] - two) < near).mean()
    if abs(two - one) < np.log(RATIO) or min(steady) < 0.9:
        return None
    return int(days[cut]), float(np.exp(one)), float(np.exp(two))


def probes_changed(
    history: DailyHistory,
    measured_by: Mapping[str, MeasuredBy],
    parameters: Mapping[str, str],
    worse: Mapping[str, int],
) -> Changes:
    """By product, the day on which all that its probe measures of a service stepped, while what
    other probes measure of it did not. `worse` names objectives whose value is looked at, else
    their bad time is."""
    found: Changes = defaultdict(list)
    for objective in history.objectives:
        if not objective.samples.any():
            continue  # outages and tickets: no probe measures them
        levels: Floats | None = None
        for probe, inside, outside in _by_probe(objective, measured_by):
            levels = _levels(objective, worse) if levels is None else levels
            stepped = _stepped(levels, inside, outside)
            if stepped is None:
                continue
            at, share, change = stepped
            what = (
                f"{share:.0%} of the {len(inside)} products that {probe} measures stepped at once, "
                f"by a factor of {np.exp(change):.3g}; {len(outside)} of the same service measured "
                "by others did not"
            )
            parameter = parameters.get(objective.objective_id, "")
            for row in inside:
                found[objective.product_ids[row]].append(
                    MeasuringChange(history.day(at), what, parameter)
                )
    return dict(found)


def _by_probe(
    objective: ObjectiveHistory, measured_by: Mapping[str, MeasuredBy]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Each probe with the rows it measures of one service, and the rows that others do."""
    services: dict[str, list[int]] = defaultdict(list)
    by = [measured_by.get(product) for product in objective.product_ids]
    for row, one in enumerate(by):
        if one is not None and one.probe:
            services[one.service].append(row)
    for rows in services.values():
        known = [(row, one) for row in rows if (one := by[row]) is not None]
        for probe in sorted({one.probe for _, one in known}):
            inside = np.array([row for row, one in known if one.probe == probe])
            outside = np.array([row for row, one in known if one.probe != probe])
            places = {one.place for _, one in known if one.probe == probe}
            if min(len(inside), len(outside)) >= LEAST_PRODUCTS and len(places) >= LEAST_PLACES:
                yield probe, inside, outside


def _levels(objective: ObjectiveHistory, worse: Mapping[str, int]) -> Floats:
    """Members' days on a scale on which a factor is a distance: the index of the value, or the
    logarithm of the odds of bad time; less the pattern of the week."""
    if objective.objective_id in worse:
        rows = value_index(objective.value, worse[objective.objective_id])
    else:
        seen = objective.known_s > 0
        half = 0.5 * objective.known_s / np.maximum(objective.samples, 1)
        good = objective.known_s - objective.bad_s
        odds = (objective.bad_s + half) / np.where(seen, good + half, 1.0)
        rows = np.log(odds, out=np.full(odds.shape, np.nan), where=seen)
    plain: Floats = without_cycle(rows, 7)
    return plain


def _stepped(
    levels: Floats, inside: np.ndarray, outside: np.ndarray
) -> tuple[int, float, float] | None:
    """Day, share of the products that stepped with it, and height; None where the difference
    between the two sides is no single clear step, or too few products have it."""
    apart = _middle(levels[inside]) - _middle(levels[outside])
    if np.isfinite(apart).sum() < 4 * LEAST_SIDE:
        return None
    began = onset(apart)
    width = began.between[1] - began.between[0]
    if began.shape is not Shape.STEP or width > 2 * NEAR_DAYS or not _clear(apart, began.day):
        return None
    half = began.change / 2
    own, others = (_own_steps(levels[rows], began.day) / half >= 1 for rows in (inside, outside))
    if not len(own) or not len(others) or own.mean() < STEPPED or others.mean() > 1 - STEPPED:
        return None
    chance = _chance(int(own.sum()), len(own), int(others.sum()), len(others))
    return (began.day, float(own.mean()), began.change) if chance <= CHANCE else None


def _chance(own: int, inside: int, others: int, outside: int) -> float:
    """Chance that so many of the products that stepped are of this probe, if any were as likely
    (hypergeometric)."""
    stepped, every = own + others, inside + outside
    ways = sum(
        comb(inside, hit) * comb(outside, stepped - hit)
        for hit in range(own, min(inside, stepped) + 1)
    )
    return ways / comb(every, stepped)


def _clear(apart: Floats, day: int) -> bool:
    """Whether the step is many standard errors high, weeks taken as the independent pieces."""
    sides = (apart[:day], apart[day:])
    weeks = [_weeks(side) for side in sides]
    if min(len(one) for one in weeks) < 2:
        return False
    away = np.concatenate([one - np.mean(one) for one in weeks])
    free = len(away) - 2
    spread = np.sqrt((away**2).sum() / max(free, 1))
    error = spread * np.sqrt(sum(1 / len(one) for one in weeks))
    height = abs(float(np.mean(weeks[1]) - np.mean(weeks[0])))
    return bool(height > STEADY * error)


def _weeks(side: Floats) -> Floats:
    known = side[np.isfinite(side)]
    count = len(known) // 7
    means: Floats = known[: count * 7].reshape(count, 7).mean(axis=1)
    return means


def _own_steps(levels: Floats, day: int) -> Floats:
    """Each product's own step: medians of the days after and before, where both are known."""
    before, after = (
        _middles(levels[:, max(0, day - SIDE) : day]),
        _middles(levels[:, day : day + SIDE]),
    )
    steps = after - before
    return steps[np.isfinite(steps)]


def _middles(levels: Floats) -> Floats:
    found = np.full(len(levels), np.nan)
    known = np.isfinite(levels).any(axis=1)
    found[known] = np.nanmedian(levels[known], axis=1)
    return found


def _middle(levels: Floats) -> Floats:
    """The middle product of each day."""
    return _middles(levels.T)


def merged(*parts: Mapping[str, Sequence[MeasuringChange]]) -> Changes:
    """All changes of each product, the one found first kept where two tell the same day."""
    found: Changes = defaultdict(list)
    for part in parts:
        for product, changes in part.items():
            told = {(one.day, one.parameter) for one in found[product]}
            found[product] += [one for one in changes if (one.day, one.parameter) not in told]
    return dict(found)


def most_told(changes: Sequence[MeasuringChange]) -> str:
    """What most of these changes say, and of how many products."""
    (what, count), *_ = Counter(one.what for one in changes).most_common(1)
    return f"{what} ({count} product{'s' if count > 1 else ''})"
