"""Threshold standards as OpenSLO v1, both ways: the same drafts come back, losses are named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
import yaml

from trueline.errors import InputError
from trueline.offerings.scope import StandardScope
from trueline.offerings.values import (
    Basis,
    Comparator,
    ParameterKind,
    PerformanceParameter,
    Rollout,
    ServiceLevelObjective,
    Statistic,
    Threshold,
)
from trueline.standards.document import StandardDraft, Support, SupportKind
from trueline.standards.openslo import parse_openslo_standards, render_openslo_standards

PARAMETERS = {
    one.id: one
    for one in (
        PerformanceParameter("frame_delay", ParameterKind.SAMPLED, unit="ms"),
        PerformanceParameter("good_calls", ParameterKind.RATIO, name="Calls set up"),
        PerformanceParameter("outage", ParameterKind.EVENT, event_kinds=("outage",)),
    )
}
P95 = ServiceLevelObjective(
    "delay.p95",
    "frame_delay",
    Statistic.PERCENTILE,
    Comparator.LE,
    Decimal(20),
    percentile=Decimal(95),
    valid_from=date(2026, 12, 1),
    basis=Basis.ACCEPTABLE,
)
CALLS = ServiceLevelObjective(
    "calls", "good_calls", Statistic.RATIO, Comparator.GE, Decimal("0.995"), name="Calls"
)
SHARE = ServiceLevelObjective(
    "share",
    "frame_delay",
    Statistic.CONFORMANCE,
    Comparator.GE,
    Decimal("0.99"),
    threshold=Threshold(Comparator.LE, Decimal("20.5")),
)
OUTAGES = ServiceLevelObjective(
    "outages", "outage", Statistic.EVENT_COUNT, Comparator.LE, Decimal(3)
)
FULL = StandardDraft(
    StandardScope(offering="eline/gold"),
    P95,
    rollout=Rollout.ALL,
    corrects=2,
    rationale="well kept: a year",
    evidence="minutes of 3 May",
    review_due=date(2027, 12, 1),
    granularity_s=900,
    supported_by=(
        Support(
            "carrier A", SupportKind.UNDERPINNING_CONTRACT, Decimal("0.999"), 14_400, "a", True
        ),
    ),
    agreed_with={"C1": "letter of 3 November"},
)
DRAFTS = (
    FULL,
    StandardDraft(StandardScope(offering="eline/gold"), CALLS),
    StandardDraft(StandardScope(offering="eline/gold"), OUTAGES, rationale="as ever"),
    StandardDraft(StandardScope(customer_class="enterprise"), SHARE, rollout=Rollout.ALL),
    StandardDraft(StandardScope(offering="eline/gold", customer_class="enterprise"), CALLS),
    StandardDraft(StandardScope(specification="ethernet"), OUTAGES),
    StandardDraft(StandardScope(), replace(SHARE, id="share.of.all")),
)


def test_standards_come_back_from_openslo_as_they_were() -> None:
    text, _ = render_openslo_standards(DRAFTS, PARAMETERS)
    read = parse_openslo_standards(text.encode(), "export.yaml", PARAMETERS)

    assert read.set_aside == ()
    assert read.losses == ()
    assert {(d.name, d.objective.id): d for d in read.drafts} == {
        (d.name, d.objective.id): d for d in DRAFTS
    }


def test_an_export_names_what_openslo_has_no_words_for() -> None:
    _, losses = render_openslo_standards(DRAFTS, PARAMETERS)

    assert losses[0] == (
        "eline/gold/delay.p95: agreed_with, corrects, evidence, granularity, rationale, "
        "review_due, rollout, supported_by"
    )
    assert "eline/gold/outages: the promise itself" in losses
    assert "class=enterprise/share: applies_to, rollout" in losses
    assert not any(loss.startswith("eline/gold/calls") for loss in losses)


def test_openslo_words_are_what_another_tool_reads() -> None:
    text, _ = render_openslo_standards([FULL], PARAMETERS)
    service, indicator, slo = list(yaml.safe_load_all(text))

    assert [one["kind"] for one in (service, indicator, slo)] == ["Service", "SLI", "SLO"]
    assert slo["spec"]["service"] == service["metadata"]["name"] == "eline-gold"
    # 95 % of the samples at 20 or less.
    (objective,) = slo["spec"]["objectives"]
    assert (objective["op"], objective["value"], objective["target"]) == ("lte", 20, 0.95)


def test_a_target_that_was_edited_in_openslo_counts() -> None:
    text, _ = render_openslo_standards([FULL], PARAMETERS)
    edited = text.replace("value: 20", "value: 18")
    (draft,) = parse_openslo_standards(edited.encode(), "export.yaml", PARAMETERS).drafts

    assert draft == replace(FULL, objective=replace(P95, conformance_target=Decimal(18)))


FOREIGN = b"""\
apiVersion: openslo/v1
kind: SLO
metadata: {name: search}
spec:
  service: search
  description: people wait for it
  indicator:
    metadata: {name: search-latency}
    spec:
      thresholdMetric:
        metricSource: {type: Prometheus, spec: {query: latency}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Timeslices
  objectives:
    - {op: lte, value: 0.3, target: 0.99, timeSliceTarget: 0.9, timeSliceWindow: 5m}
    - {op: lte, value: 0.5, target: 0.999, timeSliceTarget: 0.9, timeSliceWindow: 5m}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: burn}
spec: {}
"""


def test_the_documents_of_others_become_drafts_with_their_losses_named() -> None:
    read = parse_openslo_standards(FOREIGN, "search.yaml", {})

    assert [draft.name for draft in read.drafts] == ["search/search-1", "search/search-2"]
    assert {draft.rollout for draft in read.drafts} == {Rollout.NEW}
    first = read.drafts[0].objective
    assert first.threshold == Threshold(Comparator.LE, Decimal("0.3"))
    assert first.conformance_target == Decimal("0.99")
    told = "\n".join(read.losses)
    for words in (
        "SLO search, description",
        "SLO search, indicator.metricSource",
        "AlertPolicy burn, kind",
        "timeWindow",
        "parameter search-latency: a standard defines none",
    ):
        assert words in told, words


def test_the_way_through_openslo_and_back_keeps_the_drafts_of_others() -> None:
    drafts = parse_openslo_standards(FOREIGN, "search.yaml", {}).drafts
    parameters = {"search-latency": PerformanceParameter("search-latency", ParameterKind.SAMPLED)}
    text, _ = render_openslo_standards(drafts, parameters)

    assert parse_openslo_standards(text.encode(), "again.yaml", parameters).drafts == drafts


@pytest.mark.parametrize("note", ["[1]", "{"])
def test_a_broken_annotation_is_refused_with_its_document(note: str) -> None:
    text, _ = render_openslo_standards([FULL], PARAMETERS)
    documents = list(yaml.safe_load_all(text))
    documents[2]["metadata"]["annotations"]["trueline/standard"] = note
    broken = yaml.safe_dump_all(documents).encode()
    with pytest.raises(InputError, match="an annotation of Trueline is no JSON object"):
        parse_openslo_standards(broken, "export.yaml", PARAMETERS)
