"""What is at stake for each member of a group: credits by the terms of its own objective, and
rights to leave. Advice, never billing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueline.assessment.advised_credits import charge_of, currency_of, read_by_outage
from trueline.assessment.credit_advice import advised_amount
from trueline.assessment.credit_levels import CreditLevel, credit_levels
from trueline.assessment.limits import violation_limit
from trueline.inventory.values import Product
from trueline.monitoring.cohort import rounded
from trueline.monitoring.money import Stake, Step, money_at_risk
from trueline.monitoring.predict import Predicted
from trueline.monitoring.shown import Member
from trueline.monitoring.values import Regime
from trueline.offerings.values import ServiceLevelObjective, Statistic

_PERCENTILES = (Statistic.PERCENTILE, Statistic.PERCENTILE_HISTOGRAM)


@dataclass(frozen=True)
class Stakes:
    """`unknown`: members with credits at stake of which no sum can be named."""

    known: tuple[Stake, ...]
    unknown: int

    def as_plain(self) -> dict[str, object]:
        return {"by_currency": plain_money(self.known), "unknown": self.unknown}


def plain_money(stakes: tuple[Stake, ...]) -> dict[str, dict[str, str]]:
    """Exact sums as text, by currency."""
    return {
        currency: {"expected": _plain(one.expected), "worst": _plain(one.worst)}
        for currency, one in money_at_risk(stakes).items()
    }


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def stakes_of(
    regime: Regime,
    members: Mapping[str, Member],
    predicted: Predicted,
    products: Mapping[str, Product],
) -> Stakes | None:
    """Of every member with credit terms, or with the percentage that the regime names for those
    without; None where nothing is at stake for anybody."""
    known, unknown, at_stake = [], 0, False
    for name, member in sorted(members.items()):
        levels = levels_of(regime, member.objective)
        if not levels:
            continue
        at_stake = True
        stake = None
        if name in predicted.chances:
            stake = _stake(regime, products[name], member.objective, levels, predicted)
        if stake is None:
            unknown += 1
        else:
            known.append(stake)
    return Stakes(tuple(known), unknown) if at_stake else None


def levels_of(regime: Regime, objective: ServiceLevelObjective) -> tuple[CreditLevel, ...]:
    """The staircase of the objective's own terms; else the regime's percentage for a violation."""
    found = credit_levels(objective)
    if found or objective.credits is not None or not regime.credit_percent:
        return found
    return (CreditLevel(violation_limit(objective), Fraction(regime.credit_percent)),)


def _stake(
    regime: Regime,
    product: Product,
    objective: ServiceLevelObjective,
    levels: tuple[CreditLevel, ...],
    predicted: Predicted,
) -> Stake | None:
    charge = charge_of(product, regime.charge)
    if charge is None or predicted.outlook is None:
        return None
    violation = violation_limit(objective)
    steps = []
    for level in levels:
        if level.limit is None:
            chance = 1.0
        elif level.limit == violation:
            chance = predicted.chances[product.id]
        elif objective.statistic in _PERCENTILES:
            return None  # its days were counted at one limit only
        else:
            chance = predicted.outlook.chance(product.id, level.limit)
        credit = advised_amount(level.percent / 100, charge)
        steps.append(Step(Decimal(str(rounded(chance))), credit))
    return Stake(
        product.id, currency_of(product), tuple(steps), by_outage=read_by_outage(objective)
    )
