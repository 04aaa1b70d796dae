"""Faults of a draft, each named: DOMAIN R2 (f), oracles O-13, O-15 and O-20."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from trueline.errors import InputError
from trueline.offerings.values import PerformanceParameter, ServiceLevelObjective
from trueline.standards.checks import CheckFinding, DraftFacts, Severity, check_draft
from trueline.standards.document import (
    StandardDraft,
    Support,
    SupportKind,
    draft_of,
    draft_text,
    parse_standards,
)
from trueline.standards.life_cycle import (
    Act,
    Exposure,
    Part,
    State,
    moved,
    refuse_author,
    required_parts,
)
from trueline.standards.strictness import Strictness, strictness
from trueline.standards.support import chain_availability, support_gap

PARAMETERS = """
  - {id: delay, unit: ms, kind: sampled, direction: lowerIsBetter}
  - {id: rate, unit: Mbit/s, kind: sampled, direction: higherIsBetter}
  - {id: outage, kind: event, event_kinds: [outage]}
  - {id: repair, unit: s, kind: event, event_kinds: [ticket]}
"""
MEAN = "parameter: delay, statistic: mean, comparator: LE, conformance_target: 20"
SHARE = (
    "parameter: delay, statistic: conformance, threshold: {comparator: LE, value: 20}, "
    "comparator: GE, conformance_target: 0.99"
)
UPTIME = "parameter: outage, statistic: availability_outage, comparator: GE"


def parameters() -> dict[str, PerformanceParameter]:
    from trueline.offerings.parse import parse_offerings

    text = f"apiVersion: trueline/v1\nparameters:{PARAMETERS}"
    return {p.id: p for p in parse_offerings(text.encode(), "p.yaml").parameters}


def draft(objective: str, *more: str, valid_from: str = "2026-12-01") -> StandardDraft:
    """A draft of E-Line Gold from the keys of its objective."""
    start = f", valid_from: {valid_from}" if valid_from else ""
    lines = "".join(f"    {line}\n" for line in more)
    code = (
        "apiVersion: trueline/v1\nstandards:\n  - applies_to: {offering: gold}\n"
        f"{lines}    objective: {{id: promise, {objective}{start}}}\n"
    )
    drafts, set_aside = parse_standards(code.encode(), "gold.yaml")
    assert not set_aside, set_aside
    return drafts[0]


def faults(one: StandardDraft, **facts: object) -> dict[str, str]:
    return _told(one, Severity.FAULT, facts)


def warnings(one: StandardDraft, **facts: object) -> dict[str, str]:
    return _told(one, Severity.WARNING, facts)


def _told(one: StandardDraft, severity: Severity, facts: dict[str, object]) -> dict[str, str]:
    found: tuple[CheckFinding, ...] = check_draft(
        one,
        DraftFacts(parameters(), **facts),  # type: ignore[arg-type]
    )
    return {f.field: f.what for f in found if f.severity is severity}


def test_a_sound_draft_has_no_fault() -> None:
    sound = draft(f"{MEAN}, threshold_target: 18", "review_due: 2027-12-01")
    assert check_draft(sound, DraftFacts(parameters())) == ()


@pytest.mark.parametrize(
    ("objective", "field", "told"),
    [
        (MEAN.replace("LE", "GE"), "comparator", "lowerIsBetter"),
        (MEAN.replace("delay", "rate"), "comparator", "higherIsBetter"),
        (SHARE.replace("comparator: LE, value", "comparator: GE, value"), "threshold.comparator",
         "lowerIsBetter"),
        (SHARE.replace("comparator: GE, conf", "comparator: LE, conf"), "comparator", "at most"),
        (f"{MEAN}, threshold_target: 21", "threshold_target", "not below the target"),
        (SHARE.replace("0.99", "99"), "conformance_target", "no share"),
        (f'{MEAN}, service_hours: {{from: "08:00", to: "08:00"}}', "service_hours", "same time"),
        (f"{UPTIME}, conformance_target: 0.99, qualified_by: none", "qualified_by", "none"),
    ],
)  # fmt: skip
def test_each_fault_is_named_at_its_key(objective: str, field: str, told: str) -> None:
    assert told in faults(draft(objective))[field]


def test_five_nines_of_a_month_cannot_be_told_with_granules_of_five_minutes() -> None:
    # December: 44,640 min x 60 x 0.00001 = 26.784 s, less than one granule of 300 s
    told = faults(draft(SHARE.replace("0.99", "0.99999"), "granularity: PT5M"))
    assert "26.784 s" in told["conformance_target"]
    assert faults(draft(SHARE.replace("0.99", "0.99999")), granularity_s=10) == {}


def test_o13_a_published_table_with_a_gap_is_refused_and_the_gap_named() -> None:
    # Telus: 100 to 99.7: 0, 99.69 to 97.9: 10, 96.89 to 95.9: 20, ... leaves 96.90 to 97.89 open
    rows = ((99.7, 100, 0), (97.9, 99.69, 10), (95.9, 96.89, 20), (0, 95.89, 30))
    table = ", ".join(f"{{low: {a}, high: {b}, credit_percent: {c}}}" for a, b, c in rows)
    bands = f"measure: availability_percent, resolution: 0.01, table: [{table}]"
    credits = f"credits: {{bands: {{{bands}}}}}"
    told = faults(draft(f"{UPTIME}, conformance_target: 0.997, {credits}"))
    assert told["credits"] == "Credit bands: gap: no band holds 96.90 to 97.89"


def test_what_is_merely_acceptable_does_not_take_the_place_of_what_was_agreed() -> None:
    agreed = draft(MEAN).objective
    told = faults(draft(f"{MEAN}, basis: acceptable"), current=agreed)
    assert "would override promise version 1" in told["basis"]
    assert faults(draft(MEAN), current=draft(f"{MEAN}, basis: acceptable").objective) == {}


def test_a_correction_leaves_no_time_without_a_promise() -> None:
    first = draft(MEAN, valid_from="2026-01-01").objective
    late = draft(MEAN, "corrects: 1", valid_from="2026-03-01")
    assert "promised by nobody" in faults(late, versions={1: first})["valid_from"]
    assert faults(draft(MEAN, "corrects: 1", valid_from="2026-01-01"), versions={1: first}) == {}
    assert "no version 7" in faults(draft(MEAN, "corrects: 7"), versions={1: first})["corrects"]
    assert "from when on" in faults(draft(MEAN, valid_from=""))["valid_from"]


def test_exceptions_that_outgrow_the_standard_are_warned_about() -> None:
    assert "3 of 14" in warnings(draft(MEAN), holders=14, negotiated=3)["objective"]
    assert "objective" not in warnings(draft(MEAN), holders=15, negotiated=3)  # exactly a fifth


def test_hours_written_as_seconds_and_days_inside_a_period_are_warned_about() -> None:
    repair = "parameter: repair, statistic: time_to_repair, of: max, comparator: LE"
    told = warnings(draft(f"{repair}, conformance_target: 4", valid_from="2026-12-10"))
    assert "4 seconds" in told["conformance_target"]
    assert "to the end of 2026-12" in told["valid_from"]


def part(name: str, availability: str, **more: object) -> Support:
    contract = SupportKind.UNDERPINNING_CONTRACT
    return Support(name, contract, Decimal(availability), **more)  # type: ignore[arg-type]


def test_o20_a_chain_carries_the_product_of_its_parts() -> None:
    chain = [part("a", "0.999"), part("b", "0.9995"), part("c", "0.999")]
    assert f"{float(chain_availability(chain)) * 100:.5f}" == "99.75020"
    gap = support_gap(draft(f"{UPTIME}, conformance_target: 0.999").objective, chain)
    assert gap is not None
    assert gap.gap == Fraction("0.999") - Fraction("0.999") ** 2 * Fraction("0.9995")
    assert "at most 99.75019 % where 99.9 %" in gap.what  # 99.75019995, floored
    enough = support_gap(draft(f"{UPTIME}, conformance_target: 0.9975").objective, chain)
    assert enough is not None
    assert enough.gap is not None
    assert enough.gap < 0


def test_o20_two_alternatives_carry_more_only_when_they_are_independent() -> None:
    legs = [part("a", "0.999", alternative="pair"), part("b", "0.999", alternative="pair")]
    with pytest.raises(InputError, match="independent"):
        chain_availability(legs)
    apart = [part(leg.name, "0.999", alternative="pair", independent=True) for leg in legs]
    assert chain_availability(apart) == Fraction("0.999999")


def test_a_chain_that_cannot_carry_the_promise_is_a_fault() -> None:
    support = ("supported_by:", "  - {name: A, kind: underpinning, availability: 0.998}")
    told = faults(draft(f"{UPTIME}, conformance_target: 0.999", *support))
    assert "promised by nobody" in told["supported_by"]
    repair = "parameter: repair, statistic: time_to_repair, of: max, comparator: LE"
    slow = ("supported_by:", "  - {name: A, kind: ola, repair: PT8H}")
    told = faults(draft(f"{repair}, conformance_target: 14400", *slow))
    assert told["supported_by"] == "A repairs within 28,800 s where 14,400 s is promised"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (MEAN, MEAN.replace("20", "18"), Strictness.STRICTER),
        (MEAN, MEAN.replace("20", "25"), Strictness.LOOSER),
        (MEAN, f"{MEAN}, threshold_target: 15", Strictness.SAME),
        (MEAN, f"{MEAN}, name: Delay", Strictness.SAME),
        (MEAN, f"{MEAN}, min_coverage: 0.9", Strictness.OTHER),
        (SHARE, SHARE.replace("value: 20", "value: 18"), Strictness.STRICTER),
        (SHARE, SHARE.replace("0.99", "0.98").replace("20", "18"), Strictness.LOOSER),
        (MEAN, f"{MEAN}, tolerance: {{target: 22}}", Strictness.LOOSER),
        (f"{MEAN}, tolerance: {{target: 22}}", MEAN, Strictness.STRICTER),
        (
            "parameter: delay, statistic: percentile, percentile: 95, comparator: LE,"
            " conformance_target: 20",
            "parameter: delay, statistic: percentile, percentile: 99, comparator: LE,"
            " conformance_target: 20",
            Strictness.STRICTER,
        ),
    ],
)
def test_a_version_promises_more_or_less(before: str, after: str, expected: Strictness) -> None:
    one, other = draft(before).objective, draft(after).objective
    assert strictness(one, other) is expected


def test_a_draft_reads_back_to_the_same() -> None:
    one = draft(
        f"{UPTIME}, conformance_target: 0.999, credits: {{days: {{unit: PT1H}}, claim_days: 30}}",
        "rollout: all",
        "review_due: 2027-12-01",
        "agreed_with: {C1: letter}",
        "supported_by: [{name: A, kind: ola, availability: 0.9995, alternative: x}]",
    )
    again = draft_of(draft_text(one))
    assert again == one
    assert again.agreed_with == {"C1": "letter"}


def test_states_move_one_way_and_the_author_decides_nothing() -> None:
    assert moved(State.DRAFT, Act.SUBMIT) is State.REVIEW
    assert moved(State.APPROVED, Act.RETURN) is State.DRAFT
    for state, act in ((State.DRAFT, Act.PUBLISH), (State.RETIRED, Act.RETIRE)):
        with pytest.raises(InputError, match="cannot be moved"):
            moved(state, act)
    with pytest.raises(InputError, match="author"):
        refuse_author("one", "one", Act.PUBLISH)


def test_all_three_parts_are_needed_beyond_the_limit_and_where_a_charge_is_unknown() -> None:
    objective: ServiceLevelObjective = draft(MEAN).objective
    limit = Decimal(1000)
    within, beyond = Exposure(1, 1, Decimal(1000)), Exposure(2, 1, Decimal("1000.01"))
    assert required_parts(within, limit, objective.basis) == (Part.COMMERCIAL,)
    assert required_parts(beyond, limit, objective.basis) == tuple(Part)
    assert required_parts(Exposure(1, 1, None), limit, objective.basis) == tuple(Part)
    acceptable = draft(f"{MEAN}, basis: acceptable").objective.basis
    assert required_parts(within, limit, acceptable) == (Part.TECHNICAL,)
    assert draft(MEAN).objective.valid_from == date(2026, 12, 1)
