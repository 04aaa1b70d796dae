"""The month from summaries against the month from granules, and live batches summed up."""

from __future__ import annotations

import statistics
from functools import partial

from bench.figures import Figure, Rounds, interleaved, median_of, ratio, ratio_figure
from bench.process import job
from bench.sizes import Scale
from bench.storage import Operator, facts_of, workspace_of

SECTION = "summaries"
TIMES = 50
WAYS = ("granules", "summaries", "again", "columns")
VISIBLE_S = 2.0


def figures(scale: Scale) -> list[Figure]:
    products, rounds = scale.main[0]
    operator = Operator(products)
    home = str(workspace_of(operator))
    built = job("bench.summing", "build", home=home)
    samples = facts_of(operator)["samples"]
    return [
        Figure(
            SECTION,
            f"all summaries of a month, {products:,} products",
            samples / built["seconds"] / 1e6,
            "M samples/s",
            scale=f"{built['seconds']:.1f} s, {built['cpu_s']:.1f} cpu s, "
            f"{built['bytes'] / samples:.2f} bytes a sample",
        ),
        *_months(home, rounds),
        *_whole(home, rounds),
        *_day(products),
        *_live(scale),
    ]


def _months(home: str, rounds: int) -> list[Figure]:
    found: list[Figure] = []
    for later, what in ((False, "shares of the month"), (True, "shares, exclusions changed")):
        month = partial(job, "bench.summing", "month", home=home, later_exclusions=later)
        measured = interleaved(
            rounds,
            {way: partial(month, way=way) for way in WAYS},
        )
        found += [
            _times(measured, "columns", f"{what}: granules over summaries at hand, as columns"),
            _times(measured, "again", f"{what}: granules over summaries at hand", goal=None),
            _times(measured, "summaries", f"{what}: granules over summaries from disk", goal=None),
            _differing(measured, what),
        ]
    return found


def _times(measured: Rounds, way: str, what: str, goal: float | None = TIMES) -> Figure:
    spent = {name: median_of(measured[name], "seconds") for name in ("granules", way)}
    return ratio_figure(
        SECTION,
        what,
        ratio(measured, "granules", way),
        goal=goal,
        at_least=True,
        scale=f"{spent['granules']:.2f} s, {1000 * spent[way]:.0f} ms",
    )


def _differing(measured: Rounds, what: str) -> Figure:
    digests = {one["digest"] for spent in measured.values() for one in spent}
    return Figure(SECTION, f"{what}: answers that differ", len(digests) - 1, "", goal=0)


def _whole(home: str, rounds: int) -> list[Figure]:
    """Rows with plan and verdicts, as the month was, and with exclusions that changed."""
    found: list[Figure] = []
    for which, what in KINDS.items():
        for later, when in ((False, ""), (True, ", exclusions changed")):
            assess = partial(
                job, "bench.summing", "assess", home=home, which=which, later_exclusions=later
            )
            ways = ("granules", "summaries", *(("columns",) if which != "all" else ()))
            measured = interleaved(rounds, {way: partial(assess, way=way) for way in ways})
            told = f"whole rows, {what}{when}"
            for way in ways[1:]:
                how = ", as columns" if way == "columns" else ""
                label = f"{told}: granules over summaries from disk{how}"
                found.append(_times(measured, way, label, goal=None))
            found.append(_differing(measured, told))
    return found


KINDS = {
    "shares": "shares of good time",
    "percentiles": "shares and exact percentiles",
    "all": "everything",
}


def _day(products: int) -> list[Figure]:
    """One more day: summed up, and the month assessed again."""
    spent = job("bench.summing", "one_more_day", products=products)
    day = spent["day"]
    found = []
    for which, what in KINDS.items():
        raw, quick = (spent[f"{which} {way}"] for way in ("granules", "summaries"))
        again = {name: day[name] + quick[name] for name in ("seconds", "cpu_s")}
        found.append(
            Figure(
                SECTION,
                f"one more day, {what}: granules over the day summed up and the month again",
                raw["seconds"] / again["seconds"],
                "x",
                cpu=raw["cpu_s"] / again["cpu_s"],
                scale=f"{raw['seconds']:.2f} s, {day['seconds']:.2f} + {quick['seconds']:.2f} s; "
                f"29 days {spent['days']['seconds']:.1f} s",
            )
        )
        differ = int(raw["digest"] != quick["digest"])
        found.append(
            Figure(SECTION, f"one more day, {what}: answers that differ", differ, "", goal=0)
        )
    return found


def _live(scale: Scale) -> list[Figure]:
    spent = job(
        "bench.summing", "live", products=scale.batch_products, batches=scale.summed_batches
    )
    seen = spent["seen"][1:]  # the first finds nothing there yet
    parts = {
        name: 1000 * statistics.median(spent[name][1:]) for name in ("taken", "summed", "seen")
    }
    return [
        Figure(
            SECTION,
            f"a batch of {4 * scale.batch_products:,} samples taken in, summed up and seen",
            statistics.median(seen),
            "s",
            low=min(seen),
            high=max(seen),
            goal=VISIBLE_S,
            scale=f"taken in {parts['taken']:.0f} ms, and summed up {parts['summed']:.0f} ms, "
            f"{len(seen)} batches, last {statistics.median(seen[-10:]):.2f} s",
        )
    ]
