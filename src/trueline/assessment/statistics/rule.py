"""What a statistic is: what it needs of the granules, and what it finds in the evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction

from trueline.assessment.granule_sums import Tally, Wanted
from trueline.assessment.plan import Task
from trueline.calendars.intervals import Interval
from trueline.measurement.values import Event
from trueline.offerings.values import MissingData, ServiceLevelObjective


class Source(Enum):
    """Where a statistic takes its evidence from."""

    GRANULES = auto()
    STATES = auto()  # granules through an availability state machine
    EVENTS = auto()
    HISTOGRAM = auto()


@dataclass(frozen=True)
class HeldTime:
    """Unknown allowed time that takes the verdict of the granule before it."""

    good_s: int = 0
    bad_s: int = 0


@dataclass(frozen=True)
class UnavailableGranules:
    """Known granules in the unavailable state, cut to allowed time."""

    count: int = 0  # by start instant in allowed time
    seconds: int = 0
    high_loss: int = 0  # HLI: high-loss granules while available
    runs: int = 0  # CHLI: runs of at least p of those
    intervals: tuple[Interval, ...] = ()
    held: HeldTime | None = None  # where missing time takes the last state


NO_TALLY = Tally()
NEVER_UNAVAILABLE = UnavailableGranules()


@dataclass(frozen=True)
class Evidence:
    """What a statistic may look at for one task. `good_s` of the tally in the order of the
    thresholds that the task wanted."""

    task: Task
    tally: Tally = NO_TALLY
    threshold: int = 0  # position of this task's threshold in tally.good_s
    events: Sequence[Event] = ()
    unavailable: UnavailableGranules = NEVER_UNAVAILABLE
    held: HeldTime | None = None
    sketched: Fraction | None = None  # percentile from the histogram
    as_of_s: int = 0
    absorbed: bool = False  # a miss that the tolerance's allowed crossings absorb (M12)


@dataclass(frozen=True)
class Finding:
    """A figure with its time account; the caller adds excluded time. `value` is exact."""

    value: Fraction | None
    good_s: int
    bad_s: int
    unknown_s: int
    samples: int | None
    best_case: Fraction | None = None
    worst_case: Fraction | None = None
    no_demand: bool = False
    open_events: int | None = None
    bad_share: Fraction | None = None  # what the remaining allowance is spent by


@dataclass(frozen=True)
class StatisticRule:
    source: Source
    find: Callable[[Evidence], Finding]
    formula: str  # printed by `trueline explain`
    clause: str
    wanted: Callable[[ServiceLevelObjective], Wanted] = lambda _objective: Wanted()


def share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole > 0 else None


@dataclass(frozen=True)
class Account:
    """Allowed seconds of one task."""

    good_s: int
    bad_s: int
    unknown_s: int


def share_with_unknown(
    policy: MissingData, account: Account, held: HeldTime | None
) -> Fraction | None:
    """The good share of the time with unknown time counted as the policy says (M10); None where
    the policy leaves it out."""
    held = held or HeldTime()
    counted = {
        MissingData.GOOD: HeldTime(good_s=account.unknown_s),
        MissingData.BAD: HeldTime(bad_s=account.unknown_s),
        MissingData.HOLD: held,
    }.get(policy)
    if counted is None:
        return None
    good_s = account.good_s + counted.good_s
    return share(good_s, good_s + account.bad_s + counted.bad_s)


def matching_events(evidence: Evidence) -> list[Event]:
    """Events of the parameter's kinds, in order of start and id."""
    kinds = evidence.task.parameter.event_kinds
    return sorted(
        (e for e in evidence.events if not kinds or e.kind in kinds),
        key=lambda e: (e.start_s, e.event_id),
    )


def events_that_start_in_scope(evidence: Evidence) -> list[Event]:
    """Events that count by their start instant: in scope, and in allowed time where the objective
    says that events in agreed exclusions are left out (M8)."""
    unit = evidence.task.unit
    ignore = evidence.task.objective.excluded_events == "ignore"
    counted = unit.allowed if ignore else unit.scope
    return [
        e
        for e in matching_events(evidence)
        if any(start <= e.start_s < end for start, end in counted)
    ]
