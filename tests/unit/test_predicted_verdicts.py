"""Predicted verdicts by kind of statistic, worked by hand (R1 h)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import comb, sqrt

import pytest

from trueline.assessment.limits import Limit, violation_limit
from trueline.monitoring.amounts import Amounts, Rare, thinned
from trueline.monitoring.forecast import Exposure, RatePrior
from trueline.monitoring.happenings import (
    Counts,
    Extremes,
    RepairMeans,
    RepairShares,
    numbers_to_come,
)
from trueline.monitoring.leaving import rights_of
from trueline.monitoring.predict import outlook_of, predict, why_not
from trueline.monitoring.shown import Day, Happening, Member, Shown, Spans
from trueline.offerings.credits import ChronicRule, CreditTerms
from trueline.offerings.values import (
    Comparator,
    Rounding,
    ServiceLevelObjective,
    Statistic,
    Tolerance,
)

HISTORY_S = 100  # known time of every member, before the running period begins


def promise(
    statistic: Statistic, target: str, comparator: Comparator = Comparator.LE, **more: object
) -> ServiceLevelObjective:
    known = ServiceLevelObjective("one", "x", statistic, comparator, Decimal(target))
    return replace(known, **more)  # type: ignore[arg-type]  # keys of one statistic


def shown(
    objective: ServiceLevelObjective,
    *,
    amounts: Sequence[float] = (0, 0, 0, 0),
    happened: Sequence[tuple[int, int | None]] = (),
    to_come_s: int = 200,
    period_start: int = HISTORY_S,
) -> Shown:
    """Days of equal length over HISTORY_S seconds; the running period begins after them."""
    length = HISTORY_S // len(amounts)
    days = [
        Day(n * length, (n + 1) * length, length, length, amount, length)
        for n, amount in enumerate(amounts)
    ]
    events = [Happening(s, e, ((s, 10_000 if e is None else e),)) for s, e in happened]
    period = (period_start, HISTORY_S + to_come_s)
    return Shown(objective, HISTORY_S, period, days, events, to_come_s)


def test_the_number_still_to_come_is_negative_binomial() -> None:
    found = numbers_to_come(RatePrior(2.0, 100.0), Exposure(1, 100.0), 200.0)
    # Shape 3, and 200 of 400 s: P(N = n) = C(n + 2, n) / 2 ** (n + 3).
    by_hand = [comb(n + 2, n) / 2 ** (n + 3) for n in range(8)]
    assert found[:8].tolist() == pytest.approx(by_hand)
    assert found.sum() == pytest.approx(1)
    assert numbers_to_come(RatePrior(2.0, 100.0), Exposure(1, 100.0), 0).tolist() == [1.0]


@pytest.mark.parametrize(
    ("comparator", "target", "chance"),
    [
        # One event in 100 s, taken once for the group and once for itself; 200 s to come:
        # P(N = n) = (n + 1) / 2 ** (n + 2), so 1/4, 1/4, 3/16 ... and one has happened already.
        (Comparator.LE, "2", 1 / 2),  # violated by two more
        (Comparator.LT, "2", 3 / 4),  # violated by one more
        (Comparator.LE, "0", 1.0),
        (Comparator.GE, "2", 1 / 4),  # violated by none
        (Comparator.GT, "2", 1 / 2),  # violated by none or one
    ],
)
def test_events_of_a_period_are_those_so_far_and_those_to_come(
    comparator: Comparator, target: str, chance: float
) -> None:
    objective = promise(Statistic.EVENT_COUNT, target, comparator)
    one = shown(objective, happened=[(10, 20)], period_start=0)
    limit = violation_limit(objective)
    assert limit is not None
    assert Counts({"p": one}).chance("p", limit) == pytest.approx(chance)


def test_a_group_without_events_is_taken_to_have_had_half_of_one() -> None:
    objective = promise(Statistic.EVENT_COUNT, "0")
    group = {f"p{n}": shown(objective) for n in range(10)}
    # Shape 1/2 in 1,000 s, with 100 s of its own, and 200 s to come.
    expected = 1 - (1_100 / 1_300) ** 0.5
    found = Counts(group).chance("p0", Limit(Fraction(0)))
    assert found == pytest.approx(expected)


def test_the_longest_event_is_beyond_its_limit_as_often_as_such_events_come() -> None:
    objective = promise(Statistic.LONGEST_EVENT, "20")
    one = shown(objective, happened=[(10, 20), (30, 60)])  # before the period
    # One of them is longer than 20 s: shape 2, 200 of 400 s: none comes with 1/4.
    assert Extremes({"p": one}).chance("p", Limit(Fraction(20))) == pytest.approx(3 / 4)
    # In the running period it is a fact.
    fact = shown(objective, happened=[(10, 20), (30, 60)], period_start=0)
    assert Extremes({"p": fact}).chance("p", Limit(Fraction(20))) == 1.0


def test_an_event_that_goes_on_lasts_as_long_as_others_did_that_had_lasted_so_long() -> None:
    objective = promise(Statistic.LONGEST_EVENT, "20")
    others = shown(objective, happened=[(0, 10), (0, 18), (0, 30)])
    down = shown(objective, happened=[(85, None)], period_start=80, to_come_s=0)
    # It has lasted 15 s: of 18 and 30 s one is beyond 20.
    found = Extremes({"a": others, "b": down}).chance("b", Limit(Fraction(20)))
    assert found == pytest.approx(1 / 2)


@pytest.mark.parametrize(
    ("statistic", "comparator", "amounts"),
    [
        (Statistic.MAX, Comparator.LE, [5, 5, 25, 5]),
        (Statistic.MIN, Comparator.GE, [35, 35, 15, 35]),
    ],
)
def test_an_extreme_of_samples_is_one_day_beyond_the_limit(
    statistic: Statistic, comparator: Comparator, amounts: list[float]
) -> None:
    objective = promise(statistic, "20", comparator)
    one = shown(objective, amounts=amounts)
    # One such day in 100 s: as with the longest event.
    assert outlook_of({"p": one}).chance("p", Limit(Fraction(20))) == pytest.approx(3 / 4)


def test_the_mean_time_to_repair_counts_what_is_done_and_what_is_to_come() -> None:
    objective = promise(Statistic.TIME_TO_REPAIR, "20")
    # 10 and 30 s are what the group shows; the member has 10 s in the period.
    other = shown(objective, happened=[(0, 10), (40, 70)])
    one = shown(objective, happened=[(80, 90)], period_start=75)
    found = RepairMeans({"other": other, "p": one}).chance("p", Limit(Fraction(20)))
    # Of 10, 10 and 30 s a third is long; j long ones of N keep the mean where 10 + 10 N + 20 j is
    # at most 20 (N + 1). Three events in 200 s of the group and one in 100 s of its own: shape 4
    # and 300 s against 200 s to come.
    numbers = [comb(n + 3, n) * 0.6**4 * 0.4**n for n in range(60)]
    kept = [
        sum(
            comb(n, j) * (1 / 3) ** j * (2 / 3) ** (n - j)
            for j in range(n + 1)
            if 10 + 10 * n + 20 * j <= 20 * (n + 1)
        )
        for n in range(60)
    ]
    by_hand = 1 - sum(number * share for number, share in zip(numbers, kept, strict=True))
    assert found == pytest.approx(by_hand, abs=1e-6)


def test_a_repair_that_goes_on_will_be_counted() -> None:
    objective = promise(Statistic.TIME_TO_REPAIR, "20", of="share_within", within_s=20)
    higher = replace(objective, comparator=Comparator.GE, conformance_target=Decimal("0.9"))
    one = shown(higher, happened=[(0, 10), (90, None)], period_start=80, to_come_s=1)
    model = RepairShares({"p": one})
    # One of one was within 20 s: (1 + 1) / (1 + 2). Hardly another comes in one second.
    assert model.chance("p", Limit(Fraction(9, 10))) == pytest.approx(1 / 3, abs=0.02)


def test_without_a_repair_there_is_nothing_to_miss() -> None:
    objective = promise(Statistic.TIME_TO_REPAIR, "20")
    one = shown(objective, happened=[(0, 10)], to_come_s=0)
    assert RepairMeans({"p": one}).chance("p", Limit(Fraction(20))) == 0.0


def test_a_mean_scatters_about_its_own_level() -> None:
    objective = promise(Statistic.MEAN, "5")
    # Ten days of 4 and 6 by turns, each of ten samples of weight one a second.
    one = shown(objective, amounts=[40, 60] * 5, to_come_s=100)
    # Scatter of a day 10/9: a tenth of it is not known of the level, and a tenth is left of ten
    # days to come: deviation sqrt(2/9) about 5.
    tenth = Limit(Fraction(5 + 1.2815515655446004 * sqrt(2 / 9)))
    model = Amounts({"p": one})
    assert model.chance("p", Limit(Fraction(5))) == pytest.approx(0.5)
    assert model.chance("p", tenth) == pytest.approx(0.1, abs=1e-6)


def test_what_comes_back_every_week_is_no_scatter() -> None:
    """Five weeks of 2 on working days and 9 on week-ends: 4 on average, and 2 from a Monday on for
    five days."""
    objective = promise(Statistic.MEAN, "4")
    monday = 4 * DAY  # 5 January 1970
    days = [
        Day(monday + n * DAY, monday + (n + 1) * DAY, DAY, DAY, (9 if n % 7 > 4 else 2) * DAY, DAY)
        for n in range(35)
    ]
    at_s = monday + 35 * DAY
    week = Shown(objective, at_s, (at_s, at_s + 7 * DAY), days, [], 7 * DAY)
    working = replace(week, to_come_s=5 * DAY)
    for one, mean in ((week, 4), (working, 2)):
        model = Amounts({"p": one})
        assert model.chance("p", Limit(Fraction(mean) + Fraction(1, 1000))) == pytest.approx(0.0)
        assert model.chance("p", Limit(Fraction(mean) - Fraction(1, 1000))) == pytest.approx(1.0)


def test_a_member_of_few_days_is_drawn_towards_its_group() -> None:
    objective = promise(Statistic.MEAN, "5")
    group = {f"p{n}": shown(objective, amounts=[30, 50, 40, 40]) for n in range(20)}
    group["odd"] = shown(objective, amounts=[90, 110, 100, 100])
    model = Amounts(group)
    assert model.chance("odd", Limit(Fraction("2.8"))) > 0.5
    assert model.chance("p0", Limit(Fraction("2.8"))) < 0.05


def test_a_sum_that_comes_up_on_few_days_is_made_of_episodes() -> None:
    objective = promise(Statistic.SUM, "2")
    one = shown(objective, amounts=[0, 0, 3, 0])
    # One episode of 3 in 100 s: one more is too much: none comes with 1/4, as above.
    assert Amounts({"p": one}).chance("p", Limit(Fraction(2))) == pytest.approx(3 / 4, abs=1e-6)
    # Two thirds of a limit of 3.5 are no breach, two such episodes are: 1 - 1/4 - 1/4.
    found = Amounts({"p": one}).chance("p", Limit(Fraction("3.5")))
    assert found == pytest.approx(1 / 2, abs=0.02)


def test_more_is_better_turns_a_sum_round() -> None:
    objective = promise(Statistic.SUM, "2", Comparator.GE)
    one = shown(objective, amounts=[0, 0, 3, 0])
    assert Amounts({"p": one}).chance("p", Limit(Fraction(2))) == pytest.approx(1 / 4, abs=1e-6)


def test_a_percentile_is_kept_as_long_as_enough_samples_lie_within_it() -> None:
    # P90 <= 20, and the days hold the seconds beyond 20: 30 of 100 so far, none to come.
    objective = promise(Statistic.PERCENTILE, "20", percentile=Decimal(90))
    late = shown(objective, amounts=[0, 0, 30, 0], period_start=0, to_come_s=0)
    early = replace(late, to_come_s=200)
    limit = Limit(Fraction(20))
    assert Amounts({"p": late}).chance("p", limit) == 1.0
    # With 200 s to come, 30 of 300 are right at the limit: one episode more is too much.
    assert Amounts({"p": early}).chance("p", limit) == pytest.approx(3 / 4, abs=1e-6)


def test_what_stands_right_at_its_limit_has_not_passed_it() -> None:
    objective = promise(Statistic.CONFORMANCE, "0.9", Comparator.GE)
    one = shown(objective, amounts=[10, 0, 0, 0], period_start=0, to_come_s=0)
    model = Amounts({"p": one})
    assert model.chance("p", Limit(Fraction(9, 10))) == 0.0
    assert model.chance("p", Limit(Fraction(9, 10), reached=True)) == 1.0


def test_an_outage_that_goes_on_is_not_over() -> None:
    objective = promise(Statistic.AVAILABILITY_OUTAGE, "0.9", Comparator.GE)
    calm = shown(objective, amounts=[0, 20, 40, 0])
    other = replace(calm, outages=[(30, 50), (55, 95)])
    down = replace(shown(objective, amounts=[0, 0, 0, 10], to_come_s=1), outages=[(90, 100)])
    # 10 s so far: of 20 and 40 s, 10 or 30 more. More than 15 s come with one in two.
    found = Rare({"other": other, "p": down}).over("p", 15.0)
    assert found == pytest.approx(1 / 2, abs=0.05)
    assert thinned(list(range(160))) == [5 + 10 * n for n in range(16)]


@pytest.mark.parametrize(
    ("objective", "limit"),
    [
        (promise(Statistic.MEAN, "20"), Limit(Fraction(20))),
        (promise(Statistic.MEAN, "20", Comparator.LT), Limit(Fraction(20), reached=True)),
        (promise(Statistic.MEAN, "20", Comparator.EQ), None),
        # 20.4 is rounded to 20, 20.5 to 21.
        (
            promise(Statistic.MEAN, "20", rounding=Rounding("half_up", 0)),
            Limit(Fraction(41, 2), reached=True),
        ),
        (
            promise(Statistic.MEAN, "20", rounding=Rounding("truncate", 0)),
            Limit(Fraction(21), reached=True),
        ),
        # 0.9985 is rounded to 0.999, which is met.
        (
            promise(Statistic.CONFORMANCE, "0.999", Comparator.GE, rounding=Rounding("half_up", 3)),
            Limit(Fraction("0.9985")),
        ),
        (
            promise(Statistic.MEAN, "20", tolerance=Tolerance(target=Decimal(22))),
            Limit(Fraction(22)),
        ),
    ],
)
def test_the_limit_of_a_violation(objective: ServiceLevelObjective, limit: Limit | None) -> None:
    assert violation_limit(objective) == limit


def test_what_is_not_known_is_not_predicted() -> None:
    objective = promise(Statistic.MEAN, "20", min_coverage=Decimal("0.5"))
    fine = shown(objective, amounts=[40, 60, 40, 60])
    few = replace(fine, days=fine.days[:2])
    gone = [replace(d, known_s=0, amount=None) for d in fine.days]
    thin = [replace(d, known_s=d.allowed_s // 5) for d in fine.days]
    group = {
        "fine": fine,
        "few": few,
        "gone": replace(fine, days=gone),
        "thin": replace(fine, days=thin),
    }
    found = predict(group)
    assert set(found.chances) == {"fine"}
    assert found.unknown == {
        "few": "fewer than 3 days with data",
        "gone": "fewer than 3 days with data",
        "thin": "too little is measured for a verdict",
    }


def test_what_has_no_worse_side_or_hangs_on_the_order_of_crossings_is_not_predicted() -> None:
    assert why_not(promise(Statistic.MEAN, "20")) is None
    assert "worse side" in str(why_not(promise(Statistic.MEAN, "20", Comparator.EQ)))
    assert "one day" in str(why_not(promise(Statistic.MEAN, "20", conformance_period="P1D")))
    tolerant = promise(Statistic.MEAN, "20", tolerance=Tolerance(allowed_crossings=2))
    assert "order" in str(why_not(tolerant))


DAY = 86_400


def chronic_member(outages: list[tuple[int, int]]) -> Member:
    """Twenty days in the running period of thirty, and thirty of history; outages in seconds."""
    terms = CreditTerms(chronic=ChronicRule(max_outages=3, max_outage_s=None, window_days=30))
    objective = promise(Statistic.AVAILABILITY_OUTAGE, "0.5", Comparator.GE, credits=terms)
    days = [Day(n * DAY, n * DAY + DAY, DAY, DAY, 0, DAY) for n in range(50)]
    spans = Spans((30 * DAY, 60 * DAY), ((0, 30 * DAY),))
    return Member(objective, spans, days, 30 * DAY, (), outages)


def minutes(*days: int) -> list[tuple[int, int]]:
    return [(day * DAY, day * DAY + 60) for day in days]


def test_a_right_to_leave_stands_or_is_some_outages_away() -> None:
    members = {
        # Four outages in thirty days, O-14.
        "has": chronic_member(minutes(25, 30, 35, 40)),
        "near": chronic_member(minutes(30, 35, 40)),
        "far": chronic_member([]),
    }
    now = {name: member.now(50 * DAY) for name, member in members.items()}
    found = rights_of(members, now, predict(now))
    # Four more outages in ten days, where seven came in fifty to three members: hardly.
    assert [(one.product_id, one.stands) for one in found] == [("has", True), ("near", False)]
    assert found[0].words == "chronic: 4 outages, 240 s, 1970-01-26 to 1970-02-24"
    assert found[1].words == "chronic after 1 more outages"
    assert found[1].at_most
    assert 0 < found[1].chance < 1


def test_a_row_of_missed_periods_needs_the_periods_before() -> None:
    terms = CreditTerms(missed_periods=3)
    objective = promise(Statistic.CONFORMANCE, "0.9", Comparator.GE, credits=terms)

    def member(bad: tuple[int, int, int], known_before: int = 2) -> Member:
        days = [
            Day(n * DAY, n * DAY + DAY, DAY, DAY, bad[n // 10] * DAY / 10, DAY) for n in range(30)
        ]
        earlier = ((10 * DAY, 20 * DAY), (0, 10 * DAY))[:known_before]
        return Member(objective, Spans((20 * DAY, 30 * DAY), earlier), days, 10 * DAY)

    members = {
        "thrice": member((5, 5, 5)),
        "broken": member((5, 0, 5)),
        "short": member((5, 5, 5), known_before=1),
    }
    now = {name: one.now(30 * DAY) for name, one in members.items()}
    found = rights_of(members, now, predict(now))
    assert [one.product_id for one in found] == ["thrice"]
    assert (found[0].chance, found[0].words) == (
        1.0,
        "missed 2 periods in a row; this would be 3",
    )
