"""Credits as a staircase: it says what the credit rules say, at every figure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from trueline.assessment.advised_credits import credit_percent
from trueline.assessment.credit_levels import credit_levels
from trueline.assessment.values import Verdict
from trueline.offerings.credits import (
    BandTable,
    CreditBand,
    CreditMeasure,
    CreditTerms,
    DayProration,
    StepCredit,
)
from trueline.offerings.values import Comparator, ServiceLevelObjective, Statistic

UPTIME = ServiceLevelObjective(
    "uptime", "outage", Statistic.AVAILABILITY_OUTAGE, Comparator.GE, Decimal("0.999")
)
MONTH_S = 30 * 86_400


def band(low: str, high: str | None, percent: str) -> CreditBand:
    return CreditBand(Decimal(low), None if high is None else Decimal(high), Decimal(percent))


SECONDS = BandTable(
    CreditMeasure.OUTAGE_S,
    Decimal(1),
    (band("0", "600", "0"), band("601", "2700", "5"), band("2701", None, "10")),
)
PERCENT = BandTable(
    CreditMeasure.AVAILABILITY_PERCENT,
    Decimal("0.01"),
    (band("99.7", "100", "0"), band("97.9", "99.69", "10"), band("0", "97.89", "20")),
)


@pytest.mark.parametrize(
    "terms",
    [
        CreditTerms(bands=SECONDS),
        CreditTerms(bands=PERCENT, cap_percent=Decimal(15)),
        CreditTerms(
            steps=StepCredit(Decimal("99.9"), Decimal("0.1"), Decimal(1)), cap_percent=Decimal(7)
        ),
        CreditTerms(days=DayProration(3_600), cap_percent=Decimal(10)),
        CreditTerms(flat_percent=Decimal(12)),
    ],
)
def test_the_staircase_gives_what_the_rules_give_at_every_figure(terms: CreditTerms) -> None:
    objective = replace(UPTIME, credits=terms)
    levels = credit_levels(objective)
    for bad_s in (0, 1, 600, 601, 2_592, 2_593, 2_700, 2_701, 3_600, 3_601, 9_999, 60_000, 900_000):
        value = 1 - Fraction(bad_s, MONTH_S)
        met = value >= Fraction("0.999")
        verdict = Verdict.MET if met else Verdict.VIOLATED
        given = Fraction(0)
        for level in levels:
            limit = level.limit
            if limit is None:
                given = level.percent
                continue
            worse = bad_s - limit.value if limit.of_bad_s else limit.value - value
            if worse > 0 or (limit.reached and worse == 0):
                given = level.percent
        expected, _ = credit_percent(objective, verdict, value, bad_s)
        assert given == expected, bad_s


def test_a_ceiling_steps_upwards() -> None:
    terms = CreditTerms(steps=StepCredit(Decimal(20), Decimal(5), Decimal(10)))
    objective = ServiceLevelObjective(
        "delay", "delay", Statistic.MEAN, Comparator.LE, Decimal(20), credits=terms
    )
    levels = credit_levels(objective)
    # Beyond 20, 25, 30 ... ms: ten per cent each, until all is given back.
    assert [level.percent for level in levels] == [10 * n for n in range(11)]
    assert [level.limit.value for level in levels if level.limit] == [20 + 5 * n for n in range(10)]


def test_without_terms_there_are_no_levels() -> None:
    assert credit_levels(UPTIME) == ()
