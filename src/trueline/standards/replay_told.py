"""A replay added up: by period and by segment, today's version beside the draft."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trueline.assessment.values import Verdict
from trueline.assessment.verdict import as_float
from trueline.assessment.wilson import wilson_interval
from trueline.standards.replay import Bounds, Outcome, Replay, ReplayedFigure

_KEPT = (Verdict.MET, Verdict.AT_RISK, Verdict.WITHIN_TOLERANCE)
_DECIDED = (*_KEPT, Verdict.VIOLATED)


@dataclass(frozen=True)
class Tally:
    """Figures under one version. `share_met` of the decided ones, with its Wilson 95 % interval;
    margins: the worst, and the one that 5 % are not above; `credits` less `unknown` charges."""

    counts: dict[Verdict, int]
    customers_violated: int
    share_met: float | None
    share_low: float | None
    share_high: float | None
    worst_margin: float | None
    low_margin: float | None
    credits: Decimal
    unknown: int

    def of(self, verdict: Verdict) -> int:
        return self.counts.get(verdict, 0)


@dataclass(frozen=True)
class SideBySide:
    """One period, segment, or all together; `today` None: there is no version today."""

    name: str
    figures: int
    today: Tally | None
    draft: Tally


@dataclass(frozen=True)
class ReplayTold:
    total: SideBySide
    periods: tuple[SideBySide, ...]
    segments: tuple[SideBySide, ...]
    newly_violated: tuple[ReplayedFigure, ...]  # worst first
    no_longer_violated: int
    unsure: int  # figures whose bounds lie on both sides of a line


def bounds_told(bounds: Bounds, unsure: int) -> str:
    """What values from histograms are worth, as a sentence without its end."""
    untold = ""
    if bounds.untold:
        untold = f"; of {bounds.untold:,} products nothing can be said without their granules"
    return (
        f"approximate: a value lies within bounds that are {100 * bounds.usual:.2g} percentage "
        f"points apart (median) and {100 * bounds.widest:.2g} at most; {unsure:,} verdicts are "
        f"open within them{untold}"
    )


def tell_replay(replay: Replay) -> ReplayTold:
    figures = replay.figures
    flipped = [
        one
        for one in figures
        if one.draft.verdict is Verdict.VIOLATED
        and (one.today is None or one.today.verdict is not Verdict.VIOLATED)
    ]
    flipped.sort(key=lambda one: (as_float(one.draft.margin) or 0, one.product.id, one.period))
    better = sum(
        one.today is not None
        and one.today.verdict is Verdict.VIOLATED
        and one.draft.verdict is not Verdict.VIOLATED
        for one in figures
    )
    return ReplayTold(
        _side_by_side("all", figures),
        _by(figures, lambda one: one.period),
        _by(figures, lambda one: one.segment or "no segment"),
        tuple(flipped),
        better,
        sum(not one.sure for one in figures),
    )


def _by(
    figures: Iterable[ReplayedFigure], name: Callable[[ReplayedFigure], str]
) -> tuple[SideBySide, ...]:
    groups: dict[str, list[ReplayedFigure]] = defaultdict(list)
    for one in figures:
        groups[name(one)].append(one)
    return tuple(_side_by_side(key, groups[key]) for key in sorted(groups))


def _side_by_side(name: str, figures: Sequence[ReplayedFigure]) -> SideBySide:
    today = [(one, one.today) for one in figures if one.today is not None]
    return SideBySide(
        name,
        len(figures),
        _tally(today) if today else None,
        _tally([(one, one.draft) for one in figures]),
    )


def _tally(outcomes: Sequence[tuple[ReplayedFigure, Outcome]]) -> Tally:
    counts = Counter(outcome.verdict for _, outcome in outcomes)
    decided = sum(counts[verdict] for verdict in _DECIDED)
    kept = sum(counts[verdict] for verdict in _KEPT)
    low, high = wilson_interval(kept, decided) or (None, None)
    # doubles sort in a fraction of the time; they are printed, nothing is decided by them
    given = [outcome.margin for _, outcome in outcomes if outcome.margin is not None]
    margins = sorted(m if isinstance(m, float) else m.numerator / m.denominator for m in given)
    fifth = margins[-(-len(margins) // 20) - 1] if margins else None
    return Tally(
        dict(counts),
        len({f.product.customer_id for f, o in outcomes if o.verdict is Verdict.VIOLATED}),
        kept / decided if decided else None,
        low,
        high,
        margins[0] if margins else None,
        fifth,
        sum((o.credit for _, o in outcomes if o.credit), Decimal(0)),
        sum(o.credit is None for _, o in outcomes),
    )
