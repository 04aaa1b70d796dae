"""Whether what a promise rests on can carry it: the back-to-back gap (rule M9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueline.assessment.composition import redundant, serial
from trueline.errors import InputError
from trueline.offerings.validate import AVAILABILITY_STATISTICS
from trueline.offerings.values import ServiceLevelObjective, Statistic
from trueline.standards.document import Support

_MONTH_S = 30 * 86_400


@dataclass(frozen=True)
class SupportGap:
    """`carried`: what the chain gives at most; `gap` is above zero where the promise is larger.
    A share of time, or seconds to repair; None where the chain says nothing of it."""

    promised: Decimal
    carried: Fraction | None
    gap: Fraction | None
    what: str


def support_gap(
    objective: ServiceLevelObjective, supported_by: Sequence[Support]
) -> SupportGap | None:
    """The gap between a promise and what it rests on; None where nothing is named or compared."""
    if not supported_by:
        return None
    if objective.statistic in AVAILABILITY_STATISTICS:
        return _availability_gap(objective.conformance_target, supported_by)
    if objective.statistic is Statistic.TIME_TO_REPAIR:
        return _repair_gap(objective, supported_by)
    return None


def chain_availability(supported_by: Sequence[Support]) -> Fraction:
    """All parts are needed, but for those that stand in for each other; InputError where those are
    not known to be independent, or where a part promises no availability."""
    needed: list[Fraction | Decimal] = []
    alternatives: dict[str, list[Support]] = defaultdict(list)
    for part in supported_by:
        if part.availability is None:
            raise InputError(f"{part.name} promises no availability")
        if part.alternative is None:
            needed.append(part.availability)
        else:
            alternatives[part.alternative].append(part)
    for name, parts in alternatives.items():
        try:
            figures = [p.availability for p in parts if p.availability is not None]
            independent = all(part.independent for part in parts)
            needed.append(redundant(figures, shared_risk=not independent))
        except InputError as error:
            raise InputError(f"{name}: {error.what}", mend=error.mend) from None
    return serial(needed)


def _availability_gap(target: Decimal, supported_by: Sequence[Support]) -> SupportGap:
    try:
        carried = chain_availability(supported_by)
    except InputError as error:
        return SupportGap(target, None, None, f"it is not known what the chain carries: {error}")
    gap = Fraction(target) - carried
    percent = f"{Decimal(int(carried * 10**7)) / 10**5:f}"
    if gap <= 0:
        return SupportGap(target, carried, gap, f"the chain carries {percent} %")
    seconds = int(gap * _MONTH_S)
    return SupportGap(
        target,
        carried,
        gap,
        f"the chain carries at most {percent} % where {(target * 100).normalize():f} % is "
        f"promised: {seconds:,} s of 30 days are promised by nobody",
    )


def _repair_gap(
    objective: ServiceLevelObjective, supported_by: Sequence[Support]
) -> SupportGap | None:
    """The slowest part repairs in time, or there is a gap."""
    promised = objective.within_s if objective.of == "share_within" else None
    limit = Decimal(promised) if promised is not None else objective.conformance_target
    known = [(part.repair_s, part.name) for part in supported_by if part.repair_s is not None]
    if not known:
        return SupportGap(limit, None, None, "none of the parts promises a time to repair")
    slowest, name = max(known)
    gap = Fraction(slowest) - Fraction(limit)
    if gap <= 0:
        return SupportGap(limit, Fraction(slowest), gap, f"{name} repairs within {slowest:,} s")
    return SupportGap(
        limit,
        Fraction(slowest),
        gap,
        f"{name} repairs within {slowest:,} s where {int(limit):,} s is promised",
    )
