"""A draft with a threshold that nobody was held to, replayed from summaries: exactly where its
violations are kept, else from histograms, each value with its bounds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from statistics import median

from trueline.assessment.advised_credits import credit_percent
from trueline.assessment.at_once import ColumnsAsked
from trueline.assessment.known import intervals_and_reasons
from trueline.assessment.plan import PlanRequest
from trueline.assessment.side_by_side import settled_objects
from trueline.assessment.summaries.bounded import BoundedRows, bounded_rows, may_be_bounded
from trueline.assessment.summaries.opened import OpenSummaries, Refusal, open_summaries
from trueline.assessment.summaries.reduce import Watch
from trueline.assessment.values import Verdict
from trueline.calendars.periods import Period
from trueline.intake.record import latest_delivery
from trueline.measurement.lake import open_lake
from trueline.offerings.values import MissingData, ServiceLevelObjective
from trueline.outages.exclusions import exclusions_at
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
    needs_granules,
    newest_periods,
    replay_stored,
    sold_under,
)

_VERDICTS = {verdict.value: verdict for verdict in Verdict}


def replay_quickly(workspace: Workspace, examined: Examined, months: int) -> Replay | None:
    """The newest stored periods without a granule: from summaries where they answer, else from
    stored figures. None where neither does."""
    stored = not needs_granules(examined.current, examined.proposed.draft.objective)
    opened = _opened(workspace, examined)
    if isinstance(opened, OpenSummaries):
        found = replay_summed(workspace, opened, examined, months)
        if found.figures and not (stored and found.bounds is not None):
            return found
    return replay_stored(examined, workspace.results, months) if stored else None


def _opened(workspace: Workspace, examined: Examined) -> OpenSummaries | Refusal:
    """The summaries, where they say something of both versions."""
    before, draft = examined.current, examined.proposed.draft.objective
    if not may_be_bounded(draft) or (before is not None and not may_be_bounded(before)):
        return Refusal("they do not sum up what the draft measures")
    return open_summaries(workspace, latest_delivery())


def replay_summed(
    workspace: Workspace, opened: OpenSummaries, examined: Examined, months: int
) -> Replay:
    """From summaries: exactly where a threshold is watched, else with bounds."""
    draft, before = examined.proposed.draft.objective, examined.current
    periods = newest_periods(workspace.results, draft, months)
    products, negotiated = sold_under(examined, periods)
    exclusions, _ = intervals_and_reasons(exclusions_at(latest_delivery()))
    span = Period("the stored periods", "P1Y", periods[0].first, periods[-1].end)
    with open_lake(workspace) as lake:
        keys = lake.product_keys(list(products))
    sold = [product for product, _ in products.values()]
    asked = [
        ColumnsAsked(
            alone(examined, objective),
            examined.snapshot,
            exclusions,
            sold,
            keys,
            PlanRequest(span),
            frozenset({draft.id}),
        )
        for objective in (draft, before)
        if objective is not None
    ]
    with settled_objects():
        new, *others = bounded_rows(opened, asked, _watch(before))
        told = None if before is None else _outcomes(others[0], before, products)
        labels = {period.label for period in periods}
        figures = [
            ReplayedFigure(*products[key[0]], key[1], value, today, outcome, sure)
            for key, value, outcome, sure, today in _beside(
                new, _outcomes(new, draft, products), told
            )
            if key[1] in labels
        ]
    apart = [] if new.exact else _apart(new)
    bounds = _bounds(apart, new.left)
    names = tuple(period.label for period in periods)
    return Replay(names, tuple(figures), negotiated, Source.SUMMARIES, bounds)


def _bounds(apart: list[float], untold: frozenset[str]) -> Bounds | None:
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


_Key = tuple[str, str]  # product, period
_Told = dict[_Key, tuple[Fraction | None, Outcome]]
_Line = tuple[_Key, Fraction | None, Outcome, bool, Outcome | None]


def _beside(found: BoundedRows, draft: _Told, today: _Told | None) -> Iterator[_Line]:
    """What both versions say of each figure, by period and product; and whether the verdict is the
    same with as much good time as may be, and as little."""
    both = zip(*(table["verdict"].to_pylist() for table in (found.best, found.worst)), strict=True)
    sure = dict(zip(draft, (best == worst for best, worst in both), strict=True))
    for key in sorted(draft, key=lambda key: (key[1], key[0])):
        value, outcome = draft[key]
        if today is None:
            yield key, value, outcome, sure[key], None
        elif key in today:
            yield key, value, outcome, sure[key], today[key][1]


def _outcomes(found: BoundedRows, objective: ServiceLevelObjective, products: Sold) -> _Told:
    columns = ("product_id", "verdict", "value", "margin", "good_s", "bad_s")
    lists = (found.rows[column].to_pylist() for column in columns)
    plain = objective.missing_data is MissingData.EXCLUDE
    amounts: dict[tuple[str, Fraction], Decimal | None] = {}
    told: _Told = {}
    for label, name, word, value, margin, good_s, bad_s in zip(found.labels, *lists, strict=True):
        verdict = _VERDICTS[word]
        if plain:
            exact = None if value is None else Fraction(good_s, good_s + bad_s)
        else:
            exact = exact_value(value)
        percent, _ = credit_percent(objective, verdict, exact, bad_s)
        amount: Decimal | None = Decimal(0)
        if percent:
            key = (name, percent)
            if key not in amounts:
                amounts[key] = credit_amount(percent, products[name][0])
            amount = amounts[key]
        told[name, label] = (exact, Outcome(verdict, margin, amount))
    return told
