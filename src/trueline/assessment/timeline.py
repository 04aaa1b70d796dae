"""One product's granules in order: what `hold`, raise/clear and `explain` need to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trueline.assessment.plan import Unit
from trueline.assessment.statistics.rule import HeldTime
from trueline.assessment.tolerance import alarm_changes
from trueline.calendars.intervals import Interval, intersect, subtract, total
from trueline.offerings.values import Comparator, ServiceLevelObjective, Threshold


@dataclass(frozen=True)
class Measured:
    """One granule of one reading. `number` None: delivered, but no number (zero denominator)."""

    start_s: int
    end_s: int
    number: Decimal | None
    suspect: bool

    @property
    def known(self) -> bool:
        return self.number is not None and not self.suspect


class TimeState(StrEnum):
    GOOD = "good"
    BAD = "bad"
    EXCLUDED = "excluded"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Span:
    """A stretch of scope in one state, and why."""

    start_s: int
    end_s: int
    state: TimeState
    reason: str


def without_overlap(granules: Sequence[Measured]) -> list[Measured]:
    """A trusted granule that starts later takes the time from its start on."""
    trusted = [g for g in granules if not g.suspect]
    cut: list[Measured] = [g for g in granules if g.suspect]
    for position, g in enumerate(trusted):
        last = position + 1 == len(trusted)
        end_s = g.end_s if last else min(g.end_s, trusted[position + 1].start_s)
        cut.append(Measured(g.start_s, end_s, g.number, False))
    return sorted(cut, key=lambda g: (g.start_s, g.suspect))


def goodness(
    objective: ServiceLevelObjective, granules: Iterable[Measured]
) -> list[tuple[Measured, bool]]:
    """Known granules with their verdict: by the threshold, or, with separate raise and clear
    thresholds, bad from the granule that raises until the one that clears (M12)."""
    known = [g for g in granules if g.known]
    numbers = [g.number for g in known if g.number is not None]
    if objective.raise_threshold is not None and objective.clear_threshold is not None:
        return list(zip(known, _by_hysteresis(objective, numbers), strict=True))
    threshold = objective.threshold
    if threshold is None:
        return [(g, True) for g in known]
    return [
        (g, threshold.comparator.holds(number, threshold.value))
        for g, number in zip(known, numbers, strict=True)
    ]


def _by_hysteresis(objective: ServiceLevelObjective, numbers: Sequence[Decimal]) -> list[bool]:
    good_below = objective.threshold is None or not objective.threshold.comparator.higher_is_better
    raise_by, clear_by = (
        (Comparator.GE, Comparator.LT) if good_below else (Comparator.LE, Comparator.GT)
    )
    assert objective.raise_threshold is not None
    assert objective.clear_threshold is not None
    changes = {
        change.position: change.raised
        for change in alarm_changes(
            numbers,
            raise_at=Threshold(raise_by, objective.raise_threshold),
            clear_at=Threshold(clear_by, objective.clear_threshold),
        )
    }
    states, raised = [], False
    for position in range(len(numbers)):
        raised = changes.get(position, raised)
        states.append(not raised)
    return states


def good_seconds(unit: Unit, judged: Iterable[tuple[Measured, bool]]) -> int:
    """Allowed seconds covered by good granules."""
    return sum(total(intersect(unit.allowed, [(g.start_s, g.end_s)])) for g, good in judged if good)


def held_time(unit: Unit, judged: Sequence[tuple[Measured, bool]]) -> HeldTime:
    """Unknown allowed time by the verdict of the last known granule before it."""
    good_s = bad_s = 0
    for position, (granule, good) in enumerate(judged):
        following = (
            judged[position + 1][0].start_s if position + 1 < len(judged) else unit.period_end
        )
        held = total(intersect(unit.allowed, [(granule.end_s, following)]))
        good_s += held if good else 0
        bad_s += 0 if good else held
    return HeldTime(good_s, bad_s)


def spans_of(
    unit: Unit,
    granules: Sequence[Measured],
    judged: Sequence[tuple[Measured, bool]],
    describe: Callable[[Measured, bool], str],
) -> list[Span]:
    """The whole scope as spans: excluded, good and bad by granule, unknown with the cause that is
    known. Neighbours of one state and reason are joined."""
    spans = [Span(a, b, TimeState.EXCLUDED, "agreed exclusion") for a, b in unit.excluded]
    covered: list[Interval] = []
    for granule, good in judged:
        state = TimeState.GOOD if good else TimeState.BAD
        for a, b in intersect(unit.allowed, [(granule.start_s, granule.end_s)]):
            spans.append(Span(a, b, state, describe(granule, good)))
            covered.append((a, b))
    open_time = subtract(unit.allowed, covered)
    for granule in granules:
        if not granule.known:
            reason = "suspect" if granule.suspect else "no demand (denominator 0)"
            for a, b in intersect(open_time, [(granule.start_s, granule.end_s)]):
                spans.append(Span(a, b, TimeState.UNKNOWN, reason))
            open_time = subtract(open_time, [(granule.start_s, granule.end_s)])
    spans += [Span(a, b, TimeState.UNKNOWN, "no measurement") for a, b in open_time]
    return joined(spans)


def joined(spans: Iterable[Span]) -> list[Span]:
    """Sorted spans, neighbours of the same state and reason as one."""
    out: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start_s, s.end_s)):
        last = out[-1] if out else None
        if (
            last
            and last.end_s == span.start_s
            and (last.state, last.reason)
            == (
                span.state,
                span.reason,
            )
        ):
            out[-1] = Span(last.start_s, span.end_s, last.state, last.reason)
        else:
            out.append(span)
    return out
