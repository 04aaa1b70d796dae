"""Cross checks of one objective and of one offering, beyond the kind of each key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trueline.offerings.credit_keys import credit_term_faults
from trueline.offerings.keys import OBJECTIVE_KEYS, STATISTIC_NEEDS
from trueline.offerings.reading import nearest
from trueline.offerings.values import (
    Comparator,
    ParameterKind,
    PerformanceParameter,
    ServiceLevelObjective,
    Statistic,
)

_EVENT_STATISTICS = frozenset(
    {
        Statistic.AVAILABILITY_OUTAGE,
        Statistic.TIME_TO_REPAIR,
        Statistic.EVENT_COUNT,
        Statistic.LONGEST_EVENT,
    }
)
_RATIO_STATISTICS = frozenset({Statistic.RATIO, Statistic.AVAILABILITY_MEF})
AVAILABILITY_STATISTICS = frozenset(
    {
        Statistic.AVAILABILITY_OUTAGE,
        Statistic.AVAILABILITY_MEF,
        Statistic.AVAILABILITY_G826,
    }
)
_SHARES = AVAILABILITY_STATISTICS | {Statistic.CONFORMANCE}  # a ratio may well exceed 1


@dataclass(frozen=True)
class Fault:
    """One thing wrong: the key it lies in, what, and the mend."""

    field: str
    what: str
    mend: str = ""


def objective_faults(
    objective: ServiceLevelObjective, parameters: Mapping[str, PerformanceParameter]
) -> list[Fault]:
    """What is wrong with `objective` taken alone; empty when nothing is."""
    return [
        *_parameter_faults(objective, parameters),
        *_statistic_faults(objective),
        *_target_faults(objective),
        *_validity_faults(objective),
        *_tolerance_faults(objective),
        *_credit_faults(objective),
    ]


def sibling_faults(objectives: Sequence[ServiceLevelObjective]) -> list[tuple[int, Fault]]:
    """Faults between objectives of one offering, each with the index of the objective at fault."""
    return [*_overlaps(objectives), *_qualifier_faults(objectives)]


def idle_keys(objective: ServiceLevelObjective) -> list[str]:
    """Keys that are set and that the objective's statistic does not use."""
    return [
        key.name
        for key in OBJECTIVE_KEYS
        if key.only_for
        and objective.statistic not in key.only_for
        and getattr(objective, key.name) not in (None, key.default)
    ]


def testability_warning(
    objective: ServiceLevelObjective, *, granularity_s: int, period_s: int
) -> str | None:
    """A warning when one bad granule already exceeds the allowance of a whole period: 99.999 %
    of a month allows 26 s, which granules of 5 minutes cannot tell apart from 300 s."""
    if objective.statistic not in AVAILABILITY_STATISTICS | {Statistic.CONFORMANCE}:
        return None
    if not objective.comparator.higher_is_better or not 0 < objective.conformance_target < 1:
        return None
    allowed_s = (1 - objective.conformance_target) * period_s
    if allowed_s >= granularity_s:
        return None
    return (
        f"{objective.id}: the target allows {allowed_s.normalize():f} s of bad time in a period of "
        f"{period_s} s, less than one granule of {granularity_s} s: it cannot be tested"
    )


def _parameter_faults(
    objective: ServiceLevelObjective, parameters: Mapping[str, PerformanceParameter]
) -> Iterator[Fault]:
    parameter = parameters.get(objective.parameter)
    if parameter is None:
        yield Fault(
            "parameter",
            f"The parameter {objective.parameter!r} is not defined",
            nearest(objective.parameter, parameters)
            if parameters
            else "Define it under parameters",
        )
        return
    statistic, kind = objective.statistic, parameter.kind
    if statistic in _EVENT_STATISTICS and kind is not ParameterKind.EVENT:
        needed = "event"
    elif statistic in _RATIO_STATISTICS and kind is not ParameterKind.RATIO:
        needed = "ratio"
    elif statistic not in _EVENT_STATISTICS and kind is ParameterKind.EVENT:
        needed = "sampled, ratio, amount or count"
    else:
        return
    yield Fault(
        "statistic",
        f"{statistic} does not fit the parameter {parameter.id}, which is of kind {kind}",
        f"Use a parameter of kind {needed}",
    )


def _statistic_faults(objective: ServiceLevelObjective) -> Iterator[Fault]:
    for name in STATISTIC_NEEDS.get(objective.statistic, ()):
        if getattr(objective, name) is None:
            yield Fault(name, f"{objective.statistic} needs {name}", f"Add {name}")
    if objective.of == "share_within" and objective.within_s is None:
        yield Fault("within_s", "share_within needs within_s", "Add within_s, in seconds")
    n, p = objective.consecutive_interval_n, objective.chli_p
    if p is not None and n is not None and p >= n:
        yield Fault("chli_p", f"chli_p {p} is not below consecutive_interval_n {n}")
    hours = objective.service_hours
    if hours is not None and not hours.days:
        yield Fault("service_hours", "The service hours are empty", "Name at least one day")
    if hours is not None and hours.from_minute == hours.to_minute:
        yield Fault(
            "service_hours",
            "The service hours start and end at the same time",
            'Write from "00:00" to "24:00" for whole days',
        )


def _target_faults(objective: ServiceLevelObjective) -> Iterator[Fault]:
    target, warning = objective.conformance_target, objective.threshold_target
    share = objective.statistic in _SHARES or objective.of == "share_within"
    if share and not 0 <= target <= 1:
        yield Fault(
            "conformance_target",
            f"{target} is no share between 0 and 1",
            "Write the share instead of the percentage: 0.999 for 99.9 %",
        )
    if warning is None:
        return
    comparator = objective.comparator
    if comparator in (Comparator.EQ, Comparator.NEQ):
        yield Fault("threshold_target", f"{comparator} has no safe side for a warning value")
        return
    higher = comparator.higher_is_better
    if (warning <= target) if higher else (warning >= target):
        side = "above" if higher else "below"
        yield Fault(
            "threshold_target",
            f"The warning value {warning} is not {side} the target {target}",
            f"A warning comes before the miss: choose a value {side} the target",
        )


def _validity_faults(objective: ServiceLevelObjective) -> Iterator[Fault]:
    start, end = objective.valid_from, objective.valid_to
    if start is not None and end is not None and start >= end:
        yield Fault(
            "valid_to",
            f"valid_to {end} is not after valid_from {start}",
            "valid_to is the first day no longer in force",
        )


def _tolerance_faults(objective: ServiceLevelObjective) -> Iterator[Fault]:
    tolerance = objective.tolerance
    if tolerance is not None:
        if (tolerance.allowed_crossings is None) != (tolerance.period_s is None):
            yield Fault(
                "tolerance",
                "The tolerance is not complete",
                "allowed_crossings and period go together",
            )
        elif tolerance.allowed_crossings is None and tolerance.target is None:
            yield Fault("tolerance", "The tolerance is empty", "Add allowed_crossings and period")
    if (objective.raise_threshold is None) != (objective.clear_threshold is None):
        missing = "raise" if objective.raise_threshold is None else "clear"
        yield Fault(
            f"{missing}_threshold",
            f"{missing}_threshold is missing",
            "raise_threshold and clear_threshold go together",
        )


def _credit_faults(objective: ServiceLevelObjective) -> Iterator[Fault]:
    if objective.credits is not None:
        for what in credit_term_faults(objective.credits, in_time=objective.statistic in _SHARES):
            yield Fault("credits", what, "Let every value stand in one band, under one rule")


def _overlaps(objectives: Sequence[ServiceLevelObjective]) -> Iterator[tuple[int, Fault]]:
    earlier: dict[str, list[ServiceLevelObjective]] = {}
    for index, objective in enumerate(objectives):
        for other in earlier.setdefault(objective.id, []):
            if _start(objective) < _end(other) and _start(other) < _end(objective):
                yield (
                    index,
                    Fault(
                        "id",
                        f"The objective {objective.id} stands twice for the same days",
                        "Give each version its own valid_from and valid_to",
                    ),
                )
        earlier[objective.id].append(objective)


def _qualifier_faults(
    objectives: Sequence[ServiceLevelObjective],
) -> Iterator[tuple[int, Fault]]:
    by_id = {objective.id: objective for objective in objectives}
    for index, objective in enumerate(objectives):
        name = objective.qualified_by
        if name is None:
            continue
        other = by_id.get(name)
        if other is None:
            yield index, Fault("qualified_by", f"No objective {name!r} here", nearest(name, by_id))
        elif other.statistic not in AVAILABILITY_STATISTICS:
            yield (
                index,
                Fault(
                    "qualified_by",
                    f"{name} is not an availability objective",
                    "Name one with statistic availability_outage, _mef or _g826",
                ),
            )


def _start(objective: ServiceLevelObjective) -> date:
    return objective.valid_from or date.min


def _end(objective: ServiceLevelObjective) -> date:
    return objective.valid_to or date.max
