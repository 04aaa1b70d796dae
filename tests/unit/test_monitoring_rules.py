"""Rules of regimes: alarms, burn rates, peers, forecasts, money; oracles O-9, O-10, O-11, O-38."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import comb, exp

import pytest

from trueline.assessment.burn import allowance_used
from trueline.errors import InputError
from trueline.monitoring.alarms import Measured, state_after
from trueline.monitoring.amounts import SoFar, episodes, so_far_of
from trueline.monitoring.burning import WINDOWS, Burnt, burning, lengths
from trueline.monitoring.forecast import (
    Exposure,
    RatePrior,
    base_rate_score,
    breach_probability,
    brier_score,
    rate_prior,
)
from trueline.monitoring.money import (
    MoneyAtRisk,
    Stake,
    Step,
    credit_of,
    money_at_risk,
    one_for_each_downtime,
)
from trueline.monitoring.parse import content_of, parse_regimes, regime_of
from trueline.monitoring.peers import MemberValue, unlike_peers
from trueline.monitoring.predict import back_test
from trueline.monitoring.shown import Day, Member, Shown, Spans
from trueline.monitoring.values import DEFAULT_TRIGGERS, Trigger, TriggerKind
from trueline.offerings.values import Comparator, ServiceLevelObjective, Statistic


def run_of(trigger: Trigger, values: list[int], *, step_s: int = 10) -> list[bool]:
    """The alert's state after each value."""
    states: list[bool] = []
    history: list[Measured] = []
    for number, value in enumerate(values):
        history.append(Measured(number * step_s, Decimal(value)))
        before = states[-1] if states else False
        states.append(state_after(trigger, raised=before, history=history))
    return states


def test_o9_one_crossing_in_the_tolerance_period_is_tolerated_and_a_second_raises() -> None:
    trigger = Trigger(TriggerKind.BURN, Decimal(1000), Decimal(1000), 1, 60)

    assert not any(run_of(trigger, [50, 500, 2000, 100, 60, 80, 90]))
    # The second crossing is the seventh value, 40 s after the first: within 60 s.
    assert run_of(trigger, [50, 500, 2000, 100, 60, 80, 1500]) == [False] * 6 + [True]


def test_o10_an_alert_raised_at_500_is_cleared_below_460_only() -> None:
    trigger = Trigger(TriggerKind.BURN, Decimal(500), Decimal(460))

    assert run_of(trigger, [499, 500, 470, 460, 459]) == [False, True, True, True, False]


def test_o11_the_windows_use_the_shares_of_a_30_day_allowance_that_they_stand_for() -> None:
    month = 30 * 86_400
    used = [allowance_used(w.rate, w.long_s, month) for w in WINDOWS]

    # 14.4 x 1 h, 6 x 6 h, 3 x 24 h and 1 x 72 h of 720 h.
    assert used == [Fraction(2, 100), Fraction(5, 100), Fraction(10, 100), Fraction(10, 100)]
    assert lengths() == (300, 1_800, 3_600, 7_200, 21_600, 86_400, 259_200)


def everywhere(bad_share: Fraction, samples: int = 100) -> dict[int, Burnt]:
    return {s: Burnt(int(s * bad_share), s, samples) for s in lengths()}


def test_both_windows_have_to_burn() -> None:
    target = Decimal("0.99")
    # 30 % bad everywhere is a rate of 30: twice and a bit 14.4, ten times 3, thirty times 1.
    over = burning(everywhere(Fraction(30, 100)), target, least_samples=3)
    assert over is not None
    assert over.times == 30

    calm_now = everywhere(Fraction(30, 100)) | {
        s: Burnt(0, s, 100) for s in (300, 1_800, 7_200, 21_600)
    }
    past = burning(calm_now, target, least_samples=3)
    assert past is not None
    assert past.times == 0


def test_few_samples_say_nothing_about_burning() -> None:
    assert burning(everywhere(Fraction(1, 2), samples=2), Decimal("0.99"), least_samples=3) is None
    assert burning(everywhere(Fraction(1, 2), samples=3), Decimal("0.99"), least_samples=3)


def test_a_member_unlike_its_peers_stands_out_however_far_it_is() -> None:
    members = {f"p{n}": MemberValue(10.0 + n % 3) for n in range(12)}
    members["p99"] = MemberValue(1_000_000.0)

    found = unlike_peers(members, higher_is_better=False)

    assert found is not None
    assert found[0].product_id == "p99"
    assert found[0].deviations > 3.5
    # Median 11, half of the others within 1: (10 - 11) * 0.6745 / 1.
    others = {one.deviations for one in found[1:]}
    assert others == {-0.6745, 0.0, 0.6745}


def test_few_members_are_no_peers_and_few_samples_explain_a_share() -> None:
    few = {f"p{n}": MemberValue(float(n)) for n in range(7)}
    assert unlike_peers(few, higher_is_better=True) is None

    members = {f"p{n}": MemberValue(0.99 + n / 10_000, 9_900 + n, 10_000) for n in range(10)}
    # 3 of 4 is far from 0.99, but four samples may well be so: Wilson 99.8 % reaches 0.99.
    members["small"] = MemberValue(0.75, 3, 4)
    members["large"] = MemberValue(0.75, 7_500, 10_000)
    found = {u.product_id: u for u in unlike_peers(members, higher_is_better=True) or ()}
    assert found["small"].deviations == 0.0
    assert found["large"].deviations > 3.5


def test_one_episode_that_is_too_long_breaches_with_the_chance_that_one_comes() -> None:
    # A rate that is known for sure: 2 episodes in what is left, each longer than what is left.
    sure = RatePrior(2e9, 1e9)
    found = breach_probability(sure, Exposure(0, 0), [100], remaining_s=1.0, left_s=50.0)
    assert found == pytest.approx(1 - exp(-2), abs=1e-6)


def test_episodes_add_up_to_a_breach_as_counted_by_hand() -> None:
    """Every episode lasts 10 s and 35 s are left: it takes four. Number negative binomial."""
    prior, member = RatePrior(2.0, 100.0), Exposure(1, 100.0)
    found = breach_probability(prior, member, [10], remaining_s=200.0, left_s=35.0)

    # r = 2 + 1, stay = 200 / (200 + 200) = 1/2: P(N = n) = C(n + 2, n) / 2 ** (n + 3).
    within = sum(comb(n + 2, n) / 2 ** (n + 3) for n in range(4))
    assert found == pytest.approx(1 - within, abs=0.02)


def test_the_sums_of_episodes_are_those_that_the_recursion_of_panjer_gives() -> None:
    """Another way to the same figures, one after the other: Panjer 1981."""
    prior, member, left_s = RatePrior(1.5, 300.0), Exposure(2, 200.0), 120.0
    lengths = [7.0, 30.0, 31.0, 55.0, 400.0]
    shape, go = 3.5, 1 - 500 / 800
    share = [0.0] * 242
    for length in lengths:
        place = length / (left_s / 240)
        if place < 241:
            share[int(place)] += (1 - place % 1) / 5
            share[int(place) + 1] += place % 1 / 5
    sums = [(1 - go) ** shape]
    for k in range(1, 241):
        sums.append(
            sum((go + (shape - 1) * go * j / k) * share[j] * sums[k - j] for j in range(1, k + 1))
        )

    found = breach_probability(prior, member, lengths, remaining_s=300.0, left_s=left_s)
    assert found == pytest.approx(1 - sum(sums), abs=1e-9)


def test_what_is_overdrawn_is_violated_and_what_has_no_time_left_is_not() -> None:
    prior = RatePrior(1.0, 100.0)
    sure = breach_probability(prior, Exposure(0, 0), [10], remaining_s=10.0, left_s=-1.0)
    over = breach_probability(prior, Exposure(0, 0), [10], remaining_s=0.0, left_s=5.0)
    assert (sure, over) == (1.0, 0.0)


def test_alike_members_share_their_rate_and_unlike_ones_keep_more_of_their_own() -> None:
    alike = rate_prior([Exposure(2, 100.0)] * 10)
    unlike = rate_prior([Exposure(0, 100.0)] * 9 + [Exposure(20, 100.0)])

    assert alike == RatePrior(20.0, 1000.0)
    assert unlike is not None
    # The same mean rate of 0.02, held by far less.
    assert unlike.shape / unlike.seconds == pytest.approx(0.02)
    assert unlike.seconds < 100
    assert rate_prior([Exposure(0, 100.0)]) is None


def test_the_brier_score_is_the_mean_squared_distance() -> None:
    forecasts = [(0.9, True), (0.2, False), (0.5, True), (0.0, False)]
    # 0.01 + 0.04 + 0.25 + 0 over 4; half came, so the base rate scores 1/4.
    assert brier_score(forecasts) == pytest.approx(0.075)
    assert base_rate_score(forecasts) == pytest.approx(0.25)
    assert brier_score([]) is None


def test_o38_money_at_risk() -> None:
    stakes = [
        Stake("a", "EUR", (Step(Decimal("0.2"), credit_of(Decimal(1000), Decimal(10))),)),
        Stake("b", "EUR", (Step(Decimal("0.05"), credit_of(Decimal(4000), Decimal(25))),)),
        Stake("c", "EUR", (Step(Decimal("0.5"), credit_of(Decimal(300), Decimal(5))),)),
    ]
    assert money_at_risk(stakes) == {"EUR": MoneyAtRisk(Decimal("77.5"), Decimal(1115))}


def test_each_band_is_expected_as_often_as_the_figure_comes_so_far_and_no_farther() -> None:
    # 50 from the first band on, 100 from the second: 0.3 x 50 + 0.2 x 100.
    bands = (Step(Decimal("0.5"), Decimal(50)), Step(Decimal("0.2"), Decimal(100)))
    stake = Stake("a", "EUR", bands, by_outage=True)
    assert (stake.expected, stake.worst) == (Decimal("35.0"), Decimal(100))


def test_currencies_are_kept_apart_and_one_downtime_gives_one_credit() -> None:
    def stake(member: str, currency: str, chance: str, *, by_outage: bool) -> Stake:
        return Stake(member, currency, (Step(Decimal(chance), Decimal(10)),), by_outage=by_outage)

    stakes = [
        stake("a", "EUR", "0.2", by_outage=True),
        stake("a", "EUR", "0.4", by_outage=True),
        stake("a", "EUR", "0.1", by_outage=False),
        stake("b", "USD", "0.5", by_outage=True),
    ]
    found = money_at_risk(one_for_each_downtime(stakes))
    # Of the two by down time the larger, 4, and 1 of the other.
    assert found["EUR"] == MoneyAtRisk(Decimal("5.0"), Decimal(20))
    assert found["USD"] == MoneyAtRisk(Decimal("5.0"), Decimal(10))


REGIMES = b"""\
apiVersion: trueline/v1
regimes:
  - id: gold
    group: gold-lines
    owner: service manager
    objectives: [availability]
    cost: 12.50
    triggers:
      - {kind: burn, raise_at: 2, allowed_crossings: 1, tolerance_period_s: 7200}
"""


def test_a_regime_keeps_its_meaning_as_it_is_recorded() -> None:
    (regime,) = parse_regimes(REGIMES, "regimes.yaml")

    assert regime.cost == Decimal("12.50")
    burn = Trigger(TriggerKind.BURN, Decimal(2), Decimal("0.9"), 1, 7200)
    assert regime.triggers == (burn,)
    assert regime_of(content_of(regime)) == regime
    assert regime.trigger(TriggerKind.STALE) is None
    assert DEFAULT_TRIGGERS[TriggerKind.STALE].raise_at == 1


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b"    group: gold-lines\n", b"", "The regime has no group"),
        (b"kind: burn", b"kind: burns", "Did you mean burn?"),
        (b"raise_at: 2", b"raise_at: 2, clear_below: 3", "both at once"),
        (b", tolerance_period_s: 7200", b"", "tolerates crossings within a period"),
        (b"cost: 12.50", b"cost: -1", "cost is below zero"),
        (b"cost: 12.50", b"cadence: P2D", "'P2D' is not a cadence"),
        (b"    cost", b"    costs", "Did you mean cost?"),
    ],
)
def test_a_faulty_regime_is_refused_with_its_place(before: bytes, after: bytes, words: str) -> None:
    with pytest.raises(InputError, match=r"regimes\.yaml") as caught:
        parse_regimes(REGIMES.replace(before, after), "regimes.yaml")

    assert words in str(caught.value)


def member_of(days: list[int], outages: list[tuple[int, int]] | None = None) -> Member:
    """Days of 100 s, each wholly known, with this much bad time; 10 % may be bad. The second half
    is the running period, the first the one before."""
    objective = ServiceLevelObjective(
        "share", "delay", Statistic.CONFORMANCE, Comparator.GE, Decimal("0.9")
    )
    listed = [Day(n * 100, n * 100 + 100, 100, 100, bad, 100) for n, bad in enumerate(days)]
    middle, end = len(days) * 50, len(days) * 100
    spans = Spans((middle, end), ((0, middle),))
    return Member(objective, spans, listed, end - middle, (), outages)


def test_an_episode_is_a_day_with_bad_time_or_an_outage_up_to_then() -> None:
    by_days = member_of([0, 30, 0, 100])
    by_outages = member_of([0, 30, 0, 100], [(110, 120), (150, 170), (300, 400)])

    def at(member: Member, until_s: int) -> Shown:
        return member.shown(until_s, (100, 400), 200)

    assert (episodes(at(by_days, 400)), at(by_days, 400).known_s) == ([30, 100], 400)
    assert (episodes(at(by_days, 350)), at(by_days, 350).known_s) == ([30], 300)
    assert episodes(at(by_outages, 350)) == [10, 20, 50]
    assert so_far_of(by_days.shown(300, (100, 400), 200)) == SoFar(30, 200, 200)


def test_the_back_test_predicts_the_period_before_from_what_was_known_then() -> None:
    # Four days each in the period before, and four of history before that.
    calm = {f"p{n}": before(member_of([0] * 8)) for n in range(9)}
    bad = before(member_of([100, 100, 0, 0, 100, 100, 100, 100]))

    test = back_test({**calm, "bad": bad})

    assert test.forecasts == 30
    assert test.score is not None
    assert test.base_rate is not None
    # The bad one is overdrawn at every origin, the others never are: near to perfect.
    assert test.base_rate == pytest.approx(0.09)
    assert test.score < test.base_rate
    assert test.skill == pytest.approx(1 - test.score / 0.09)
    # The bad one's share of the days that it had was missed at each origin: never surprised.
    assert test.as_it_stood == 0


def before(member: Member) -> Member:
    """The same, with its second half as the period before."""
    start_s, end_s = member.spans.running
    return replace(member, spans=Spans((end_s, end_s + 400), ((start_s, end_s),)))
