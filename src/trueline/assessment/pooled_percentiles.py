"""Percentiles of many members together: one log-bucket histogram of all their samples (M7, O-8).
Percentiles are never averaged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from trueline.assessment.aggregate import MemberFigure, Membership
from trueline.assessment.assess import Known
from trueline.assessment.evidence import histograms_of
from trueline.assessment.histogram import merge
from trueline.engine import Engine
from trueline.offerings.values import Statistic

_PERCENTILES = (Statistic.PERCENTILE, Statistic.PERCENTILE_HISTOGRAM)


def pooled_percentiles(
    engine: Engine,
    known: Known,
    figures: Iterable[MemberFigure],
    dimensions: Sequence[Membership],
) -> Mapping[tuple[str, str, str], Fraction | None]:
    """By dimension, key and objective; only over members that are assessed."""
    by_objective: dict[str, list[MemberFigure]] = {}
    for figure in figures:
        if figure.objective.statistic in _PERCENTILES and figure.is_assessed:
            by_objective.setdefault(figure.row.objective_id, []).append(figure)
    request = known.evidence_request()
    pooled: dict[tuple[str, str, str], Fraction | None] = {}
    for objective_id, mine in by_objective.items():
        histograms = [f.histogram for f in mine]
        if not any(histograms):
            histograms = histograms_of(engine, request, [f.task for f in mine])
        percentile = mine[0].objective.percentile
        for membership in dimensions:
            parts = [
                histogram
                for f, histogram in zip(mine, histograms, strict=True)
                if histogram is not None and f.row.product_id in membership.product_ids
            ]
            if parts and percentile is not None:
                value = merge(parts).percentile(percentile)
                pooled[(membership.dimension, membership.key, objective_id)] = (
                    None if value is None else Fraction(value)
                )
    return pooled
