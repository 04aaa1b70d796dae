"""What a contract would give back if a figure that keeps its line missed it (rule M14): advice.

Two ends: the line is just missed, and nothing is left of it. Everything is exact."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from trueline.assessment.advised_credits import (
    CreditAdvice,
    charge_of,
    credit_percent,
    read_by_outage,
)
from trueline.assessment.burn import allowance
from trueline.assessment.credit_advice import advised_amount
from trueline.assessment.values import Verdict
from trueline.assessment.verdict import SHARE_STATISTICS
from trueline.inventory.values import Product
from trueline.offerings.values import ServiceLevelObjective, exact_fraction

# How far beyond the line a figure is that has just missed it, relative to the line.
JUST = Fraction(1, 10**9)


@dataclass(frozen=True)
class CreditAtRisk:
    """Advice for a figure that has just missed its line, and for one that has lost it all."""

    least: CreditAdvice
    most: CreditAdvice


def credit_at_risk(
    objective: ServiceLevelObjective, product: Product, period: str, total_s: int
) -> CreditAtRisk | None:
    """None where the objective has no credit terms. `total_s`: seconds of the period in scope."""
    terms = objective.credits
    if terms is None:
        return None
    target = exact_fraction(objective.conformance_target)
    better_high = objective.comparator.higher_is_better
    beyond = target - JUST * abs(target) if better_high else target + JUST * abs(target)
    is_share = objective.statistic in SHARE_STATISTICS
    allowed_s = int(allowance(target, total_s)) if is_share else 0
    least, why = credit_percent(objective, Verdict.VIOLATED, beyond, allowed_s + 1)
    if terms.steps is not None and not better_high:
        most: Fraction | None = Fraction(terms.cap_percent)
    else:
        most, _ = credit_percent(objective, Verdict.VIOLATED, Fraction(0), total_s)
    worst = max(least or Fraction(0), most or Fraction(0))

    def advised(percent: Fraction | None) -> CreditAdvice:
        charge = charge_of(product)
        amount = None
        if percent is not None and charge is not None:
            amount = advised_amount(percent / 100, charge)
        return CreditAdvice(
            product.id,
            product.customer_id,
            product.offering_id,
            objective.id,
            objective.version,
            period,
            Verdict.VIOLATED,
            percent,
            amount,
            counted=bool(percent),
            by_outage=read_by_outage(objective),
            why=why,
        )

    return CreditAtRisk(advised(least), advised(worst))
