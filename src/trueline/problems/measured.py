"""Scans of a period by counts, ratios and levels: which figures of which products they compare."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
import pyarrow.compute as pc

from trueline.assessment.values import Verdict
from trueline.calendars.intervals import Interval, union
from trueline.calendars.periods import Period, parse_period, period_containing
from trueline.errors import InputError, Place
from trueline.problems.analysis import PerformanceAnalysis
from trueline.problems.enrichment import Enrichment, Mask
from trueline.problems.excess import Amounts, scan_counts, scan_levels, scan_ratios
from trueline.problems.judged import Judged, stored_columns
from trueline.problems.leaves import Floats
from trueline.problems.load_analyses import analyses_of
from trueline.problems.measure import Measure
from trueline.problems.member_days import higher_is_better
from trueline.problems.scan import ANY, MOST_FINDINGS, SURE, Looked, Shared, members_of, shared_of
from trueline.problems.union import Subjects, subjects_of
from trueline.settings.workspace import Workspace

# So many periods before are looked at for what is usual of a product.
HISTORY = 3
# So much of a period's usual reports is mixed into a product's own past.
LITTLE = 0.1
# A member is affected by a high level when it lies beyond so much of all products.
BEYOND = 0.9
# A wider name is told where what it adds has so many times its share.
REST = 1.5


@dataclass(frozen=True)
class _Asked:
    """A period of a workspace, and what is asked of it: an objective, a parameter, or ANY."""

    workspace: Workspace
    judged: Judged
    of: str
    subjects: Subjects

    @property
    def period(self) -> Period:
        return parse_period(self.judged.period)

    def subject(self, one: PerformanceAnalysis) -> str:
        return self.subjects.of(one, self.judged.snapshot.products.get(one.product_id))

    def told(self, one: PerformanceAnalysis) -> bool:
        return not one.void and self.of in (ANY, self.subject(one), one.parameter)


def scan_measured(
    workspace: Workspace, judged: Judged, measure: Measure, of: str = ANY
) -> list[Shared]:
    """Findings by a measure, the least likely first. Raises InputError where `of` names nothing
    that has figures of the kind, or is needed and not given."""
    if of == ANY and measure in (Measure.RATIO, Measure.LEVEL):
        raise InputError(
            f"a {measure} is of one objective or parameter",
            place=Place(field="of"),
            mend="name it: --of OBJECTIVE",
        )
    figures = figures_of(workspace, judged, measure, of)
    return [replace(one, measure=measure) for one in _findings(figures)]


@dataclass(frozen=True)
class Figures:
    """What is compared. `amounts` are scanned; `shown` are per member what was observed and what
    was expected, of a ratio its numerator and its denominator, of a level the mean and the middle
    one of its offering."""

    looked: Looked
    amounts: Amounts
    shown: tuple[Floats, Floats]
    affected: Mask
    told: Callable[[Sequence[int]], str]
    scan: Callable[[Amounts], list[Enrichment]]


def figures_of(workspace: Workspace, judged: Judged, measure: Measure, of: str) -> Figures:
    """The figures of a measure other than `violated`."""
    asked = _Asked(workspace, judged, of, subjects_of(judged.catalog))
    match measure:
        case Measure.COUNT:
            return _counts(asked)
        case Measure.RATIO:
            return _ratios(asked)
        case _:
            return _levels(asked)


def reports(
    asked_period: Interval,
    own: Iterable[tuple[str, str, Interval]],
    analyses: Iterable[tuple[str, PerformanceAnalysis]],
) -> dict[str, int]:
    """By product: how many reports there are of the period, each told once.

    `own` are missed lines (product, objective, period of the row), `analyses` come with what they
    are about. Those of one product about the same thing that overlap in time are one report.
    """
    first, last = asked_period
    spans: dict[tuple[str, str], list[Interval]] = defaultdict(list)
    for product, objective, span in own:
        spans[product, objective].append(span)
    for subject, one in analyses:
        start, end = max(one.start_s, first), last if one.end_s is None else min(one.end_s, last)
        spans[one.product_id, subject].append((start, max(end, start + 1)))
    found: dict[str, int] = defaultdict(int)
    for (product, _), intervals in spans.items():
        found[product] += len(union(intervals))
    return found


def expected_reports(before: Sequence[Mapping[str, int]], products: Sequence[str]) -> Floats:
    """What each product usually has in a period, its own past with a little of what is usual of
    all mixed in, for those that had none; all alike where there is no past."""
    had = np.array([sum(one.get(product, 0) for one in before) for product in products], float)
    usual = had.mean() / len(before) if before and len(products) else 0.0
    if not usual:
        return np.ones(len(products))
    expected: Floats = (had + LITTLE * usual) / (len(before) + LITTLE)
    return expected


def _counts(asked: _Asked) -> Figures:
    looked = _looked(asked)
    now = _reports_of(asked, asked.period) or {}
    before: list[dict[str, int]] = []
    period = asked.period
    for _ in range(HISTORY):
        period = period_containing(period.first - timedelta(days=1), period.length)
        earlier = _reports_of(asked, period)
        if earlier is not None:
            before.append(earlier)
    observed = np.array([now.get(product, 0) for product in looked.ids], dtype=np.float64)
    amounts = Amounts(
        looked.members.attributes,
        observed,
        expected_reports(before, looked.ids),
        looked.members.clusters,
        # What was expected from so few periods scatters as well: the two variances add.
        least_design=1 + 1 / len(before) if any(sum(one.values()) for one in before) else 1.0,
    )

    def told(inside: Sequence[int]) -> str:
        return f"{observed[list(inside)].sum():.0f} reports"

    shown = (observed, amounts.expected * (observed.sum() / amounts.expected.sum()))
    return Figures(looked, amounts, shown, observed > 0, told, scan_counts)


def _reports_of(asked: _Asked, period: Period) -> dict[str, int] | None:
    """None where nothing at all is known of the period."""
    names = ["product_id", "objective_id", "verdict", "period_start", "period_end"]
    own = stored_columns(asked.workspace, period.label, names)
    span = period.bounds("UTC")
    analyses = analyses_of(asked.judged.delivery, span)
    if own is None and not analyses:
        return None
    missed = [] if own is None else own.to_pylist()
    return reports(
        span,
        (
            (
                row["product_id"],
                row["objective_id"],
                (int(row["period_start"].timestamp()), int(row["period_end"].timestamp())),
            )
            for row in missed
            if row["verdict"] == Verdict.VIOLATED and asked.of in (ANY, row["objective_id"])
        ),
        ((asked.subject(one), one) for one in analyses if one.violated and asked.told(one)),
    )


def _ratios(asked: _Asked) -> Figures:
    """Bad over known seconds of our own rows; of products without, imported ratios."""
    parts: dict[str, tuple[float, float]] = {}
    for one in asked.judged.analyses:
        if one.numerator is not None and one.denominator is not None and asked.told(one):
            top, under = parts.get(one.product_id, (0.0, 0.0))
            parts[one.product_id] = (top + float(one.numerator), under + float(one.denominator))
    own: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for row in _rows(asked, ["product_id", "objective_id", "good_s", "bad_s"]):
        top, under = own[row["product_id"]]
        known = row["good_s"] + row["bad_s"]
        own[row["product_id"]] = (top + row["bad_s"], under + known)
    parts |= {product: both for product, both in own.items() if both[1] > 0}
    looked = _looked(asked, parts)
    tops = np.array([parts[product][0] for product in looked.ids])
    unders = np.array([parts[product][1] for product in looked.ids])
    amounts = Amounts(looked.members.attributes, tops, unders, looked.members.clusters)
    overall = tops.sum() / unders.sum()

    def told(inside: Sequence[int]) -> str:
        rate = tops[list(inside)].sum() / unders[list(inside)].sum()
        return f"{100 * rate:.4g} % against {100 * overall:.4g} % of all"

    return Figures(looked, amounts, (tops, unders), tops > overall * unders, told, scan_ratios)


def _levels(asked: _Asked) -> Figures:
    """Mean values against the middle one of the product's offering."""
    values: dict[str, list[float]] = defaultdict(list)
    for one in asked.judged.analyses:
        if one.value is not None and asked.told(one):
            values[one.product_id].append(float(one.value))
    own: dict[str, list[float]] = defaultdict(list)
    for row in _rows(asked, ["product_id", "objective_id", "value"]):
        if row["value"] is not None:
            own[row["product_id"]].append(row["value"])
    values |= own
    looked = _looked(asked, values)
    means = np.array([np.mean(values[product]) for product in looked.ids])
    better = "higher" if _higher_is_better(asked) else "lower"
    usual = _usual_of_offering(asked, looked.ids, means)
    worse = (means - usual) * (-1 if better == "higher" else 1)
    hit = (worse >= np.quantile(worse, BEYOND)) & (worse > np.median(worse))
    amounts = Amounts(
        looked.members.attributes,
        hit.astype(np.float64),
        np.full(len(hit), hit.mean()),
        looked.members.clusters,
    )

    def told(inside: Sequence[int]) -> str:
        rest = np.setdiff1d(np.arange(len(means)), inside)
        here, there = means[list(inside)].mean(), means[rest].mean()
        return f"mean {here:.4g} against {there:.4g} of the others ({better} is better)"

    scan = partial(scan_levels, worse=worse)
    return Figures(looked, amounts, (means, usual), hit, told, scan)


def _usual_of_offering(asked: _Asked, ids: Sequence[str], means: Floats) -> Floats:
    products = asked.judged.snapshot.products
    offerings = np.array([products[one].offering_id for one in ids], dtype=object)
    middle = {name: float(np.median(means[offerings == name])) for name in set(offerings)}
    return np.array([middle[name] for name in offerings])


def _higher_is_better(asked: _Asked) -> bool:
    """As the objective says, else the comparators that came with the values."""
    known = higher_is_better(asked.judged.catalog).get(asked.of)
    if known is not None:
        return known
    words = {one.comparator for one in asked.judged.analyses if asked.told(one)}
    return bool(words & {"GE", "GT", ">=", ">"})


def _rows(asked: _Asked, columns: list[str]) -> list[dict[str, Any]]:
    own = stored_columns(asked.workspace, asked.judged.period, columns)
    rows = [] if own is None else own.to_pylist()
    return [row for row in rows if row["objective_id"] == asked.of]


def _looked(asked: _Asked, figures: Mapping[str, object] | None = None) -> Looked:
    """The products of the period, those with figures where they are asked for."""
    rows = asked.judged.rows
    if figures is None and asked.of != ANY:
        rows = rows.filter(pc.equal(rows["objective_id"], asked.of))
    looked = members_of(rows, asked.of, asked.judged.period, asked.judged.snapshot)
    kept = [at for at, one in enumerate(looked.ids) if figures is None or one in figures]
    if not kept:
        raise InputError(
            f"no figures of {asked.of} in {asked.judged.period}",
            place=Place(field="of"),
            mend="name an objective with time good and bad, or a parameter of imported analyses",
        )
    return looked.only(kept)


def _findings(figures: Figures) -> list[Shared]:
    """Sure ones, each without a surer one that shares half of its products; a pair is told by one
    of its attributes where the rest of that one is too high as well."""
    sure = [one for one in figures.scan(figures.amounts) if one.q <= SURE]
    found: list[Shared] = []
    taken: list[set[int]] = []
    for pair in sure:
        one = next((wide for wide in sure if _wider(wide, pair, figures.amounts)), pair)
        inside = set(one.members)
        if len(found) == MOST_FINDINGS:
            break
        if any(2 * len(inside & other) >= min(len(inside), len(other)) for other in taken):
            continue
        taken.append(inside)
        shared = shared_of(figures.looked, one, figures.affected)
        found.append(replace(shared, told=figures.told(one.members)))
    return found


def _wider(wide: Enrichment, narrow: Enrichment, amounts: Amounts) -> bool:
    """Whether `wide` names part of what `narrow` names, and has clearly more than its share
    besides."""
    if not wide.attributes.items() < narrow.attributes.items():
        return False
    rest = np.setdiff1d(wide.members, narrow.members)
    overall = amounts.observed.sum() / amounts.expected.sum()
    expected = amounts.expected[rest].sum() * overall
    return bool(amounts.observed[rest].sum() >= REST * expected > 0)
