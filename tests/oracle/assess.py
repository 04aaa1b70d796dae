"""Every row of an assessment of one contract workspace folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.oracle import machines, occurrences, samples
from tests.oracle.calendars import in_service, periods_to_assess, utc_second
from tests.oracle.case import Case, Figure
from tests.oracle.intervals import Interval, both, union
from tests.oracle.verdicts import row_of
from tests.oracle.workspace import Folder, Product, local_day, read_folder

STATISTICS: dict[str, Callable[[Case], Figure]] = {
    "conformance": samples.conformance,
    "percentile": samples.percentile,
    "percentile_histogram": samples.percentile_histogram,
    "mean": samples.mean,
    "min": samples.smallest,
    "max": samples.largest,
    "sum": samples.total,
    "ratio": samples.ratio,
    "availability_outage": occurrences.availability_outage,
    "availability_mef": machines.availability_mef,
    "availability_g826": machines.availability_g826,
    "time_to_repair": occurrences.time_to_repair,
    "event_count": occurrences.event_count,
    "longest_event": occurrences.longest_event,
}


def assess(folder: Path, period: str, *, as_of: int) -> dict[str, Any]:
    """The JSON document of `trueline assess --period PERIOD --as-of AS_OF`."""
    found = read_folder(folder)
    rows = []
    for product in found.products:
        for objective in found.objectives.get(product.offering, []):
            rows += rows_of(found, product, objective, (period, as_of))
    rows.sort(key=lambda row: (row["product_id"], row["objective_id"], row["period_start"]))
    return {"period": period, "as_of": instant(as_of), "rows": rows}


def rows_of(
    found: Folder, product: Product, objective: dict[str, Any], asked: tuple[str, int]
) -> list[dict[str, Any]]:
    period, as_of = asked
    zone = objective.get("time_zone") or product.zone
    rows = []
    for first, end in periods_to_assess(period, objective.get("conformance_period", "P1M")):
        effective = time_in_force(objective, first, end, zone)
        if not effective or ended_before(objective, product, zone):
            continue
        scope = scope_of(product, objective, (first, end), zone, effective)
        case = case_of(found, product, objective, (scope, as_of))
        if "qualified_by" in objective:
            case = in_available_time(found, product, case)
        head = {
            "product_id": product.id,
            "objective_id": objective["id"],
            "standard_version": 1,
            "period_start": instant(utc_second(first, 0, zone)),
            "period_end": instant(utc_second(end, 0, zone)),
        }
        rows.append(head | row_of(case, STATISTICS[objective["statistic"]](case)))
    return rows


def case_of(
    found: Folder,
    product: Product,
    objective: dict[str, Any],
    scope_and_as_of: tuple[list[Interval], int],
) -> Case:
    parameter = found.parameters[objective["parameter"]]
    scope, as_of = scope_and_as_of
    return Case(
        objective,
        parameter.kind == "ratio",
        scope,
        union(found.exclusions.get(product.id, [])),
        found.granules.get((product.id, objective["parameter"]), []),
        [
            event
            for event in found.events.get(product.id, [])
            if event.kind in parameter.event_kinds or not parameter.event_kinds
        ],
        as_of,
    )


def in_available_time(found: Folder, product: Product, case: Case) -> Case:
    """M6: what the availability objective calls unavailable is excluded as well."""
    siblings = found.objectives[product.offering]
    other = next(one for one in siblings if one["id"] == case.objective["qualified_by"])
    availability = case_of(found, product, other, (case.scope, case.as_of))
    down = STATISTICS[other["statistic"]](availability).down
    return replace(case, exclusions=union([*case.exclusions, *down]))


def time_in_force(objective: dict[str, Any], first: date, end: date, zone: str) -> list[Interval]:
    """The period cut to the objective's effective dates; empty when it is not in force."""
    begins, ceases = local_day(objective.get("valid_from")), local_day(objective.get("valid_to"))
    start = utc_second(max(first, begins or first), 0, zone)
    stop = utc_second(min(end, ceases or end), 0, zone)
    return [(start, stop)] if start < stop else []


def ended_before(objective: dict[str, Any], product: Product, zone: str) -> bool:
    """An objective that was over when the product started never applied to it."""
    ceases = local_day(objective.get("valid_to"))
    return ceases is not None and utc_second(ceases, 0, zone) <= product.start


def scope_of(
    product: Product,
    objective: dict[str, Any],
    period: tuple[date, date],
    zone: str,
    effective: list[Interval],
) -> list[Interval]:
    """Period, in force, product active, service hours: the time in all of them."""
    stop = product.end if product.end is not None else max(end for _, end in effective)
    scope = both(effective, union([(product.start, stop)]))
    hours = objective.get("service_hours")
    if hours:
        scope = both(scope, in_service(hours, *period, zone))
    return scope


def instant(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
