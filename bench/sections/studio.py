"""Drafts of a standard replayed over a year, from summaries and exactly."""

from __future__ import annotations

from functools import partial

from bench.figures import Figure, interleaved, median_of
from bench.process import job
from bench.sizes import Scale
from bench.studio import year_of

SECTION = "studio"
ANSWERED_S = 2.0
DRAFTS = (
    ("another target", "5.500", "0.96"),
    ("a stricter threshold", "5.200", "0.95"),
    ("a looser threshold", "5.600", "0.95"),
)


def figures(scale: Scale) -> list[Figure]:
    products, count, rounds = scale.studio
    folder = str(year_of(products, count))
    found = []
    for what, value, target in DRAFTS:
        replay = partial(
            job, "bench.studio", "replayed", folder=folder, value=value, target=target, count=count
        )
        measured = interleaved(rounds, {"quick": replay})["quick"]
        exact = replay(exact=True)
        told = f"{what}, {count} months x {products:,} products"
        seconds = [one["seconds"] for one in measured]
        cpu_s = median_of(measured, "cpu_s")
        first = measured[0]
        found.append(
            Figure(
                SECTION,
                f"{told}: answered",
                median_of(measured, "seconds"),
                "s",
                low=min(seconds),
                high=max(seconds),
                goal=ANSWERED_S,
                cpu=cpu_s,
                scale=f"{first['figures']:,} figures {first['source']}; from the granules "
                f"{exact['seconds']:.1f} s, {exact['cpu_s']:.1f} cpu s",
                note=_bounds(first),
            )
        )
        found.append(_wrong(told, first["verdicts"], exact["verdicts"]))
    return found


def _bounds(told: dict) -> str:
    if not told["widest"]:
        return "every value is exact"
    return (
        f"bounds of a value are {100 * told['usual']:.2g} percentage points apart (median), "
        f"{100 * told['widest']:.2g} at most; {told['unsure']:,} verdicts are open within them"
    )


def _wrong(told: str, quick: list[list], exact: list[list]) -> Figure:
    """Verdicts said to be sure that the granules do not give; any other may differ."""
    right = {(product, period): verdict for product, period, verdict, _ in exact}
    sure = [one for one in quick if one[3]]
    wrong = sum(right[product, period] != verdict for product, period, verdict, _ in sure)
    others = sum(right[one[0], one[1]] != one[2] for one in quick) - wrong
    return Figure(
        SECTION,
        f"{told}: sure verdicts that differ",
        wrong + abs(len(right) - len(quick)),
        "",
        goal=0,
        scale=f"{len(sure):,} sure; of {len(quick) - len(sure):,} others {others:,} differ",
    )
