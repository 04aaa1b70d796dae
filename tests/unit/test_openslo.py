"""OpenSLO v1 both ways: what maps, what is named, and the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from trueline.errors import InputError
from trueline.offerings.openslo import OpenSloImport, is_openslo, parse_openslo
from trueline.offerings.openslo_export import beyond_openslo, export_openslo
from trueline.offerings.values import (
    Comparator,
    MissingData,
    ParameterKind,
    PerformanceParameter,
    ProductOffering,
    ServiceHours,
    ServiceLevelObjective,
    Statistic,
    Threshold,
)

PARAMETERS = {
    p.id: p
    for p in (
        PerformanceParameter("frame_delay", ParameterKind.SAMPLED, unit="ms"),
        PerformanceParameter("good_calls", ParameterKind.RATIO, name="Calls set up"),
        PerformanceParameter("outage", ParameterKind.EVENT, event_kinds=("outage",)),
    )
}


def _objective(name: str, parameter: str, statistic: Statistic) -> ServiceLevelObjective:
    return ServiceLevelObjective(name, parameter, statistic, Comparator.GE, Decimal("0.99"))


OBJECTIVES = (
    _objective("outage", "outage", Statistic.AVAILABILITY_OUTAGE),
    replace(
        _objective("share", "frame_delay", Statistic.CONFORMANCE),
        threshold=Threshold(Comparator.LT, Decimal("20.5")),
        threshold_target=Decimal("0.995"),
        service_hours=ServiceHours((0, 1), 480, 1080, "PT"),
        missing_data=MissingData.BAD,
        valid_from=date(2026, 7, 1),
        conformance_period="P3M",
        time_zone="Europe/Lisbon",
        name="Share of good time",
    ),
    replace(
        _objective("slices", "good_calls", Statistic.CONFORMANCE),
        threshold=Threshold(Comparator.GE, Decimal("0.95")),
        annotations={"openslo/timeSliceWindow": "15m"},
    ),
    replace(
        _objective("p99.9", "frame_delay", Statistic.PERCENTILE),
        percentile=Decimal("99.9"),
        comparator=Comparator.LE,
        conformance_target=Decimal(30),
    ),
    _objective("calls", "good_calls", Statistic.RATIO),
    replace(_objective("mean", "good_calls", Statistic.MEAN), conformance_period="P1Y"),
    replace(_objective("strict", "good_calls", Statistic.RATIO), comparator=Comparator.GT),
)


def test_export_reads_back_to_the_same_objectives() -> None:
    offering = ProductOffering("Gold_1", "Gold", OBJECTIVES, {"tier": "1"})

    imported = parse_openslo(export_openslo(offering, PARAMETERS).encode(), "x.yaml")

    assert imported.catalogue.set_aside == []
    assert imported.unmapped == ()
    assert imported.catalogue.offerings == [offering]
    assert {p.id: p for p in imported.catalogue.parameters} == PARAMETERS


def test_objectives_without_words_in_openslo_are_named() -> None:
    offering = ProductOffering("gold", objectives=OBJECTIVES)

    assert beyond_openslo(offering, PARAMETERS) == ("outage", "strict")


def test_target_edited_in_the_exported_document_is_the_one_that_counts() -> None:
    offering = ProductOffering("gold", objectives=(OBJECTIVES[4],))
    text = export_openslo(offering, PARAMETERS).replace("target: 0.99", "target: 0.98")

    imported = parse_openslo(text.encode(), "x.yaml")

    (objective,) = imported.catalogue.offerings[0].objectives
    assert objective.conformance_target == Decimal("0.98")


def _slo(**changes: str) -> OpenSloImport:
    parts = {
        "indicator": "indicator: {metadata: {name: calls}, spec: {ratioMetric: {good: {}, "
        "total: {}}}}",
        "window": "timeWindow: [{duration: 1M, isRolling: false, calendar: {startTime: "
        "2026-01-01 00:00:00, timeZone: Europe/Lisbon}}]",
        "method": "budgetingMethod: Occurrences",
        "objective": "{target: 0.9}",
    } | changes
    text = (
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: s}\nspec:\n  service: shop\n"
        f"  {parts['indicator']}\n  {parts['window']}\n  {parts['method']}\n"
        f"  objectives:\n    - {parts['objective']}\n"
    )
    return parse_openslo(text.encode(), "slo.yaml")


def test_ratio_that_counts_bad_events_turns_its_target_round() -> None:
    bad = "indicator: {metadata: {name: calls}, spec: {ratioMetric: {bad: {}, total: {}}}}"

    (objective,) = _slo(indicator=bad).catalogue.offerings[0].objectives

    assert (objective.comparator, objective.conformance_target) == (Comparator.LE, Decimal("0.1"))


def test_bad_time_slices_are_turned_round_inside_the_slice_only() -> None:
    bad = "indicator: {metadata: {name: calls}, spec: {ratioMetric: {bad: {}, total: {}}}}"
    imported = _slo(
        indicator=bad,
        method="budgetingMethod: Timeslices",
        objective="{target: 0.9, timeSliceTarget: 0.95}",
    )

    (objective,) = imported.catalogue.offerings[0].objectives

    assert objective.threshold == Threshold(Comparator.LE, Decimal("0.05"))
    assert (objective.comparator, objective.conformance_target) == (Comparator.GE, Decimal("0.9"))


def test_target_in_percent_is_a_share() -> None:
    (objective,) = _slo(objective="{targetPercent: 99.5}").catalogue.offerings[0].objectives

    assert objective.conformance_target == Decimal("0.995")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"indicator": "indicatorRef: elsewhere"}, "indicatorRef"),
        ({"indicator": "indicator: {spec: {ratioMetric: {raw: {}}}}"}, "indicator.ratioMetric.raw"),
        ({"indicator": "indicator: {}"}, "indicator"),
        ({"objective": "{displayName: no target}"}, "objectives[0].target"),
        ({"method": "budgetingMethod: Timeslices"}, "objectives[0].timeSliceTarget"),
        ({"method": "budgetingMethod: Guess"}, "objectives[0].budgetingMethod"),
        (
            {"indicator": "indicator: {spec: {thresholdMetric: {metricSource: {type: x}}}}"},
            "objectives[0].op",
        ),
    ],
)
def test_slo_that_does_not_map_is_named_and_makes_no_objective(
    changes: dict[str, str], field: str
) -> None:
    imported = _slo(**changes)

    assert field in [item.field for item in imported.unmapped]
    assert all(item.document == "SLO s" for item in imported.unmapped)
    assert [o for offering in imported.catalogue.offerings for o in offering.objectives] == []


def test_other_kinds_are_named() -> None:
    text = b"apiVersion: openslo/v1\nkind: AlertPolicy\nmetadata: {name: page}\nspec: {}\n"

    (item,) = parse_openslo(text, "x.yaml").unmapped

    assert (item.document, item.field) == ("AlertPolicy page", "kind")
    assert "burn rate" in item.reason


def test_older_openslo_is_refused() -> None:
    with pytest.raises(InputError, match="Only openslo/v1"):
        parse_openslo(b"apiVersion: openslo/v1alpha\nkind: SLO\nmetadata: {name: a}\n", "x.yaml")


def test_openslo_is_told_from_a_catalogue_by_its_api_version() -> None:
    assert is_openslo(b"# hello\napiVersion: openslo/v1\n")
    assert not is_openslo(b"apiVersion: trueline/v1\n# openslo\n")
