"""What is wrong with a draft: every fault named, before anybody is asked to approve it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from trueline.calendars.periods import period_containing
from trueline.offerings.validate import (
    AVAILABILITY_STATISTICS,
    Fault,
    objective_faults,
    testability_warning,
)
from trueline.offerings.values import (
    Basis,
    Comparator,
    ParameterKind,
    PerformanceParameter,
    Rollout,
    ServiceLevelObjective,
    Statistic,
)
from trueline.standards.document import StandardDraft
from trueline.standards.support import support_gap

EXCEPTIONS_PERCENT = 20  # of the holders; beyond it the exceptions are the standard
NAMED_CUSTOMERS = 5
_DAY_S = 86_400
_OF_THE_VALUE = frozenset(
    (
        Statistic.PERCENTILE,
        Statistic.PERCENTILE_HISTOGRAM,
        Statistic.MEAN,
        Statistic.MIN,
        Statistic.MAX,
        Statistic.SUM,
        Statistic.RATIO,
    )
)


class Severity(StrEnum):
    FAULT = "fault"  # refused
    WARNING = "warning"


@dataclass(frozen=True)
class CheckFinding:
    severity: Severity
    field: str
    what: str
    mend: str = ""


@dataclass(frozen=True)
class DraftFacts:
    """What the draft is held against. `granularity_s`: as measured so far. `negotiated`: of the
    `holders`, those whose agreement changes this objective. `promised_less`: by customer, products
    that would be promised less though the customer did not agree. `recorded_gaps`: how many
    products rest on recorded commitments that cannot carry it, by what is wrong."""

    parameters: Mapping[str, PerformanceParameter]
    current: ServiceLevelObjective | None = None
    versions: Mapping[int, ServiceLevelObjective] = field(default_factory=dict)
    sibling_ids: frozenset[str] = frozenset()
    granularity_s: int | None = None
    holders: int = 0
    negotiated: int = 0
    promised_less: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recorded_gaps: Mapping[str, int] = field(default_factory=dict)


def check_draft(draft: StandardDraft, facts: DraftFacts) -> tuple[CheckFinding, ...]:
    """Faults first, then warnings; empty for a sound draft."""
    faults = [
        *objective_faults(draft.objective, facts.parameters),
        *_direction_faults(draft.objective, facts.parameters),
        *_resolution_faults(draft, facts),
        *_record_faults(draft, facts),
        *_support_faults(draft),
    ]
    return (
        *(CheckFinding(Severity.FAULT, f.field, f.what, f.mend) for f in faults),
        *(CheckFinding(Severity.WARNING, f.field, f.what, f.mend) for f in _warnings(draft, facts)),
    )


def _direction_faults(
    objective: ServiceLevelObjective, parameters: Mapping[str, PerformanceParameter]
) -> Iterator[Fault]:
    parameter = parameters.get(objective.parameter)
    better = parameter.direction if parameter else ""
    threshold = objective.threshold
    if objective.statistic is Statistic.CONFORMANCE and threshold is not None:
        yield from _against(threshold.comparator, better, "threshold.comparator")
    if objective.statistic in _OF_THE_VALUE:
        yield from _against(objective.comparator, better, "comparator")
    share = objective.statistic in AVAILABILITY_STATISTICS | {Statistic.CONFORMANCE}
    if share and not objective.comparator.higher_is_better:
        yield Fault(
            "comparator",
            f"{objective.comparator.value} promises at most so much time within the limits",
            "Write GE: more good time is better",
        )


def _against(comparator: Comparator, better: str, field: str) -> Iterator[Fault]:
    if comparator in (Comparator.EQ, Comparator.NEQ) or not better:
        return
    if comparator.higher_is_better != (better == "higherIsBetter"):
        yield Fault(
            field,
            f"The direction is wrong: the parameter is {better}, and {comparator.value} asks for "
            "the opposite",
            f"Write {'GE' if better == 'higherIsBetter' else 'LE'}",
        )


def _resolution_faults(draft: StandardDraft, facts: DraftFacts) -> Iterator[Fault]:
    objective = draft.objective
    parameter = facts.parameters.get(objective.parameter)
    granularity_s = draft.granularity_s or facts.granularity_s
    if granularity_s is None or parameter is None or parameter.kind is ParameterKind.EVENT:
        return
    period = period_containing(
        objective.valid_from or date(2026, 1, 1), objective.conformance_period
    )
    period_s = (period.end - period.first).days * _DAY_S
    told = testability_warning(objective, granularity_s=granularity_s, period_s=period_s)
    if told is not None:
        yield Fault(
            "conformance_target", told, "Measure in shorter intervals, or promise what can be told"
        )


def _record_faults(draft: StandardDraft, facts: DraftFacts) -> Iterator[Fault]:
    objective, current = draft.objective, facts.current
    corrected = facts.versions.get(draft.corrects or 0)
    if objective.valid_from is None and (corrected is None or corrected.valid_from is not None):
        yield Fault("valid_from", "Nothing says from when on", "Add valid_from, a local day")
    start = objective.valid_from or date.min
    if draft.review_due is not None and draft.review_due <= start:
        yield Fault("review_due", "The review is due before the standard is in force")
    if corrected is not None and start > (corrected.valid_from or date.min):
        yield Fault(
            "valid_from",
            f"Version {draft.corrects} is in force before {start}: the time before would be "
            "promised by nobody",
            "A correction is valid from the same day on; leave corrects out to follow it later",
        )
    if current is not None and (current.basis, objective.basis) == (Basis.AGREED, Basis.ACCEPTABLE):
        yield Fault(
            "basis",
            f"What is merely acceptable would override {objective.id} version {current.version}, "
            "which was agreed",
            "Keep it under an id of its own",
        )
    if draft.corrects is not None and draft.corrects not in facts.versions:
        known = ", ".join(str(version) for version in facts.versions) or "none"
        yield Fault("corrects", f"There is no version {draft.corrects}", f"Known: {known}")
    qualifier = objective.qualified_by
    if qualifier is not None and qualifier not in facts.sibling_ids:
        yield Fault("qualified_by", f"No objective {qualifier!r} holds beside this one")
    yield from _unagreed_faults(facts)


def _unagreed_faults(facts: DraftFacts) -> Iterator[Fault]:
    """The first few customers by name, the others by their number."""
    mend = "Publish it for new sales, or name where the customer agreed under agreed_with"
    customers = sorted(facts.promised_less.items())
    for customer, products in customers[:NAMED_CUSTOMERS]:
        yield Fault(
            "agreed_with",
            f"Customer {customer} would be promised less for {_some(products)} without having "
            "agreed",
            mend,
        )
    if len(customers) > NAMED_CUSTOMERS:
        more = len(customers) - NAMED_CUSTOMERS
        yield Fault("agreed_with", f"{more:,} more customers would be promised less", mend)


def _support_faults(draft: StandardDraft) -> Iterator[Fault]:
    gap = support_gap(draft.objective, draft.supported_by)
    if gap is not None and (gap.gap is None or gap.gap > 0):
        yield Fault("supported_by", gap.what, "Promise less, or buy more")


def _warnings(draft: StandardDraft, facts: DraftFacts) -> Iterator[Fault]:
    objective = draft.objective
    yield from _unit_warnings(objective, facts)
    if draft.review_due is None:
        yield Fault("review_due", "No review is due", "Name the day of the next review")
    if facts.holders and facts.negotiated * 100 > facts.holders * EXCEPTIONS_PERCENT:
        yield Fault(
            "objective",
            f"The exceptions outgrow the standard: {facts.negotiated} of {facts.holders} holders "
            "negotiated other values",
            "Make a standard of what is sold",
        )
    for what, products in facts.recorded_gaps.items():
        yield Fault(
            "supported_by",
            f"As the supplier records say, of {products:,} products {what}",
            "Promise less, or buy more: trueline suppliers gaps",
        )
    if objective.valid_from is not None:
        period = period_containing(objective.valid_from, objective.conformance_period)
        if period.first != objective.valid_from:
            yield Fault(
                "valid_from",
                f"The version in force on {period.first} holds to the end of {period.label}",
                f"This one is first used from {period.end} on",
            )
    if draft.rollout is Rollout.NEW and draft.agreed_with:
        yield Fault("agreed_with", "Nobody has to agree to a standard for new sales")


def _unit_warnings(objective: ServiceLevelObjective, facts: DraftFacts) -> Iterator[Fault]:
    parameter = facts.parameters.get(objective.parameter)
    if parameter is not None and not parameter.unit and objective.statistic in _OF_THE_VALUE:
        yield Fault("parameter", f"The parameter {parameter.id} has no unit", "Give it one")
    in_seconds = objective.statistic is Statistic.LONGEST_EVENT or (
        objective.statistic is Statistic.TIME_TO_REPAIR and objective.of != "share_within"
    )
    if in_seconds and 0 < objective.conformance_target < 60:
        yield Fault(
            "conformance_target",
            f"The target is {objective.conformance_target} seconds",
            "Hours are written in seconds: 14400 for 4 hours",
        )
    steps = objective.credits.steps if objective.credits else None
    if steps is not None:
        share = objective.statistic in AVAILABILITY_STATISTICS | {Statistic.CONFORMANCE}
        promised = objective.conformance_target * (100 if share else 1)
        if steps.target != promised:
            yield Fault(
                "credits.steps.target",
                f"Credits start below {steps.target}, the promise is {promised.normalize():f}",
            )


def _some(products: tuple[str, ...]) -> str:
    if len(products) == 1:
        return products[0]
    return f"{len(products)} products ({', '.join(products[:3])}{' ...' if products[3:] else ''})"
