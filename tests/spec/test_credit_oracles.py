"""Credit advice against the published tables (rule M14, section 7).

Each case is one line: an id that names the oracle, the input, and the expected figure with its
arithmetic beside it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.assessment.credit_advice import (
    ChronicOutage,
    advised_amount,
    band_credit,
    capped,
    chronic_outage,
    prorated_days,
    step_credit,
)
from trueline.calendars.instants import parse_instant, seconds
from trueline.calendars.intervals import Interval
from trueline.errors import InputError
from trueline.offerings.credits import (
    BandFaultKind,
    BandTable,
    ChronicRule,
    CreditBand,
    CreditMeasure,
    DayProration,
    StepCredit,
    band_faults,
    validate_bands,
)

D = Decimal
HOUR = 3600


def bands(*rows: tuple[str, str | None, str]) -> tuple[CreditBand, ...]:
    return tuple(
        CreditBand(D(low), None if high is None else D(high), D(credit))
        for low, high, credit in rows
    )


# O-12: 10 min, 45 min, then steps of 4 h to 16 h, 24 h, and beyond. The source of the oracle fixes
# the credits at the bounds tested; 20 and 30 % up to 8 and 12 h are its two steps between.
LEVEL_3 = BandTable(
    CreditMeasure.OUTAGE_S,
    D(1),
    bands(
        ("0", "600", "0"),
        ("601", "2700", "5"),
        ("2701", "14400", "10"),
        ("14401", "28800", "20"),
        ("28801", "43200", "30"),
        ("43201", "57600", "40"),
        ("57601", "86400", "50"),
        ("86401", None, "100"),
    ),
)

# O-13: as published, "100-99.7: 0, 99.69-97.9: 10, 96.89-95.9: 20, ..."; the last band stands for
# the rest of the table.
TELUS = BandTable(
    CreditMeasure.AVAILABILITY_PERCENT,
    D("0.01"),
    bands(
        ("99.7", "100", "0"),
        ("97.9", "99.69", "10"),
        ("95.9", "96.89", "20"),
        ("0", "95.89", "30"),
    ),
)


@pytest.mark.parametrize(
    ("outage_s", "credit"),
    [
        pytest.param(0, "0", id="O-12-none"),
        pytest.param(600, "0", id="O-12-10-min"),
        pytest.param(601, "5", id="O-12-10-min-1-s"),
        pytest.param(2700, "5", id="O-12-45-min"),
        pytest.param(2701, "10", id="O-12-45-min-1-s"),
        pytest.param(14400, "10", id="O-12-4-h"),
        pytest.param(14401, "20", id="O-12-4-h-1-s"),
        pytest.param(57600, "40", id="O-12-16-h"),
        pytest.param(57601, "50", id="O-12-16-h-1-s"),
        pytest.param(86400, "50", id="O-12-24-h"),
        pytest.param(86401, "100", id="O-12-24-h-1-s"),
    ],
)
def test_a_band_holds_its_last_second_and_not_the_next(outage_s: int, credit: str) -> None:
    validate_bands(LEVEL_3)

    assert band_credit(LEVEL_3, outage_s) == D(credit)


def test_a_published_table_with_a_gap_is_refused_and_the_gap_is_named() -> None:
    (fault,) = band_faults(TELUS)  # O-13: 96.89 + 0.01 to 97.9 - 0.01

    assert (fault.kind, fault.low, fault.high) == (BandFaultKind.GAP, D("96.90"), D("97.89"))
    with pytest.raises(InputError, match=r"gap: no band holds 96\.90 to 97\.89"):
        validate_bands(TELUS)


def test_a_value_in_a_gap_gets_no_credit_advice() -> None:
    with pytest.raises(InputError, match=r"nothing for 97\.0: gap"):  # O-13
        band_credit(TELUS, D("97.0"))


@pytest.mark.parametrize(
    ("availability", "credit"),
    [
        pytest.param("100", "0", id="upper-end"),
        pytest.param("99.7", "0", id="last-of-its-band"),
        pytest.param("99.699", "10", id="truncated-to-99.69-as-it-is-printed"),
        pytest.param("95.9", "20", id="below-the-gap"),
        pytest.param("0", "30", id="lower-end"),
    ],
)
def test_a_value_outside_the_gap_has_its_credit(availability: str, credit: str) -> None:
    assert band_credit(TELUS, D(availability)) == D(credit)


@pytest.mark.parametrize(
    ("rows", "kind", "low", "high"),
    [
        pytest.param([("0", "9", "0"), ("9", None, "5")], "overlap", "9", "9", id="shared-bound"),
        pytest.param([("0", None, "0"), ("5", "9", "5")], "overlap", "5", "9", id="inside-another"),
        pytest.param([("3", None, "5")], "gap", "0", "2", id="nothing-at-the-start"),
        pytest.param([("0", "9", "5")], "gap", "10", None, id="nothing-at-the-end"),
        pytest.param([], "gap", "0", None, id="no-band"),
        pytest.param([("0", "0.5", "0")], "band", "0", "0.5", id="finer-than-the-resolution"),
        pytest.param([("0", None, "101")], "band", "0", None, id="more-than-the-charge"),
        pytest.param([("9", "5", "1")], "band", "9", "5", id="ends-before-it-starts"),
    ],
)
def test_a_faulty_table_names_the_values_at_fault(
    rows: list[tuple[str, str | None, str]], kind: str, low: str, high: str | None
) -> None:
    (fault,) = band_faults(BandTable(CreditMeasure.OUTAGE_S, D(1), bands(*rows)))

    assert (fault.kind.value, fault.low, fault.high) == (kind, D(low), high and D(high))


PER_TENTH = StepCredit(target=D("99.9"), step=D("0.1"), credit_percent=D(1))


@pytest.mark.parametrize(
    ("availability", "credit"),
    [
        pytest.param(D("99.65"), 3, id="O-16-two-and-a-half-steps"),  # 0.25 / 0.1 = 2.5
        pytest.param(D("99.6"), 3, id="O-16-three-steps"),  # 0.3 / 0.1 = 3, float: 3.0000000000004
        pytest.param(D("99.9"), 0, id="on-target"),
        pytest.param(D("99.95"), 0, id="above-target"),
        pytest.param(D("99.899"), 1, id="a-portion-of-a-step"),  # 0.001 / 0.1 = 0.01
        pytest.param(Fraction(100) * 719 / 720, 1, id="an-hour-of-30-days"),  # 99.8611: 0.39 steps
    ],
)
def test_a_started_step_counts_as_a_whole_one(
    availability: Decimal | Fraction, credit: int
) -> None:
    assert step_credit(PER_TENTH, availability) == credit


def test_a_binary_float_is_no_basis_of_a_credit() -> None:
    assert ceil((99.9 - 99.6) / 0.1) == 4  # the trap of O-16

    with pytest.raises(TypeError, match="binary float"):
        step_credit(PER_TENTH, 99.6)  # type: ignore[arg-type]  # what a careless caller would do


@given(whole=st.integers(0, 999), digit=st.integers(1, 9), places=st.integers(0, 6))
def test_whole_steps_are_never_one_too_many(whole: int, digit: int, places: int) -> None:
    """O-16 for every decimal step: exactly n steps below the target are n steps."""
    step = D(digit).scaleb(-places)
    rule = StepCredit(target=D(10_000), step=step, credit_percent=D(1))

    assert step_credit(rule, rule.target - whole * step) == whole
    assert step_credit(rule, rule.target - whole * step - step / 1000) == whole + 1


@given(
    st.lists(st.integers(1, 86_400), min_size=1, max_size=8, unique=True), st.integers(0, 90_000)
)
def test_a_table_without_gap_or_overlap_decides_every_value_once(ends: list[int], at: int) -> None:
    tops = sorted(ends)
    lows = [0, *(top + 1 for top in tops)]
    rows = tuple(
        CreditBand(D(low), None if high is None else D(high), D(n))
        for n, (low, high) in enumerate(zip(lows, [*tops, None], strict=True))
    )
    table = BandTable(CreditMeasure.OUTAGE_S, D(1), rows[::-1])

    assert band_faults(table) == ()
    assert band_credit(table, at) == sum(at > top for top in tops)


@pytest.mark.parametrize(
    ("outage_s", "days"),
    [
        pytest.param(0, 0, id="none"),
        pytest.param(1, 1, id="a-portion-of-a-day"),
        pytest.param(86_400, 1, id="a-whole-day"),
        pytest.param(86_401, 2, id="a-second-more"),
        pytest.param(30 * 86_400, 7, id="seven-days-at-most"),
    ],
)
def test_days_are_credited_up_to_seven_a_month(outage_s: int, days: int) -> None:
    assert prorated_days(DayProration(), outage_s) == days


def test_credited_days_are_thirtieths_of_the_charge_to_the_cent() -> None:
    rule = DayProration()
    share = Fraction(prorated_days(rule, 2 * 86_400), rule.days_per_month)

    # 2/30 of 100.00 = 6.666...; 7/30 of 1,000.00 = 233.333...; 1/8 of 0.20 = 0.025, a half cent.
    assert advised_amount(share, D("100.00")) == D("6.67")
    assert advised_amount(Fraction(7, 30), D(1000)) == D("233.33")
    assert advised_amount(Fraction(1, 8), D("0.20")) == D("0.03")


def test_credits_of_a_month_stop_at_the_cap() -> None:
    assert capped(D(40), D(25)) == 25
    assert capped(D(20), D(25)) == 20


def on_day(day: int, *, hours: int = 1) -> Interval:
    """An outage from noon UTC of a day; day 1 = 1 October 2026, day 32 = 1 November."""
    noon_s = seconds(parse_instant("2026-10-01T12:00:00Z")) + (day - 1) * 86_400
    return noon_s, noon_s + hours * HOUR


@pytest.mark.parametrize(
    ("days", "chronic"),
    [
        pytest.param((1, 10, 20, 30), True, id="O-14-days-1-to-30-hold-four"),
        pytest.param((1, 10, 20, 31), False, id="O-14-no-30-days-hold-four"),
        pytest.param((1, 10, 20), False, id="three-are-allowed"),
        pytest.param((1, 40, 45, 50, 69), True, id="a-later-window"),  # days 40 to 69
        pytest.param((), False, id="none"),
    ],
)
def test_more_than_three_outages_in_thirty_days_are_chronic(
    days: tuple[int, ...], chronic: bool
) -> None:
    found = chronic_outage(ChronicRule(), [on_day(day) for day in days], "UTC")

    assert (found is not None) == chronic


def test_more_than_a_day_of_outage_in_thirty_days_is_chronic() -> None:
    at_limit = [on_day(1, hours=12), on_day(20, hours=12)]  # 24 h: not more than 24 h
    beyond = [on_day(1, hours=12), on_day(20, hours=13)]

    assert chronic_outage(ChronicRule(), at_limit, "UTC") is None
    assert chronic_outage(ChronicRule(), beyond, "UTC") == ChronicOutage(
        date(2026, 10, 1), date(2026, 10, 30), outages=2, outage_s=25 * HOUR
    )


def test_overlapping_tickets_are_one_outage() -> None:
    tickets = [on_day(1), on_day(1, hours=2), on_day(10), on_day(20)]

    assert chronic_outage(ChronicRule(), tickets, "UTC") is None


def test_days_of_a_chronic_outage_are_those_of_the_contracts_zone() -> None:
    """23:00 UTC on day 30 is day 31 in Sydney (UTC+10 or +11), noon UTC on day 1 is not."""
    late = (on_day(30)[0] + 11 * HOUR, on_day(30)[0] + 12 * HOUR)
    outages = [on_day(1), on_day(10), on_day(20), late]

    assert chronic_outage(ChronicRule(), outages, "UTC") is not None
    assert chronic_outage(ChronicRule(), outages, "Australia/Sydney") is None
