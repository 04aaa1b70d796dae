"""The published and worked figures that every rule has to give (rule section 7).

Each case is one line: an id that names the oracle, the input, and the expected figure with its
arithmetic beside it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import isclose

import numpy as np
import pytest

from trueline.assessment.burn import (
    BURN_WINDOWS,
    allowance,
    allowance_left,
    allowance_used,
    burn_rate,
    left_of_limit,
    seconds_to_empty,
)
from trueline.assessment.composition import (
    all_down,
    any_down,
    fewer_than_k_up,
    redundant,
    serial,
)
from trueline.assessment.g826 import counted_in_available_time, g826_states, severely_errored
from trueline.assessment.histogram import histogram, merge
from trueline.assessment.mef import availability_states, available_share, hli_chli
from trueline.assessment.percentile import (
    delay_range,
    inter_frame_delay_variation,
    percentile,
    percentile_with_losses,
)
from trueline.assessment.pooling import Part, customer_weighted, pooled_ratio, worst
from trueline.assessment.repair import (
    Outage,
    down_seconds,
    mean_seconds,
    repair_seconds,
    running_time,
    share_within,
)
from trueline.assessment.rounding import printed_percent, rounded
from trueline.assessment.tolerance import AlarmChange, alarm_changes, fires_at
from trueline.assessment.wilson import wilson_interval
from trueline.calendars.instants import parse_instant, seconds
from trueline.calendars.intervals import intersect, subtract, total, union
from trueline.calendars.periods import parse_period
from trueline.calendars.service_hours import local_instant, service_intervals
from trueline.errors import InputError
from trueline.offerings.values import Comparator, Rounding, Threshold

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def at(text: str) -> int:
    return seconds(parse_instant(text))


def flags(*runs: tuple[int, int]) -> list[bool]:
    """`flags((0, 5), (1, 12))`: five times no, twelve times yes."""
    return [bool(flag) for flag, count in runs for _ in range(count)]


# O-1: a month has the hours its clocks show.


@pytest.mark.parametrize(
    ("period", "minutes"),
    [
        pytest.param("2026-03", 44_580, id="march: 31 x 1,440 - 60 skipped"),
        pytest.param("2026-10", 44_700, id="october: 31 x 1,440 + 60 repeated"),
    ],
)
def test_o1_month_of_a_clock_change_in_london(period: str, minutes: int) -> None:
    start, end = parse_period(period).bounds("Europe/London")
    assert (end - start) / MINUTE == minutes


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(date(2026, 3, 29), 5, id="00-06 on 29 March: 6 - 1"),
        pytest.param(date(2026, 10, 25), 7, id="00-06 on 25 October: 6 + 1"),
    ],
)
def test_o1_morning_of_a_clock_change_in_london(day: date, hours: int) -> None:
    window = (local_instant(day, 0, "Europe/London"), local_instant(day, 360, "Europe/London"))
    assert window[1] - window[0] == hours * HOUR


# O-2: 975 minutes down in March (44,640), of which 840 were planned: 135 count.


@pytest.mark.parametrize(
    ("bad", "whole", "percent"),
    [
        pytest.param(135, 44_640, "99.69758", id="countAsAvailable: 1 - 135 / 44,640"),
        pytest.param(135, 43_800, "99.69178", id="removeFromDenominator: 1 - 135 / (44,640 - 840)"),
        pytest.param(975, 44_640, "97.81586", id="no exclusion: 1 - 975 / 44,640"),
    ],
)
def test_o2_denominators_of_outage_availability(bad: int, whole: int, percent: str) -> None:
    value = 1 - Fraction(bad, whole)
    assert printed(value) == percent


def printed(share: Fraction) -> str:
    """As the source prints: five decimals of a percentage, half up."""
    return f"{Decimal(int(rounded(share * 100, Rounding('half_up', 5)) * 10**5)).scaleb(-5):.5f}"


def test_o2_source_prints_its_figure_truncated() -> None:
    assert printed_percent(1 - Fraction(135, 44_640)) == "99.69"


# O-3 to O-5: the availability state machine, n = 10.

O3 = flags((0, 5), (1, 12), (0, 3), (1, 2), (0, 15))


def test_o3_unavailability_is_dated_back_to_the_first_of_n() -> None:
    available = availability_states(O3, 10)
    # the 12 lossy intervals close, the 3 + 2 after them reopen nothing, the last 15 do
    assert available == flags((1, 5), (0, 17), (1, 15))
    assert available_share(available, [True] * 37) == Fraction(20, 37)
    assert hli_chli(O3, available, 5) == (0, 0)  # all 14 lossy intervals lie in unavailable time


def test_o4_nine_lossy_intervals_in_a_row_stay_available() -> None:
    lossy = flags((0, 5), (1, 9), (0, 20))
    available = availability_states(lossy, 10)
    assert available == [True] * 34
    assert hli_chli(lossy, available, 5) == (9, 1)  # one run of 9 >= 5


def test_o5_states_evolve_underneath_a_maintenance_interval() -> None:
    available = availability_states(O3, 10)
    counted = [not 5 <= k <= 16 for k in range(37)]  # 12 of 37 do not count
    # of the 25 that count, k = 17 .. 21 are still unavailable: 20 / 25
    assert available_share(available, counted) == Fraction(4, 5)


@pytest.mark.parametrize(
    ("lossy", "available"),
    [
        pytest.param(flags((1, 2), (0, 3)), [False] * 2 + [True] * 3, id="first n lossy"),
        pytest.param(flags((0, 3), (1, 1)), [True] * 4, id="one lossy at the end decides nothing"),
        pytest.param(flags((1, 3), (0, 1)), [False] * 4, id="one good at the end decides nothing"),
        pytest.param([], [], id="nothing measured"),
    ],
)
def test_state_machine_at_its_edges_with_n_2(lossy: list[bool], available: list[bool]) -> None:
    assert availability_states(lossy, 2) == available


def test_state_carried_over_from_before_the_period() -> None:
    assert availability_states(flags((0, 1), (1, 1)), 2, available_before=False) == [False] * 2


def test_g826_counts_ten_severely_errored_intervals_in_a_row() -> None:
    ratios = [Fraction(3, 10)] * 10 + [Fraction(0)] * 9 + [Fraction(1, 2)] + [Fraction(0)] * 10
    severe = severely_errored(ratios)  # 0.30 itself is severe
    available = g826_states(severe)
    assert available == flags((0, 20), (1, 10))  # nine good ones in a row restore nothing
    assert counted_in_available_time(severe, available) == 0


# O-6: percentiles of {-2, 7, 7, 4, 18, -5}, sorted -5 -2 4 7 7 18.


@pytest.mark.parametrize(
    ("p", "value"),
    [
        pytest.param(50, 4, id="P50: F(4) = 3/6"),
        pytest.param(25, -2, id="P25: F(-2) = 2/6, F(-5) = 1/6 < 25 %"),
        pytest.param(100, 18, id="P100: F(18) = 1"),
        pytest.param(15, -5, id="P15: F(-5) = 1/6 >= 15 %"),
        pytest.param(0, -5, id="P0: the minimum"),
    ],
)
def test_o6_percentile_of_the_empirical_distribution(p: int, value: int) -> None:
    assert percentile([-2, 7, 7, 4, 18, -5], p) == value


def test_percentile_of_nothing_is_none() -> None:
    assert percentile([], 95) is None


def test_percentile_99_9_is_exact_at_its_edge() -> None:
    # 99.9 % of 1,000 is rank 999 exactly; in binary floats 0.999 x 1,000 may step over it
    assert percentile(list(range(1, 1_001)), Decimal("99.9")) == 999


def test_lost_packets_push_a_percentile_out_of_reach() -> None:
    # 9 arrived, 1 lost: P90 is rank 9 of 10, the largest delay; P95 is rank 10, the lost one
    assert percentile_with_losses(list(range(1, 10)), 1, 90) == 9
    assert percentile_with_losses(list(range(1, 10)), 1, 95) is None


def test_delay_range_and_variation() -> None:
    # range: P100 18 less minimum -5; pairs 10 s apart: |12-10|, |9-12|, |30-9|; P50 = rank 2 of 3
    assert delay_range([-2, 7, 7, 4, 18, -5], 100) == 23
    assert inter_frame_delay_variation({0: 10, 10: 12, 20: 9, 30: 30, 45: 1}, 10, 50) == 3


# O-7: an outage over the month's edge: 31 January 23:00 to 1 February 03:00.

O7 = [Outage(at("2026-01-31T23:00:00Z"), at("2026-02-01T03:00:00Z"))]


@pytest.mark.parametrize(
    ("month", "mean_h", "down_min"),
    [
        pytest.param("2026-01", 4, 60, id="starts in January: the whole 4 h; 23-24 is down"),
        pytest.param("2026-02", None, 180, id="no outage starts in February; 00-03 is down"),
    ],
)
def test_o7_outage_over_the_edge_of_a_month(month: str, mean_h: int | None, down_min: int) -> None:
    period = [parse_period(month).bounds("UTC")]
    mean = mean_seconds(repair_seconds(O7, period))
    assert mean == (None if mean_h is None else mean_h * HOUR)
    assert down_seconds(O7, period) == down_min * MINUTE


def test_share_of_repairs_within_a_limit() -> None:
    assert share_within([3_600, 7_200, 7_201], 7_200) == Fraction(2, 3)
    assert share_within([], 7_200) is None


# O-8: 100 x 10 ms and 10 x 100 ms pooled: rank ceil(0.95 x 110) = 105 lies among the 100 ms.


def test_o8_pooled_percentile_is_not_the_mean_of_percentiles() -> None:
    quick, slow = [10] * 100, [100] * 10
    assert percentile(quick + slow, 95) == 100
    assert (percentile(quick, 95) + percentile(slow, 95)) / 2 == 55  # type: ignore[operator]


def test_o8_merged_histograms_give_the_pooled_percentile() -> None:
    pooled = merge([histogram(np.full(100, 10.0)), histogram(np.full(10, 100.0))])
    found = pooled.percentile(95)
    assert found is not None
    assert isclose(found, 100, rel_tol=0.01)
    assert pooled.count == 110
    assert pooled.mean() == Fraction(2_000, 110)  # (100 x 10 + 10 x 100) / 110


# O-9: a sample every 10 s, window 60 s, one crossing allowed, crossing = 1,000 or more.


@pytest.mark.parametrize(
    ("samples", "fires"),
    [
        pytest.param([50, 500, 2_000, 100, 60, 80, 90], None, id="one crossing at 20 s"),
        pytest.param([50, 500, 2_000, 100, 60, 80, 1_500], 60, id="20 s and 60 s: two in 60 s"),
        pytest.param([1_500, 0, 0, 0, 0, 0, 1_500], None, id="0 s and 60 s: half-open window"),
    ],
)
def test_o9_tolerance_of_crossings(samples: list[int], fires: int | None) -> None:
    crossings = [10 * k for k, sample in enumerate(samples) if sample >= 1_000]
    assert fires_at(crossings, allowed_crossings=1, period_s=60) == fires


# O-10: raise at 500 and more, clear below 460.


def test_o10_alarm_stays_between_raise_and_clear() -> None:
    changes = alarm_changes(
        [499, 500, 470, 460, 459],
        raise_at=Threshold(Comparator.GE, Decimal(500)),
        clear_at=Threshold(Comparator.LT, Decimal(460)),
    )
    assert changes == [AlarmChange(1, raised=True), AlarmChange(4, raised=False)]


# O-11: 99.9 % over 30 days: 43,200 min x 0.001 = 43.2 min.


def test_o11_allowance_of_thirty_days_at_three_nines() -> None:
    assert allowance(Decimal("0.999"), 43_200) == Fraction("43.2")


@pytest.mark.parametrize(
    ("rate", "window_h", "share"),
    [
        pytest.param("14.4", 1, "0.02", id="14.4 x 1 h / 720 h = 2 %"),
        pytest.param("6", 6, "0.05", id="6 x 6 h / 720 h = 5 %"),
        pytest.param("1", 72, "0.10", id="1 x 72 h / 720 h = 10 %"),
    ],
)
def test_o11_allowance_used_by_a_burn(rate: str, window_h: int, share: str) -> None:
    assert allowance_used(Decimal(rate), window_h * HOUR, 30 * DAY) == Fraction(share)


def test_o11_burn_of_14_4_empties_the_allowance_in_fifty_hours() -> None:
    assert seconds_to_empty(Decimal("14.4"), 30 * DAY) == 50 * HOUR  # 720 h / 14.4


def test_burn_and_allowance_left() -> None:
    # 21.6 of 43.2 min used: half is left; 21.6 / 43,200 / 0.001 = burn 0.5
    assert allowance_left(Decimal("21.6"), 43_200, Decimal("0.999")) == Fraction(1, 2)
    assert burn_rate(Decimal("21.6"), 43_200, Decimal("0.999")) == Fraction(1, 2)
    assert allowance_left(Decimal("86.4"), 43_200, Decimal("0.999")) == -1
    assert left_of_limit(1, 4) == Fraction(3, 4)


def test_target_of_100_percent_leaves_nothing_to_burn() -> None:
    assert burn_rate(1, 100, 1) is None
    assert allowance_left(0, 100, 1) == 1
    assert allowance_left(1, 100, 1) is None


def test_both_windows_must_burn() -> None:
    hour = BURN_WINDOWS[0]
    assert hour.fires(15, 20)
    assert not hour.fires(15, Fraction("14.4"))  # over, not at, the rate
    assert not hour.fires(None, 20)


# O-15: minutes allowed in months of 28, 30 and 31 days (40,320, 43,200, 44,640 min).


@pytest.mark.parametrize(
    ("target", "minutes"),
    [
        pytest.param("0.995", ["201.6", "216", "223.2"], id="99.5 %: x 0.005"),
        pytest.param("0.999", ["40.32", "43.2", "44.64"], id="99.9 %: x 0.001"),
        pytest.param("0.9995", ["20.16", "21.6", "22.32"], id="99.95 %: x 0.0005"),
        pytest.param("0.9999", ["4.032", "4.32", "4.464"], id="99.99 %: x 0.0001"),
    ],
)
def test_o15_allowance_by_length_of_month(target: str, minutes: list[str]) -> None:
    found = [allowance(Decimal(target), days * 1_440) for days in (28, 30, 31)]
    assert found == [Fraction(text) for text in minutes]


# O-17: A 44,640 min without outage; B in service for 1,440 min, 144 of them down.


def test_o17_pooled_availability_is_not_the_mean_of_means() -> None:
    a, b = Part(44_640, 44_640), Part(1_440 - 144, 1_440)
    assert pooled_ratio([a, b]) == Fraction("0.996875")  # 1 - 144 / 46,080
    assert customer_weighted({"a": [a], "b": [b]}) == Fraction("0.95")  # (1 + 0.9) / 2, so named


def test_worst_member_depends_on_the_direction() -> None:
    values = [Fraction(9, 10), Fraction(8, 10)]
    assert worst(values, Comparator.GE) == Fraction(8, 10)
    assert worst(values, Comparator.LE) == Fraction(9, 10)


# O-18: Monday to Friday 08-18 in February 2026 (20 working days), outage Friday 17:30 to Monday
# 08:30.


def test_o18_outage_over_a_weekend_counts_in_service_hours_only() -> None:
    hours = ((0, 1, 2, 3, 4), 480, 1_080, None)
    scope = list(service_intervals(date(2026, 2, 1), date(2026, 3, 1), "UTC", hours))
    outage = union([(at("2026-02-06T17:30:00Z"), at("2026-02-09T08:30:00Z"))])
    down = total(intersect(scope, outage))
    assert total(scope) == 12_000 * MINUTE  # 20 x 10 h
    assert down == 60 * MINUTE  # Friday 17:30-18:00 and Monday 08:00-08:30
    assert 1 - Fraction(down, total(scope)) == Fraction("0.995")


# O-19: Wilson's interval at 95 %.


@pytest.mark.parametrize(
    ("met", "members", "low", "high"),
    [
        pytest.param(9, 10, 0.59585, 0.98212, id="9 of 10"),
        pytest.param(950, 1_000, 0.93469, 0.96187, id="950 of 1,000"),
    ],
)
def test_o19_wilson_interval(met: int, members: int, low: float, high: float) -> None:
    found = wilson_interval(met, members)
    assert found is not None
    assert (round(found[0], 5), round(found[1], 5)) == (low, high)


def test_wilson_interval_at_its_edges() -> None:
    assert wilson_interval(0, 0) is None
    assert wilson_interval(0, 5)[0] == 0.0  # type: ignore[index]
    assert wilson_interval(5, 5)[1] == 1.0  # type: ignore[index]
    with pytest.raises(ValueError, match="6 of 5"):
        wilson_interval(6, 5)


# O-20: parts in a row and side by side.


def test_o20_serial_parts_multiply() -> None:
    value = serial([Decimal("0.999"), Decimal("0.9995"), Decimal("0.999")])
    # 0.999 x 0.999 = 0.998001; less 0.0005 of it (0.0004990005)
    assert value == Fraction("0.9975019995")
    assert printed(value) == "99.75020"


def test_o20_independent_redundant_parts() -> None:
    value = redundant([Decimal("0.999"), Decimal("0.999")], shared_risk=False)
    assert value == Fraction("0.999999")  # 1 - 0.001 x 0.001


def test_o20_shared_risk_is_refused() -> None:
    with pytest.raises(InputError, match="share a risk"):
        redundant([Decimal("0.999"), Decimal("0.999")], shared_risk=True)


def test_group_down_time_by_rule() -> None:
    # a down 0-10, b down 5-15, c down 8-9, in 0-20
    members = [[(0, 10)], [(5, 15)], [(8, 9)]]
    assert any_down(members) == [(0, 15)]
    assert all_down(members) == [(8, 9)]
    assert fewer_than_k_up(members, 2, [(0, 20)]) == [(5, 10)]  # two down: fewer than 2 of 3 up
    assert fewer_than_k_up(members, 4, [(0, 20)]) == [(0, 20)]  # never 4 up of 3
    assert all_down([]) == []


# O-39: tickets 10:00-11:00 and 10:30-11:30, clock stopped 10:50-11:10 on both.


@pytest.mark.parametrize(
    ("stopped_on_second", "minutes"),
    [
        pytest.param(True, 70, id="both stopped: union 90 - 20"),
        pytest.param(False, 90, id="only one stopped: the other clock runs on"),
    ],
)
def test_o39_union_of_tickets_less_stopped_clock(stopped_on_second: bool, minutes: int) -> None:
    stop = ((at("2026-10-01T10:50:00Z"), at("2026-10-01T11:10:00Z")),)
    first = Outage(at("2026-10-01T10:00:00Z"), at("2026-10-01T11:00:00Z"), stop)
    second = Outage(
        at("2026-10-01T10:30:00Z"),
        at("2026-10-01T11:30:00Z"),
        stop if stopped_on_second else (),
    )
    assert total(running_time([first, second])) == minutes * MINUTE


# O-40: a ratio of two cells, 90/100 and 1/10.


def test_o40_ratio_of_sums() -> None:
    assert pooled_ratio([Part(90, 100), Part(1, 10)]) == Fraction(91, 110)
    assert printed_percent(Fraction(91, 110)) == "82.72"  # 82.7272 floored; half up is 82.73
    assert pooled_ratio([Part(0, 0)]) is None


# O-41: one window seen from two zones: 00:00-04:00 in Lisbon on 10 July 2026.


@pytest.mark.parametrize(
    ("zone", "day", "from_minute", "to_minute"),
    [
        pytest.param("Europe/Lisbon", date(2026, 7, 10), 0, 240, id="Lisbon 00-04"),
        pytest.param("Europe/Madrid", date(2026, 7, 10), 60, 300, id="Madrid 01-05"),
        pytest.param("UTC", date(2026, 7, 9), 1_380, 1_620, id="UTC 23-03"),
    ],
)
def test_o41_one_window_in_two_zones(
    zone: str, day: date, from_minute: int, to_minute: int
) -> None:
    window = (local_instant(day, from_minute, zone), local_instant(day, to_minute, zone))
    assert window == (at("2026-07-09T23:00:00Z"), at("2026-07-10T03:00:00Z"))


# Printing and rounding never flatter.


@pytest.mark.parametrize(
    ("share", "text"),
    [
        pytest.param(Fraction(1), "100.00", id="exactly all"),
        pytest.param(Fraction(999_999, 1_000_000), "99.99", id="one in a million short"),
        pytest.param(Fraction(0), "0.00", id="none"),
        pytest.param(Fraction(-1, 3), "-33.34", id="floored, not truncated"),
    ],
)
def test_percentages_are_floored(share: Fraction, text: str) -> None:
    assert printed_percent(share) == text


@pytest.mark.parametrize(
    ("value", "mode", "result"),
    [
        pytest.param("0.99949", "truncate", "0.999", id="digits dropped"),
        pytest.param("0.9995", "half_up", "1", id="a half rises"),
        pytest.param("-1.2345", "half_up", "-1.235", id="a half, away from zero"),
        pytest.param("0.99949", "none", "0.99949", id="compared unrounded"),
    ],
)
def test_contractual_rounding_to_three_decimals(value: str, mode: str, result: str) -> None:
    assert rounded(Fraction(value), Rounding(mode, 3)) == Fraction(result)


def test_unknown_rounding_is_refused() -> None:
    with pytest.raises(InputError, match="bankers"):
        rounded(Fraction(1), Rounding("bankers", 0))


def test_time_removed_by_overlapping_exclusions_counts_once() -> None:
    scope = [(0, 100)]
    assert total(subtract(scope, union([(10, 30), (20, 40), (90, 120)]))) == 60
