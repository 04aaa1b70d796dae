"""The verdict at the end of the period for each member, and how well such predictions came true in
the period before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from trueline.assessment.limits import Limit, violation_limit
from trueline.monitoring.amounts import Amounts
from trueline.monitoring.forecast import base_rate_score, brier_score
from trueline.monitoring.happenings import Counts, Extremes, RepairMeans, RepairShares
from trueline.monitoring.shown import Member, Shown
from trueline.offerings.values import ServiceLevelObjective, Statistic

ORIGINS = (0.25, 0.5, 0.75)  # of the period before, at which its end is predicted for the back-test
LEAST_DAYS = 3  # with data; a member that has shown less is not predicted
_WHOLE_DAY = "P1D"


class Outlook(Protocol):
    """The model of a group at an instant."""

    def chance(self, member: str, limit: Limit) -> float:
        """P(the final value is on the worse side of `limit`)."""


def why_not(objective: ServiceLevelObjective) -> str | None:
    """Why no member's verdict on this objective can be predicted; None where it can."""
    if violation_limit(objective) is None:
        return "a target to be hit exactly has no worse side"
    if objective.conformance_period == _WHOLE_DAY:
        return "a period of one day is over before days say anything about it"
    if objective.tolerance is not None and objective.tolerance.allowed_crossings is not None:
        return "crossings that are tolerated depend on their order"
    return None


def why_not_member(one: Shown) -> str | None:
    """Why this member is not predicted: unknown stays unknown."""
    if len(one.measured) < LEAST_DAYS:
        return f"fewer than {LEAST_DAYS} days with data"
    if one.coverage_at_end < one.objective.min_coverage:
        return "too little is measured for a verdict"
    return None


def outlook_of(shown: Mapping[str, Shown]) -> Outlook:
    """The model for the statistic that these members are held to."""
    objective = next(iter(shown.values())).objective
    match objective.statistic, objective.of:
        case Statistic.EVENT_COUNT, _:
            return Counts(shown)
        case Statistic.TIME_TO_REPAIR, "share_within":
            return RepairShares(shown)
        case (Statistic.TIME_TO_REPAIR, "max") | (Statistic.LONGEST_EVENT, _):
            return Extremes(shown)
        case Statistic.TIME_TO_REPAIR, _:
            return RepairMeans(shown)
        case ((Statistic.MIN | Statistic.MAX), _):
            return Extremes(shown)
        case _:
            return Amounts(shown)


@dataclass(frozen=True)
class Predicted:
    """P(violated at the end) by member; `unknown`: why nothing is said, by member. `outlook`: the
    model, to be asked for other limits; None where nobody is predicted."""

    chances: Mapping[str, float]
    unknown: Mapping[str, str] = field(default_factory=dict)
    outlook: Outlook | None = None


def predict(shown: Mapping[str, Shown]) -> Predicted:
    """Everybody's verdict at the end. What a member has shown counts for the group's rates and
    sizes even where too little is known of it to say anything about itself."""
    unknown = {}
    for member, one in sorted(shown.items()):
        reason = why_not(one.objective) or why_not_member(one)
        if reason is not None:
            unknown[member] = reason
    if len(unknown) == len(shown):
        return Predicted({}, unknown)
    outlook = outlook_of(shown)
    chances = {}
    for member, one in sorted(shown.items()):
        limit = violation_limit(one.objective)
        if member not in unknown and limit is not None:
            chances[member] = outlook.chance(member, limit)
    return Predicted(chances, unknown, outlook)


@dataclass(frozen=True)
class BackTest:
    """Brier scores over `forecasts`: of the predictions (`score`), of always naming the share that
    came (`base_rate`, the climate), and of saying that all stays as it stood (`as_it_stood`)."""

    forecasts: int
    score: float | None
    base_rate: float | None
    as_it_stood: float | None

    @property
    def skill(self) -> float | None:
        """1: perfect; 0: no better than the climate; below 0: worse."""
        if self.score is None or not self.base_rate:
            return None
        return 1 - self.score / self.base_rate


def back_test(members: Mapping[str, Member]) -> BackTest:
    """Predictions within the whole period before, each from what had happened until then."""
    ended = predict({name: member.back_then(1.0) for name, member in members.items()})
    forecasts: list[tuple[float, bool]] = []
    stood: list[tuple[float, bool]] = []
    for part in ORIGINS:
        shown = {name: member.back_then(part) for name, member in members.items()}
        now = predict(shown)
        still = predict({name: _nothing_to_come(one) for name, one in shown.items()})
        for name in sorted(now.chances.keys() & ended.chances.keys()):
            came = ended.chances[name] > 0.5  # nothing was left to come: 0 or 1
            forecasts.append((now.chances[name], came))
            stood.append((still.chances.get(name, 0.0), came))
    return BackTest(
        len(forecasts), brier_score(forecasts), base_rate_score(forecasts), brier_score(stood)
    )


def _nothing_to_come(one: Shown) -> Shown:
    return Shown(one.objective, one.at_s, one.period, one.days, one.events, 0, one.outages)
