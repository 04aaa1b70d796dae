"""Percentiles of many members together: one log-bucket histogram of all their samples (M7, O-8).
Percentiles are never averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from trueline.assessment.aggregate import Membership
from trueline.assessment.assess import Known
from trueline.assessment.evidence import histograms_of
from trueline.assessment.histogram import Histogram, merge
from trueline.assessment.members import MemberFigure
from trueline.engine import Engine
from trueline.offerings.values import Statistic

_PERCENTILES = (Statistic.PERCENTILE, Statistic.PERCENTILE_HISTOGRAM)
_MERGED_AT_ONCE = 16  # histograms of each kind that wait to be merged: all are held in memory
_KINDS = 512  # so many kinds of members are kept apart before their memberships are

Kind = tuple[int, ...]  # the memberships that members have in common, by place


class PooledPercentiles:
    """Takes the histograms of members one by one and keeps them merged, so that memory does not
    grow with the number of members. Only assessed members take part. Members that are in the same
    memberships are merged once for all of those, while such kinds are few."""

    def __init__(self, dimensions: Sequence[Membership]) -> None:
        self._dimensions = dimensions
        of_product: dict[str, list[int]] = {}
        for place, membership in enumerate(dimensions):
            for product_id in membership.product_ids:
                of_product.setdefault(product_id, []).append(place)
        few = len(set(map(tuple, of_product.values()))) <= _KINDS
        self._kinds: dict[str, list[Kind]] = {
            product_id: [tuple(places)] if few else [(place,) for place in places]
            for product_id, places in of_product.items()
        }
        self._first: dict[str, MemberFigure] = {}  # by objective
        self._merged: dict[str, dict[Kind, list[Histogram]]] = {}  # by objective
        self._without: dict[str, list[MemberFigure]] = {}

    def add(self, figure: MemberFigure, histogram: Histogram | None) -> None:
        if figure.objective.statistic not in _PERCENTILES or not figure.is_assessed:
            return
        objective_id = figure.row.objective_id
        self._first.setdefault(objective_id, figure)
        if histogram is None:
            self._without.setdefault(objective_id, []).append(figure)
            return
        merged = self._merged.setdefault(objective_id, {})
        for kind in self._kinds.get(figure.row.product_id, ()):
            parts = merged.setdefault(kind, [])
            parts.append(histogram)
            if len(parts) == _MERGED_AT_ONCE:
                merged[kind] = [merge(parts)]

    def complete(self, engine: Engine, known: Known) -> None:
        """Ask the engine for the histograms of objectives that came without any."""
        for objective_id, figures in self._without.items():
            if objective_id not in self._merged:
                found = histograms_of(engine, known.evidence_request(), [f.task for f in figures])
                for figure, histogram in zip(figures, found, strict=True):
                    if histogram is not None:
                        self.add(figure, histogram)

    def percentiles(self) -> Mapping[tuple[str, str, str], Fraction | None]:
        """By dimension, key and objective."""
        pooled: dict[tuple[str, str, str], Fraction | None] = {}
        for objective_id, merged in self._merged.items():
            percentile = self._first[objective_id].objective.percentile
            if percentile is None:
                continue
            for place, parts in _by_place(merged).items():
                membership = self._dimensions[place]
                value = merge(parts).percentile(percentile)
                pooled[(membership.dimension, membership.key, objective_id)] = (
                    None if value is None else Fraction(value)
                )
        return pooled


def _by_place(merged: Mapping[Kind, Sequence[Histogram]]) -> Mapping[int, list[Histogram]]:
    found: dict[int, list[Histogram]] = {}
    for kind, parts in merged.items():
        together = merge(parts)
        for place in kind:
            found.setdefault(place, []).append(together)
    return found
