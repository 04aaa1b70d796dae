"""Change points against people, with the settings chosen again without each series, and on kinds
of series that were drawn at random."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from bench.change_point_kinds import KINDS
from bench.change_point_scores import Score, score
from bench.figures import Figure
from bench.trend_series import Annotated, annotated_series
from trueline.trends import change_points
from trueline.trends.level_changes import DEFAULT, Setting

FACTORS = (0.5, 0.75, 1.25, 1.5)
DRAWN_SETTINGS = 24
DRAWS = 4
SEED = 1000
"""Not used while the method was made."""


def change_point_figures(section: str) -> list[Figure]:
    """Those on annotated series, where there are any, and those on drawn ones."""
    series = annotated_series()
    found = _against_people(section, series) if series else []
    if not series:
        print("change points: skipped, no annotated series", flush=True)
    return found + _on_kinds(section)


def _against_people(section: str, series: list[Annotated]) -> list[Figure]:
    standing = _scores(series, DEFAULT)
    for one, found in zip(series, standing, strict=True):
        print(f"  {one.name}: F1 {found.f1:.3f}, cover {found.cover:.3f}", flush=True)
    control = [
        found.f1
        for one, found in zip(series, standing, strict=True)
        if one.name.startswith("quality_control")
    ]
    one_changed = [_scores(series, setting) for setting in _one_number_changed()]
    all_changed = [_scores(series, setting) for setting in _all_numbers_changed()]
    chosen = _chosen_without_each([standing, *one_changed, *all_changed])
    said = f"{len(series)} real series, five annotators each; development part"
    others = f"chosen on the other {len(series) - 1} among {1 + 24 + DRAWN_SETTINGS} settings"
    return [
        *_pair(section, "", standing, f"{said}; spread: one left out", goals=(0.74, 0.70)),
        Figure(
            section,
            "change points, F1 of quality_control_1..5",
            statistics.mean(control),
            "",
            goal=0.98,
            at_least=True,
        ),
        *_pair(section, ", setting chosen without the series", chosen, others, goals=(0.74, 0.70)),
        *_spread(section, "each number x 0.5, 0.75, 1.25, 1.5, one at a time", one_changed),
        *_spread(section, "all numbers x 0.5 to 2 at once, drawn", all_changed),
    ]


def _scores(series: Sequence[Annotated], setting: Setting) -> list[Score]:
    return [
        score(one.annotations, change_points(one.values, setting=setting), len(one.values))
        for one in series
    ]


def _one_number_changed() -> list[Setting]:
    return [
        replace(DEFAULT, **{field.name: factor * getattr(DEFAULT, field.name)})
        for field in fields(Setting)
        for factor in FACTORS
    ]


def _all_numbers_changed() -> list[Setting]:
    rng = np.random.default_rng(SEED)
    names = [field.name for field in fields(Setting)]
    return [
        Setting(**{name: getattr(DEFAULT, name) * 2 ** rng.uniform(-1, 1) for name in names})
        for _ in range(DRAWN_SETTINGS)
    ]


def _chosen_without_each(tried: Sequence[Sequence[Score]]) -> list[Score]:
    """Of each series the score with the setting that is best on all the others (F1 + cover)."""
    worth = np.array([[one.f1 + one.cover for one in scores] for scores in tried])
    others = worth.sum(axis=1, keepdims=True) - worth
    return [tried[int(best)][at] for at, best in enumerate(others.argmax(axis=0))]


def _pair(
    section: str, of: str, scores: Sequence[Score], said: str, goals: tuple[float, float]
) -> list[Figure]:
    """Mean F1 and cover, with the lowest and highest mean when one series is left out."""
    found = []
    for name, goal, values in (
        ("F1", goals[0], [one.f1 for one in scores]),
        ("cover", goals[1], [one.cover for one in scores]),
    ):
        others = [(sum(values) - one) / (len(values) - 1) for one in values]
        found.append(
            Figure(
                section,
                f"change points, {name}{of}",
                statistics.mean(values),
                "",
                low=min(others),
                high=max(others),
                goal=goal,
                at_least=True,
                scale=said,
            )
        )
    return found


def _spread(section: str, said: str, tried: Sequence[Sequence[Score]]) -> list[Figure]:
    means = {
        "F1": [statistics.mean(one.f1 for one in scores) for scores in tried],
        "cover": [statistics.mean(one.cover for one in scores) for scores in tried],
    }
    return [
        Figure(
            section,
            f"{name}, median over {len(tried)} changed settings",
            statistics.median(values),
            "",
            low=min(values),
            high=max(values),
            scale=said,
        )
        for name, values in means.items()
    ]


def _on_kinds(section: str) -> list[Figure]:
    """Each kind counts alike; spread: the least and the most of the kinds."""
    by_kind: dict[str, list[Score]] = {}
    for at, (name, draw) in enumerate(KINDS.items()):
        scores = []
        for number in range(DRAWS):
            rng = np.random.default_rng([SEED, at, number])
            planted = draw(rng)
            marks = planted.annotations(rng)
            scores.append(score(marks, change_points(planted.values), len(planted.values)))
        by_kind[name] = scores
        f1, cover = (
            statistics.mean(getattr(one, key) for one in scores) for key in ("f1", "cover")
        )
        print(f"  {name}: F1 {f1:.3f}, cover {cover:.3f}", flush=True)
    found = []
    for name, key in (("F1", "f1"), ("cover", "cover")):
        means = [statistics.mean(getattr(one, key) for one in each) for each in by_kind.values()]
        found.append(
            Figure(
                section,
                f"change points, {name} on drawn series",
                statistics.mean(means),
                "",
                low=min(means),
                high=max(means),
                scale=f"{len(KINDS)} kinds of {DRAWS}, planted changes; spread: least and most "
                "of a kind",
            )
        )
    return found
