"""Money at risk (O-38): what a period's violations may cost, exactly. Advice, never billing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Stake:
    """A member's probability of a violation, and the credit that it would bring."""

    probability: Decimal
    credit: Decimal


@dataclass(frozen=True)
class MoneyAtRisk:
    expected: Decimal
    worst: Decimal


def credit_of(charge: Decimal, percent: Decimal) -> Decimal:
    """A percentage of the monthly charge."""
    return charge * percent / 100


def money_at_risk(stakes: Iterable[Stake]) -> MoneyAtRisk:
    """The sum of probability times credit, and of all credits."""
    listed = list(stakes)
    return MoneyAtRisk(
        sum((one.probability * one.credit for one in listed), Decimal(0)),
        sum((one.credit for one in listed), Decimal(0)),
    )
