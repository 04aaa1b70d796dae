"""What each row brings to the figures of many sold offerings, and the members counted."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trueline.assessment.plan import Task
from trueline.assessment.pooling import Part
from trueline.assessment.statistics.availability_outage import outage_time
from trueline.assessment.statistics.rule import Evidence, Finding, events_that_start_in_scope
from trueline.assessment.statistics.time_to_repair import repair_seconds
from trueline.assessment.values import AssessmentRow, Verdict
from trueline.assessment.wilson import wilson_interval
from trueline.calendars.intervals import Interval, intersect, union
from trueline.offerings.values import ServiceLevelObjective, Statistic

WORST_MEMBERS = 5
KEPT = (Verdict.MET, Verdict.AT_RISK, Verdict.WITHIN_TOLERANCE)
AVAILABILITY = (
    Statistic.AVAILABILITY_OUTAGE,
    Statistic.AVAILABILITY_MEF,
    Statistic.AVAILABILITY_G826,
)
_VERDICTS = {verdict: at for at, verdict in enumerate(Verdict)}
_SECONDS = ("good_s", "bad_s", "excluded_s", "unknown_s")


@dataclass(frozen=True, slots=True)
class MemberFigure:
    """What one row brings to an aggregate: its part of a pooled ratio, and its down time."""

    row: AssessmentRow
    task: Task
    part: Part | None
    down: tuple[Interval, ...] = ()

    @property
    def objective(self) -> ServiceLevelObjective:
        return self.task.objective

    @property
    def is_assessed(self) -> bool:
        return self.row.verdict not in (Verdict.NOT_ASSESSABLE, Verdict.NOT_APPLICABLE)


def member_figure(row: AssessmentRow, evidence: Evidence, finding: Finding) -> MemberFigure:
    objective = evidence.task.objective
    down: tuple[Interval, ...] = ()
    if objective.statistic is Statistic.AVAILABILITY_OUTAGE:
        down = tuple(intersect(evidence.task.unit.allowed, outage_time(evidence)))
    elif objective.statistic in AVAILABILITY:
        down = tuple(intersect(evidence.task.unit.allowed, union(evidence.unavailable.intervals)))
    return MemberFigure(row, evidence.task, _part(evidence, finding), down)


def _part(evidence: Evidence, finding: Finding) -> Part | None:
    tally = evidence.tally
    objective = evidence.task.objective
    match objective.statistic:
        case Statistic.CONFORMANCE:
            return Part(finding.good_s, finding.good_s + finding.bad_s)
        case Statistic.AVAILABILITY_OUTAGE:
            whole = evidence.task.unit.allowed_s
            if objective.denominator == "countAsAvailable":
                whole += evidence.task.unit.excluded_s
            return Part(whole - finding.bad_s, whole)
        case Statistic.AVAILABILITY_MEF | Statistic.AVAILABILITY_G826:
            return Part(tally.samples - evidence.unavailable.count, tally.samples)
        case Statistic.RATIO if tally.total is not None and tally.denominator is not None:
            return Part(tally.total, tally.denominator)
        case Statistic.MEAN if tally.total is not None:
            return Part(tally.total, tally.numbers)
        case Statistic.TIME_TO_REPAIR:
            return _repair_part(evidence)
        case _:
            return None


def _repair_part(evidence: Evidence) -> Part | None:
    objective = evidence.task.objective
    durations = [
        d for d in map(repair_seconds, events_that_start_in_scope(evidence)) if d is not None
    ]
    if objective.of == "max":
        return None
    if objective.of == "share_within":
        return Part(sum(d <= (objective.within_s or 0) for d in durations), len(durations))
    return Part(sum(durations), len(durations))


Places = npt.NDArray[np.int64]  # of figures among the candidates


@dataclass(frozen=True)
class Candidates:
    """The figures of one objective, and their counts and seconds as columns."""

    figures: Sequence[MemberFigure]
    places: dict[str, list[int]]  # by product
    verdicts: Places  # position in _VERDICTS
    assessed: npt.NDArray[np.bool_]
    values: npt.NDArray[np.float64]  # not a number where there is none
    seconds: npt.NDArray[np.int64]  # a row of _SECONDS per figure
    worst_first: Places  # of assessed figures with a margin
    standing: Places  # of each figure in `worst_first`; beyond its end where it is not in

    @classmethod
    def of(cls, figures: Sequence[MemberFigure]) -> Candidates:
        rows = [f.row for f in figures]
        places: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            places.setdefault(row.product_id, []).append(place)
        judged = [i for i, f in enumerate(figures) if f.is_assessed and f.row.margin is not None]
        judged.sort(key=lambda i: (rows[i].margin, rows[i].product_id))
        worst_first = np.array(judged, np.int64)
        standing = np.full(len(rows), len(rows), np.int64)
        standing[worst_first] = np.arange(len(judged))
        return cls(
            figures,
            places,
            np.array([_VERDICTS[r.verdict] for r in rows], np.int64),
            np.array([f.is_assessed for f in figures], np.bool_),
            np.array([np.nan if r.value is None else r.value for r in rows], np.float64),
            np.array([[getattr(r, name) for name in _SECONDS] for r in rows], np.int64),
            worst_first,
            standing,
        )

    def places_of(self, product_ids: AbstractSet[str]) -> Places:
        found = [i for p in product_ids & self.places.keys() for i in self.places[p]]
        return np.sort(np.array(found, np.int64))

    def assessed_of(self, places: Places) -> Places:
        return places[self.assessed[places]]

    def values_of(self, places: Places) -> list[float]:
        """Values of the figures that have one."""
        found = self.values[places]
        values: list[float] = found[~np.isnan(found)].tolist()
        return values

    def counts(self, places: Places) -> dict[str, object]:
        """The columns of AGGREGATE_SCHEMA that no rule changes."""
        by_verdict = np.bincount(self.verdicts[places], minlength=len(_VERDICTS)).tolist()
        found = {verdict: by_verdict[at] for verdict, at in _VERDICTS.items()}
        assessed = len(places) - found[Verdict.NOT_ASSESSABLE] - found[Verdict.NOT_APPLICABLE]
        kept = sum(found[verdict] for verdict in KEPT)
        interval = wilson_interval(kept, assessed)
        seconds = dict(zip(_SECONDS, self.seconds[places].sum(axis=0).tolist(), strict=True))
        known = seconds["good_s"] + seconds["bad_s"]
        in_question = known + seconds["unknown_s"]
        return {
            "members": self._products_of(places),
            "assessed": assessed,
            "met": kept,
            "at_risk": found[Verdict.AT_RISK],
            "violated": found[Verdict.VIOLATED],
            "not_assessable": found[Verdict.NOT_ASSESSABLE],
            "not_applicable": found[Verdict.NOT_APPLICABLE],
            "share_met": kept / assessed if assessed else None,
            "share_low": interval[0] if interval else None,
            "share_high": interval[1] if interval else None,
            "coverage": known / in_question if in_question else None,
            **seconds,
            "worst_members": self._worst_members(places),
        }

    def _products_of(self, places: Places) -> int:
        if len(self.places) == len(self.figures):
            return len(places)  # a figure each
        return len({self.figures[i].row.product_id for i in places.tolist()})

    def _worst_members(self, places: Places) -> list[str]:
        standing = np.sort(self.standing[places])[:WORST_MEMBERS]
        worst = self.worst_first[standing[standing < len(self.worst_first)]]
        return [self.figures[i].row.product_id for i in worst.tolist()]
