"""The records of the synthetic operator: offerings, customers, products, groups, exclusions."""

from __future__ import annotations

import enum
from decimal import Decimal

from bench.samples import OFFERINGS, exclusions, offering_of, product_id
from trueline.calendars.instants import render_instant

REGIONS = ("east", "north", "south", "west")
SEGMENTS = ("bronze", "gold", "silver")
SLA_TYPES = ("business", "premium")


CONSTANT = 5  # the one bound of CONSTANT_SHARES


class Questions(enum.Flag):
    """Which objectives the offerings carry."""

    SHARES = enum.auto()
    PERCENTILES = enum.auto()
    AVAILABILITY = enum.auto()
    CONSTANT_SHARES = enum.auto()  # every parameter within one and the same bound
    P95 = enum.auto()
    ALL = SHARES | PERCENTILES | AVAILABILITY


def threshold(parameter: str, offering: int) -> Decimal:
    """What a granule of the offering must keep, three decimals."""
    tier = Decimal(1 + offering)
    return {
        "latency": tier * Decimal("5.500"),
        "jitter": tier * Decimal("0.800"),
        "loss": Decimal("0.010") * tier,
        "throughput": tier * Decimal(85),
    }[parameter]


def comparator(parameter: str) -> str:
    return "GE" if parameter == "throughput" else "LE"


def percentile(parameter: str) -> int:
    return 5 if parameter == "throughput" else 95


def offerings_yaml(questions: Questions, *, loss_is_ratio: bool = True) -> str:
    kind = "ratio" if loss_is_ratio else "sampled"
    lines = [
        "apiVersion: trueline/v1",
        "parameters:",
        "  - {id: latency, unit: ms, kind: sampled}",
        "  - {id: jitter, unit: ms, kind: sampled}",
        f"  - {{id: loss, unit: ratio, kind: {kind}}}",
        "  - {id: throughput, unit: Mbit/s, kind: sampled}",
        "offerings:",
    ]
    for offering in range(OFFERINGS):
        lines += [f"  - id: tier-{offering}", "    objectives:"]
        lines += [f"      - {{{text}}}" for text in _objectives(offering, questions)]
    return "\n".join(lines) + "\n"


def _objectives(offering: int, questions: Questions) -> list[str]:
    found = []
    for parameter in ("latency", "jitter", "loss", "throughput"):
        sense, bound = comparator(parameter), threshold(parameter, offering)
        if Questions.SHARES in questions:
            found.append(
                f"id: {parameter}-share, parameter: {parameter}, statistic: conformance, "
                f"threshold: {{comparator: {sense}, value: {bound}}}, comparator: GE, "
                "conformance_target: 0.95, threshold_target: 0.97"
            )
        if Questions.PERCENTILES in questions:
            found.append(
                f"id: {parameter}-p, parameter: {parameter}, statistic: percentile, "
                f"percentile: {percentile(parameter)}, comparator: {sense}, "
                f"conformance_target: {bound}"
            )
        if Questions.CONSTANT_SHARES in questions:
            found.append(
                f"id: {parameter}-constant, parameter: {parameter}, statistic: conformance, "
                f"threshold: {{comparator: LE, value: {CONSTANT}}}, comparator: GE, "
                "conformance_target: 0.95"
            )
        if Questions.P95 in questions:
            found.append(
                f"id: {parameter}-p95, parameter: {parameter}, statistic: percentile, "
                f"percentile: 95, comparator: LE, conformance_target: {bound}"
            )
    if Questions.AVAILABILITY in questions:
        found.append(
            "id: availability, parameter: loss, statistic: availability_mef, threshold_c: 0.5, "
            "consecutive_interval_n: 10, comparator: GE, conformance_target: 0.999"
        )
    return found


def customers_csv(products: int) -> str:
    rows = [
        f"c{number:05d},Customer {number},{SEGMENTS[number % len(SEGMENTS)]}"
        for number in range(products // 5 + 1)
    ]
    return "\n".join(["customer_id,name,segment", *rows]) + "\n"


def products_csv(products: int) -> str:
    rows = [
        f"{product_id(n)},tier-{offering_of(n)},c{n // 5:05d},active,2026-01-01T00:00:00Z,,UTC,"
        f"{REGIONS[n // 3 % len(REGIONS)]},{SLA_TYPES[n // 7 % len(SLA_TYPES)]}"
        for n in range(products)
    ]
    head = "product_id,offering_id,customer_id,status,start,end,time_zone,region,sla_type"
    return "\n".join([head, *rows]) + "\n"


def groups_csv() -> str:
    rows = [f'region-{name},"region = {name}",{name.title()}' for name in REGIONS]
    rows.append('gold-premium,"customer.segment = gold and sla_type = premium",Gold and premium')
    return "\n".join(["group_id,rule,name", *rows]) + "\n"


def exclusions_csv(products: int) -> str:
    rows = [
        f"{product_id(n)},{render_instant(start)},{render_instant(end)},agreed works"
        for n, start, end in exclusions(products)
    ]
    return "\n".join(["product_id,start,end,reason", *rows]) + "\n"
