"""The catalogue file: exact numbers, every fault with its line, field and mend."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from trueline.errors import InputError
from trueline.offerings.parse import ParsedCatalogue, parse_offerings
from trueline.offerings.validate import testability_warning as warn_untestable
from trueline.offerings.values import (
    Comparator,
    MissingData,
    Rounding,
    ServiceHours,
    ServiceLevelObjective,
    Statistic,
    Threshold,
    Tolerance,
)

HEAD = """\
apiVersion: trueline/v1
parameters:
  - {id: delay, unit: ms, kind: sampled}
  - {id: loss, kind: ratio}
  - {id: outage, kind: event, event_kinds: [outage]}
offerings:
  - id: gold
    objectives:
"""
DELAY = "parameter: delay, statistic: mean, comparator: LE, conformance_target: 20"
LOSS = "parameter: loss, statistic: ratio, comparator: LE, conformance_target: 0.01"
AVAILABLE = "parameter: outage, statistic: availability_outage, comparator: GE"


def _parse(*objectives: str) -> ParsedCatalogue:
    text = HEAD + "".join(f"      - {{{objective}}}\n" for objective in objectives)
    return parse_offerings(text.encode(), "offerings.yaml")


def _objective(keys: str) -> ServiceLevelObjective:
    parsed = _parse(keys)
    assert parsed.set_aside == []
    return parsed.offerings[0].objectives[0]


def test_every_key_of_an_objective_is_read() -> None:
    objective = _objective(
        "id: a, name: Delay, parameter: delay, basis: acceptable, statistic: conformance,"
        " threshold: {comparator: LE, value: 20.50}, comparator: GE, conformance_target: 0.95,"
        " threshold_target: 0.97, conformance_period: P3M, time_zone: Europe/Lisbon,"
        " min_coverage: 0.9, missing_data: hold, valid_from: 2026-01-01, valid_to: '2027-01-01',"
        " service_hours: {days: [FR, MO], from: 08:00, to: 18:30, holidays: GB-ENG},"
        " tolerance: {allowed_crossings: 2, period: PT1H30M, target: 0.94},"
        " rounding: {mode: truncate, decimals: 2}, excluded_events: ignore,"
        " raise_threshold: 500, clear_threshold: 460, annotations: {clause: '7.2'}"
    )

    assert objective.threshold == Threshold(Comparator.LE, Decimal("20.50"))
    assert objective.conformance_target == Decimal("0.95")
    assert objective.missing_data is MissingData.HOLD
    assert (objective.valid_from, objective.valid_to) == (date(2026, 1, 1), date(2027, 1, 1))
    assert objective.service_hours == ServiceHours((0, 4), 480, 1110, "GB-ENG")
    assert objective.tolerance == Tolerance(2, 5400, Decimal("0.94"))
    assert objective.rounding == Rounding("truncate", 2)
    assert (objective.raise_threshold, objective.clear_threshold) == (Decimal(500), Decimal(460))
    assert objective.annotations == {"clause": "7.2"}
    assert objective.time_zone == "Europe/Lisbon"


def test_target_keeps_its_digits_and_never_becomes_a_binary_float() -> None:
    objective = _objective("id: a, " + LOSS.replace("0.01", "0.0100000000000000000001"))

    assert objective.conformance_target == Decimal("0.0100000000000000000001")


def test_service_hours_without_days_mean_every_day_and_24_00_ends_the_day() -> None:
    objective = _objective(f"id: a, {DELAY}, service_hours: {{from: 22:00, to: 24:00}}")

    assert objective.service_hours == ServiceHours((0, 1, 2, 3, 4, 5, 6), 1320, 1440)


@pytest.mark.parametrize(
    ("keys", "field", "reason"),
    [
        (
            f"id: a, {DELAY}, treshold_target: 18",
            "treshold_target",
            "Did you mean threshold_target",
        ),
        ("id: a, parameter: delay, statistic: mean, comparator: LE", "target", "has no conform"),
        (f"id: a, {DELAY.replace('20', '20ms')}", "conformance_target", "is not a number"),
        (f"id: a, {DELAY.replace('20', '1e999')}", "conformance_target", "out of all proportion"),
        (f"id: a, {DELAY.replace('mean', 'average')}", "statistic", "is not one of conformance"),
        (f"id: a, {DELAY.replace('delay', 'dleay')}", "parameter", "Did you mean delay"),
        (f"id: a, {DELAY.replace('delay', 'outage')}", "statistic", "does not fit"),
        (f"id: a, {AVAILABLE.replace('outage,', 'delay,', 1)}, conformance_target: 1", "", "event"),
        (f"id: a, {AVAILABLE}, conformance_target: 99.9", "target", "0.999 for 99.9 %"),
        (f"id: a, {DELAY.replace('mean', 'conformance')}", "threshold", "needs threshold"),
        (f"id: a, {DELAY.replace('mean', 'percentile')}", "percentile", "needs percentile"),
        (f"id: a, {DELAY}, percentile: 100.1", "percentile", "between 0 and 100"),
        (f"id: a, {DELAY}, threshold_target: 20", "threshold_target", "is not below the target"),
        (f"id: a, {DELAY}, threshold_target: 21", "threshold_target", "is not below the target"),
        (f"id: a, {DELAY}, min_coverage: 1.1", "min_coverage", "between 0 and 1"),
        (f"id: a, {DELAY}, valid_from: 2026-02-01, valid_to: 2026-02-01", "valid_to", "not after"),
        (f"id: a, {DELAY}, valid_from: 2026-02-30", "valid_from", "is not a date"),
        (f"id: a, {DELAY}, time_zone: Europe/Lisboa", "time_zone", "is not a time zone"),
        (f"id: a, {DELAY}, service_hours: {{days: []}}", "service_hours", "are empty"),
        (f"id: a, {DELAY}, service_hours: {{days: [XX]}}", "days", "is not one of MO"),
        (f"id: a, {DELAY}, service_hours: {{from: '25:00'}}", "from", "is not a time of day"),
        (f"id: a, {DELAY}, service_hours: {{from: '08:00', to: '08:00'}}", "hours", "same time"),
        (f"id: a, {DELAY}, service_hours: {{holidays: ATLANTIS}}", "holidays", "not a holiday"),
        (f"id: a, {DELAY}, tolerance: {{allowed_crossings: 1}}", "tolerance", "not complete"),
        (f"id: a, {DELAY}, tolerance: {{}}", "tolerance", "is empty"),
        (f"id: a, {DELAY}, tolerance: {{period: 60s, allowed_crossings: 1}}", "period", "duration"),
        (f"id: a, {DELAY}, raise_threshold: 1", "clear_threshold", "go together"),
        (f"id: a, {DELAY}, conformance_period: P2M", "conformance_period", "is not one of P1D"),
        (f"id: a, {DELAY}, qualified_by: b", "qualified_by", "No objective 'b'"),
        (f"id: a, {DELAY}, qualified_by: a", "qualified_by", "not an availability objective"),
        (
            f"id: a, {LOSS.replace('ratio', 'availability_mef')}, threshold_c: 0.5,"
            " consecutive_interval_n: 0",
            "consecutive_interval_n",
            "not between 1",
        ),
        (
            f"id: a, {LOSS.replace('ratio', 'availability_mef')}, threshold_c: 0.5,"
            " consecutive_interval_n: 10, chli_p: 10",
            "chli_p",
            "is not below",
        ),
    ],
)
def test_faulty_objective_is_set_aside_with_its_field_and_mend(
    keys: str, field: str, reason: str
) -> None:
    parsed = _parse(keys)

    assert parsed.offerings == []
    (row,) = parsed.set_aside
    assert row.line == 9
    assert field in row.field
    assert reason in row.reason


def test_broken_offering_is_set_aside_and_the_others_are_read() -> None:
    text = HEAD + f"      - {{id: a, {DELAY}}}\n  - id: broken\n    price: 3\n  - id: silver\n"

    parsed = parse_offerings(text.encode(), "offerings.yaml")

    assert [offering.id for offering in parsed.offerings] == ["gold", "silver"]
    (row,) = parsed.set_aside
    assert (row.line, row.text) == (11, "broken")
    assert row.field == "offerings[broken].price"


def test_all_faults_of_an_offering_are_named_at_once() -> None:
    parsed = _parse(
        f"id: a, {DELAY}, threshold_target: 30", f"id: b, {AVAILABLE}, conformance_target: 2"
    )

    (row,) = parsed.set_aside
    assert "a: The warning value 30" in row.reason
    assert "b: 2 is no share" in row.reason


def test_versions_of_one_objective_may_follow_each_other_and_not_overlap() -> None:
    following = _parse(
        f"id: a, {DELAY}, valid_to: 2026-07-01", f"id: a, {DELAY}, valid_from: 2026-07-01"
    )
    overlapping = _parse(
        f"id: a, {DELAY}, valid_to: 2026-07-02", f"id: a, {DELAY}, valid_from: 2026-07-01"
    )

    assert len(following.offerings[0].objectives) == 2
    assert "stands twice for the same days" in overlapping.set_aside[0].reason


def test_key_that_the_statistic_does_not_use_is_warned_about() -> None:
    parsed = _parse(f"id: a, {DELAY}, percentile: 95")

    assert parsed.warnings == ["gold/a: percentile has no effect with mean"]
    assert parsed.offerings[0].objectives[0].percentile == Decimal(95)


@pytest.mark.parametrize(
    ("text", "field", "what"),
    [
        ("", None, "The file is empty"),
        ("- a\n", None, "holds no offerings"),
        ("apiVersion: trueline/v9\n", "apiVersion", "is 'trueline/v9'"),
        ("offerings: []\n", "apiVersion", "is 'none'"),
        ("apiVersion: trueline/v1\noffering: []\n", "offering", "Did you mean offerings"),
        ("apiVersion: trueline/v1\nofferings: {id: a}\n", "offerings", "A list of offerings"),
    ],
)
def test_file_that_is_no_catalogue_is_refused(text: str, field: str | None, what: str) -> None:
    with pytest.raises(InputError, match=what) as caught:
        parse_offerings(text.encode(), "offerings.yaml")

    assert caught.value.place.field == field


def test_five_nines_of_a_month_cannot_be_tested_with_five_minute_granules() -> None:
    # 30 days = 2,592,000 s; 0.001 % of it is 25.92 s, less than one granule of 300 s
    objective = _objective(f"id: a, {AVAILABLE}, conformance_target: 0.99999")

    warning = warn_untestable(objective, granularity_s=300, period_s=2_592_000)

    assert warning is not None
    assert "25.92 s" in warning
    assert warn_untestable(objective, granularity_s=25, period_s=2_592_000) is None


def test_statistic_that_needs_no_keys_of_its_own_reads_without_them() -> None:
    objective = _objective(f"id: a, {LOSS.replace('ratio', 'availability_g826')}")

    assert objective.statistic is Statistic.AVAILABILITY_G826


def test_target_of_a_ratio_may_exceed_one() -> None:
    assert _objective("id: a, " + LOSS.replace("0.01", "1.5")).conformance_target == Decimal("1.5")
