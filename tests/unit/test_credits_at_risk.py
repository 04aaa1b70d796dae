"""What a kept line would give back if it were missed: just so, and wholly; worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from trueline.assessment.credits_at_risk import credit_at_risk
from trueline.inventory.values import Product
from trueline.offerings.credits import CreditTerms, DayProration, StepCredit
from trueline.offerings.values import Comparator, ServiceLevelObjective, Statistic

OCTOBER_S = 31 * 86_400


def _product(charge: str = "300.00") -> Product:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    told = {"monthly_recurring_charge": charge} if charge else {}
    return Product("P1", "line", "C1", "active", start, characteristics=told)


def _objective(
    target: str,
    terms: CreditTerms | None,
    statistic: Statistic = Statistic.AVAILABILITY_OUTAGE,
    comparator: Comparator = Comparator.GE,
) -> ServiceLevelObjective:
    return ServiceLevelObjective(
        "o", "outage", statistic, comparator, Decimal(target), credits=terms
    )


def _step(target: str) -> StepCredit:
    return StepCredit(Decimal(target), Decimal("0.1"), Decimal(5))


def test_just_below_the_target_is_one_started_step_and_nothing_left_is_the_cap() -> None:
    terms = CreditTerms(steps=_step("99.9"), cap_percent=Decimal(50))
    found = credit_at_risk(_objective("0.999", terms), _product(), "2026-10", OCTOBER_S)
    assert found is not None
    assert (found.least.percent, found.least.amount) == (5, Decimal("15.00"))
    assert (found.most.percent, found.most.amount) == (50, Decimal("150.00"))


def test_days_are_of_the_first_second_beyond_the_allowance() -> None:
    # A ten-thousandth of October is 267.84 s: 268 s are one started hour, a day of 30. All of
    # October is at most 7 days.
    terms = CreditTerms(days=DayProration(unit_s=3_600, days_per_month=30, max_days=7))
    found = credit_at_risk(_objective("0.9999", terms), _product(), "2026-10", OCTOBER_S)
    assert found is not None
    assert (found.least.percent, found.least.amount) == (Fraction(100, 30), Decimal("10.00"))
    assert (found.most.percent, found.most.amount) == (Fraction(700, 30), Decimal("70.00"))
    assert "for 268 s" in found.least.why


def test_a_value_that_should_be_low_may_rise_up_to_the_cap() -> None:
    terms = CreditTerms(steps=_step("10"), cap_percent=Decimal(20))
    objective = _objective("10", terms, Statistic.MEAN, Comparator.LE)
    found = credit_at_risk(objective, _product(), "2026-10", OCTOBER_S)
    assert found is not None
    assert (found.least.percent, found.most.percent) == (5, 20)


def test_without_a_charge_the_amount_is_not_known() -> None:
    terms = CreditTerms(flat_percent=Decimal(10))
    found = credit_at_risk(_objective("0.999", terms), _product(""), "2026-10", OCTOBER_S)
    assert found is not None
    assert (found.least.percent, found.least.amount, found.most.amount) == (10, None, None)


def test_without_credit_terms_nothing_is_at_risk() -> None:
    assert credit_at_risk(_objective("0.999", None), _product(), "2026-10", OCTOBER_S) is None
