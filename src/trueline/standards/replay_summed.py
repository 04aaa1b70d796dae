"""A draft with a threshold that nobody was held to, replayed from summaries: exactly where its
violations are kept, else from histograms, each value with its bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from statistics import median

import pyarrow as pa

from trueline.assessment.advised_credits import credit_percent
from trueline.assessment.at_once import ColumnsAsked
from trueline.assessment.known import what_was_known
from trueline.assessment.plan import PlanRequest
from trueline.assessment.summaries.bounded import BoundedRows, bounded_rows, may_be_bounded
from trueline.assessment.summaries.opened import Refusal, open_summaries
from trueline.assessment.summaries.parts import SummaryStore
from trueline.assessment.summaries.reduce import Watch
from trueline.assessment.values import Verdict
from trueline.errors import InputError
from trueline.offerings.values import ServiceLevelObjective
from trueline.settings.workspace import Workspace
from trueline.standards.facts import Examined
from trueline.standards.replay import (
    Bounds,
    Outcome,
    Replay,
    ReplayedFigure,
    Sold,
    Source,
    alone,
    credit_amount,
    exact_value,
    newest_periods,
    sold_under,
)

_VERDICTS = {verdict.value: verdict for verdict in Verdict}


def summaries_answer(workspace: Workspace, examined: Examined) -> bool:
    """Whether summaries say something of a draft that stored figures do not answer for."""
    if not SummaryStore(workspace).exists():
        return False
    before = examined.current
    draft = examined.proposed.draft.objective
    return may_be_bounded(draft) and (before is None or may_be_bounded(before))


def replay_summed(workspace: Workspace, examined: Examined, results: Path, months: int) -> Replay:
    """The newest stored periods again, from summaries. InputError where they do not answer."""
    draft, before = examined.proposed.draft.objective, examined.current
    known = what_was_known(workspace)
    opened = open_summaries(workspace, known.delivery)
    if isinstance(opened, Refusal):
        raise InputError(
            f"Summaries do not answer: {opened.reason}",
            mend="Build them with `trueline lake summaries build`, or replay it exactly",
        )
    periods = newest_periods(results, draft, months)
    products, negotiated = sold_under(examined, periods)
    beside = _watch(before)
    asked = ColumnsAsked(
        examined.catalog,
        examined.snapshot,
        known.exclusions,
        [product for product, _ in products.values()],
        known.lake.product_keys(list(products)),
        PlanRequest(periods[0]),
        frozenset({draft.id}),
    )
    catalogs = (alone(examined, draft), None if before is None else alone(examined, before))
    figures: list[ReplayedFigure] = []
    apart: list[float] = []
    untold: set[str] = set()
    for period in periods:
        mine = replace(asked, plan=PlanRequest(period))
        new, old = (
            None if one is None else bounded_rows(opened, replace(mine, catalog=one), beside)
            for one in catalogs
        )
        assert new is not None
        untold |= new.left
        figures += _figures(period.label, products, (draft, new), (before, old))
        if not new.exact:
            apart += _apart(new)
    if not figures:
        raise InputError(
            "Summaries say nothing of these products",
            mend="Replay it exactly, from the granules",
        )
    bounds = _bounds(apart, untold)
    labels = tuple(period.label for period in periods)
    return Replay(labels, tuple(figures), negotiated, Source.SUMMARIES, bounds)


def _bounds(apart: list[float], untold: set[str]) -> Bounds | None:
    if not apart and not untold:
        return None
    return Bounds(max(apart, default=0.0), median(apart or [0.0]), len(untold))


def _watch(objective: ServiceLevelObjective | None) -> Watch | None:
    threshold = None if objective is None else objective.threshold
    return None if threshold is None else Watch(threshold.comparator, threshold.value)


def _apart(found: BoundedRows) -> list[float]:
    """How far the bounds of each value are apart."""
    both = zip(*(table["value"].to_pylist() for table in (found.best, found.worst)), strict=True)
    return [one - other for one, other in both if one is not None and other is not None]


def _figures(
    label: str,
    products: Sold,
    draft: tuple[ServiceLevelObjective, BoundedRows],
    before: tuple[ServiceLevelObjective | None, BoundedRows | None],
) -> Iterator[ReplayedFigure]:
    """The figures of one period that both versions tell."""
    objective, rows = before
    told = objective is not None and rows is not None
    old = (
        {} if objective is None or rows is None else dict(_outcomes(rows.rows, objective, products))
    )
    sure = dict(_sure(draft[1]))
    for name, (value, outcome) in sorted(_outcomes(draft[1].rows, draft[0], products)):
        if told and name not in old:
            continue
        product, segment = products[name]
        today = old[name][1] if told else None
        yield ReplayedFigure(product, segment, label, value, today, outcome, sure[name])


def _sure(found: BoundedRows) -> Iterator[tuple[str, bool]]:
    """Whether the verdict is the same with as much good time as may be, and as little."""
    names = found.rows["product_id"].to_pylist()
    both = (table["verdict"].to_pylist() for table in (found.best, found.worst))
    for name, best, worst in zip(names, *both, strict=True):
        yield name, best == worst


_Told = tuple[Fraction | None, Outcome]


def _outcomes(
    rows: pa.Table, objective: ServiceLevelObjective, products: Sold
) -> Iterator[tuple[str, _Told]]:
    columns = ("product_id", "verdict", "value", "margin", "bad_s")
    for name, word, value, margin, bad_s in zip(
        *(rows[column].to_pylist() for column in columns), strict=True
    ):
        verdict, exact = _VERDICTS[word], exact_value(value)
        percent, _ = credit_percent(objective, verdict, exact, bad_s)
        credit = credit_amount(percent, products[name][0])
        yield name, (exact, Outcome(verdict, exact_value(margin), credit))
