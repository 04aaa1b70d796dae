"""Any catalogue written is read back as it was: as YAML, as stored text, as OpenSLO."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from trueline.intake.yaml_tree import tree_of
from trueline.offerings.keys import OBJECTIVE
from trueline.offerings.meaning import canonical, objective_meaning, objective_plain
from trueline.offerings.openslo import parse_openslo
from trueline.offerings.openslo_export import export_openslo
from trueline.offerings.parse import parse_offerings
from trueline.offerings.reading import Site
from trueline.offerings.render import render_catalogue
from trueline.offerings.values import (
    Basis,
    Comparator,
    MissingData,
    ParameterKind,
    PerformanceParameter,
    ProductOffering,
    Rounding,
    ServiceHours,
    ServiceLevelObjective,
    Statistic,
    Threshold,
    Tolerance,
)

PARAMETERS = {
    p.id: p
    for p in (
        PerformanceParameter("delay", ParameterKind.SAMPLED, unit="ms"),
        PerformanceParameter("loss", ParameterKind.RATIO),
        PerformanceParameter("outage", ParameterKind.EVENT, event_kinds=("outage",)),
    )
}
texts = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=("C",)), max_size=30
).map(str.strip)
ids = texts.filter(lambda text: bool(text) and text.isprintable())
numbers = st.decimals(
    min_value=Decimal("-1e9"), max_value=Decimal("1e9"), allow_nan=False, places=7
)
shares = st.decimals(min_value=0, max_value=1, allow_nan=False, places=6)
hours = st.builds(
    ServiceHours,
    st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    st.integers(0, 700),
    st.integers(701, 1440),
    st.sampled_from([None, "PT", "GB-ENG"]),
)
tolerances = st.builds(Tolerance, st.integers(0, 9), st.integers(1, 10**6), st.none() | numbers)
common = {
    "id": ids,
    "name": texts,
    "basis": st.sampled_from(Basis),
    "conformance_period": st.sampled_from(["P1D", "P1W", "P1M", "P3M", "P1Y"]),
    "time_zone": st.sampled_from([None, "UTC", "Europe/Lisbon"]),
    "min_coverage": shares,
    "missing_data": st.sampled_from(MissingData),
    "valid_from": st.none() | st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    "valid_to": st.none() | st.dates(date(2030, 1, 2), date(2090, 1, 1)),
    "service_hours": st.none() | hours,
    "tolerance": st.none() | tolerances,
    "rounding": st.builds(
        Rounding, st.sampled_from(["none", "truncate", "half_up"]), st.integers(0, 15)
    ),
    "excluded_events": st.sampled_from(["count", "ignore"]),
    "annotations": st.dictionaries(ids, texts.filter(bool), max_size=2),
}
comparators = st.sampled_from(Comparator)
objectives = st.one_of(
    st.builds(
        ServiceLevelObjective,
        parameter=st.just("delay"),
        statistic=st.just(Statistic.CONFORMANCE),
        comparator=comparators,
        conformance_target=shares,
        threshold=st.builds(Threshold, comparators, numbers),
        **common,
    ),
    st.builds(
        ServiceLevelObjective,
        parameter=st.just("delay"),
        statistic=st.sampled_from([Statistic.PERCENTILE, Statistic.PERCENTILE_HISTOGRAM]),
        comparator=comparators,
        conformance_target=numbers,
        percentile=st.decimals(
            min_value=Decimal("0.001"), max_value=Decimal("99.999"), allow_nan=False, places=3
        ),
        **common,
    ),
    st.builds(
        ServiceLevelObjective,
        parameter=st.just("loss"),
        statistic=st.sampled_from([Statistic.RATIO, Statistic.MEAN]),
        comparator=comparators,
        conformance_target=shares,
        **common,
    ),
    st.builds(
        ServiceLevelObjective,
        parameter=st.just("outage"),
        statistic=st.just(Statistic.AVAILABILITY_OUTAGE),
        comparator=comparators,
        conformance_target=shares,
        denominator=st.sampled_from(["removeFromDenominator", "countAsAvailable"]),
        **common,
    ),
)
offerings = st.builds(
    ProductOffering,
    ids,
    texts,
    st.lists(objectives, max_size=4, unique_by=lambda o: o.id).map(tuple),
    st.dictionaries(ids, texts.filter(bool), max_size=3),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(offerings, min_size=1, max_size=3, unique_by=lambda offering: offering.id))
def test_written_catalogue_reads_back_to_the_same_offerings(sold: list[ProductOffering]) -> None:
    text = render_catalogue(PARAMETERS.values(), sold)

    parsed = parse_offerings(text.encode(), "offerings.yaml")

    assert parsed.set_aside == []
    assert parsed.offerings == sold
    assert {p.id: p for p in parsed.parameters} == PARAMETERS


@settings(deadline=None, max_examples=60)
@given(objectives)
def test_stored_text_reads_back_to_the_same_meaning(objective: ServiceLevelObjective) -> None:
    stored = canonical(objective_plain(objective))

    again = OBJECTIVE.read(tree_of(json.loads(stored)), Site("store"))

    assert again == objective
    assert objective_meaning(again) == objective_meaning(objective)


@settings(deadline=None, max_examples=60)
@given(offerings)
def test_openslo_export_reads_back_to_the_same_objectives(offering: ProductOffering) -> None:
    imported = parse_openslo(export_openslo(offering, PARAMETERS).encode(), "slo.yaml")

    assert imported.catalogue.set_aside == []
    (again,) = imported.catalogue.offerings
    assert again == offering
