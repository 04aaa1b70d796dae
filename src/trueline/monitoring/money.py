"""Money at risk (O-38): what a period's violations may cost, exactly. Advice, never billing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Step:
    """`credit` is given back where the final figure comes at least so far; `probability` that it
    does."""

    probability: Decimal
    credit: Decimal


@dataclass(frozen=True)
class Stake:
    """What one member's period may cost: steps from the mildest figure to the worst. `by_outage`:
    it is read by down time, which gives one credit of a member only."""

    member: str
    currency: str
    steps: tuple[Step, ...]
    by_outage: bool = False

    @property
    def expected(self) -> Decimal:
        """Probability times credit: each step holds as far as the next is not reached."""
        found, reached = Decimal(0), Decimal(1)
        before = Decimal(0)
        for step in self.steps:
            # A worse figure is never more likely than a milder one, whatever was rounded.
            reached = min(reached, step.probability)
            found += reached * (step.credit - before)
            before = step.credit
        return found

    @property
    def worst(self) -> Decimal:
        return max((step.credit for step in self.steps), default=Decimal(0))


@dataclass(frozen=True)
class MoneyAtRisk:
    expected: Decimal
    worst: Decimal


def credit_of(charge: Decimal, percent: Decimal) -> Decimal:
    """A percentage of the monthly charge."""
    return charge * percent / 100


def money_at_risk(stakes: Iterable[Stake]) -> dict[str, MoneyAtRisk]:
    """The sums of what is expected and of the worst, by currency: currencies are never added."""
    listed: Mapping[str, list[Stake]] = defaultdict(list)
    for stake in stakes:
        listed[stake.currency].append(stake)
    return {
        currency: MoneyAtRisk(
            sum((one.expected for one in mine), Decimal(0)),
            sum((one.worst for one in mine), Decimal(0)),
        )
        for currency, mine in sorted(listed.items())
    }


def one_for_each_downtime(stakes: Iterable[Stake]) -> list[Stake]:
    """Of a member's stakes that are read by down time only the one that is expected to cost most:
    the same outage gives one credit."""
    kept: list[Stake] = []
    largest: dict[tuple[str, str], Stake] = {}
    for stake in stakes:
        key = stake.member, stake.currency
        if not stake.by_outage:
            kept.append(stake)
        elif key not in largest or stake.expected > largest[key].expected:
            largest[key] = stake
    return [*kept, *largest.values()]
