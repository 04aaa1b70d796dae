"""Whole columns from summaries against granules, case by case: late and corrected granules, ended
products, shifted days, exclusions over midnight, another day, the file byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.measurement_builders import OCTOBER, G
from tests.summaries_builders import SmallOperator, small_operator

from trueline.assessment.assess import AssessmentRequest, assess, decided_rows
from trueline.assessment.at_once import DecidedColumns, in_order
from trueline.assessment.known import what_was_known
from trueline.assessment.run import store_period
from trueline.assessment.store import rows_table
from trueline.assessment.summed import with_summaries
from trueline.calendars.periods import parse_period
from trueline.settings.workspace import Workspace

DAY = 86_400
OCTOBER_2026 = parse_period("2026-10")
OFFERINGS = """\
apiVersion: trueline/v1
parameters:
  - {id: delay, unit: ms, kind: sampled}
  - {id: loss, unit: ratio, kind: ratio}
offerings:
  - id: line
    objectives:
      - {id: share, parameter: delay, statistic: conformance,
         threshold: {comparator: LE, value: 20}, comparator: GE, conformance_target: 0.9}
      - {id: p95, parameter: delay, statistic: percentile, percentile: 95, comparator: LE,
         conformance_target: 20, threshold_target: 18}
      - {id: p5, parameter: loss, statistic: percentile, percentile: 99, comparator: LE,
         conformance_target: 0.01}
      - {id: up, parameter: loss, statistic: availability_mef, threshold_c: 0.5,
         consecutive_interval_n: 3, comparator: GE, conformance_target: 0.999}
"""
HEAD = "product_id,offering_id,customer_id,status,start,end,time_zone\n"
IN_COLUMNS = frozenset(("share", "p95", "p5"))


@pytest.fixture
def operator(workspace: Workspace) -> Iterator[SmallOperator]:
    with small_operator(workspace) as one:
        one.load("offerings.yaml", OFFERINGS)
        yield one


def days(product: str, *numbers: int) -> list[G]:
    """A granule every hour: delay from 10 to 33 ms, loss now and then, once heavy for hours."""
    found = []
    for day in numbers:
        for hour in range(24):
            start = OCTOBER + day * DAY + hour * 3_600
            lost = 80 if day == 2 and hour in (3, 4, 5, 6) else (hour * day) % 5 == 4
            found.append(G(product, "delay", start, 10.0 + (7 * hour + day) % 24, duration_s=3_600))
            found.append(G(product, "loss", start, float(lost), 100.0, duration_s=3_600))
    return found


def compared(operator: SmallOperator) -> DecidedColumns:
    """What columns decided; every row, and every stored file, is as from granules."""
    known = what_was_known(operator.workspace)
    summed = with_summaries(operator.workspace, known)
    assert summed.reason == ""
    request = AssessmentRequest(OCTOBER_2026)
    raw = assess(operator.engine, known, request)
    quick = assess(operator.engine, summed.known, request)
    assert quick.rows == raw.rows
    assert quick.set_aside == raw.set_aside
    by_day = replace(request, length="P1D")
    daily = assess(operator.engine, summed.known, by_day).rows
    assert daily == assess(operator.engine, known, by_day).rows
    found = decided_rows(summed.known, request)
    assert found is not None
    wanted = [row for row in raw.rows if row.objective_id in IN_COLUMNS]
    if not found.doubtful:
        assert in_order(found.rows).equals(rows_table(wanted))
    return found


def test_late_and_corrected_granules_take_the_place_of_what_was_summed_up(
    operator: SmallOperator,
) -> None:
    operator.load("products.csv", HEAD + "p1,line,c,active,2026-01-01T00:00:00Z,,UTC\n")
    operator.deliver(*days("p1", 0, 1, 3))
    operator.summarise()
    corrected = G("p1", "delay", OCTOBER + 3_600, 99.0, duration_s=3_600)
    operator.deliver(corrected, *days("p1", 2))
    operator.summarise()
    again = replace(corrected, value=11.0)
    operator.deliver(again, G("p1", "loss", OCTOBER, 60.0, 100.0, duration_s=3_600))
    operator.summarise()

    assert compared(operator).doubtful == frozenset()


def test_products_that_end_and_days_that_are_shifted(operator: SmallOperator) -> None:
    zones = ["UTC", "Asia/Kolkata", "America/Lima", "Europe/Lisbon"]
    rows = [
        f"p{n},line,c,active,2026-10-01T05:20:00Z,2026-10-0{3 + n}T07:10:00Z,{zone}\n"
        for n, zone in enumerate(zones)
    ]
    operator.load("products.csv", HEAD + "".join(rows))
    operator.deliver(*(g for n in range(4) for g in days(f"p{n}", -1, 0, 1, 2, 3, 4, 30, 31)))
    operator.summarise()

    assert {one[1] for one in compared(operator).doubtful} <= {"p95", "p5"}


def test_exclusions_over_midnight_over_one_another_and_beyond_the_month(
    operator: SmallOperator,
) -> None:
    operator.load(
        "products.csv",
        HEAD + "".join(f"p{n},line,c,active,2026-01-01T00:00:00Z,,UTC\n" for n in range(3)),
    )
    operator.deliver(*(g for n in range(3) for g in days(f"p{n}", 0, 1, 2, 3)))
    operator.summarise()
    operator.exclude(
        "p0,2026-10-01T22:17:30Z,2026-10-02T03:00:07Z,works",
        "p0,2026-10-02T02:00:00Z,2026-10-02T05:30:00Z,works",
        "p0,2026-10-02T05:30:00Z,2026-10-02T06:00:00Z,works",
        "p1,2026-09-20T00:00:00Z,2026-10-03T12:00:00Z,works",
        "p2,2026-09-01T00:00:00Z,2026-12-01T00:00:00Z,works",
    )

    compared(operator)


def test_another_day_needs_no_granule_of_the_days_before(operator: SmallOperator) -> None:
    operator.load("products.csv", HEAD + "p1,line,c,active,2026-01-01T00:00:00Z,,UTC\n")
    for day in range(6):
        operator.deliver(*days("p1", day))
        report = operator.summarise()
        found = compared(operator)
    assert report.product_days == 2  # a product with two parameters
    assert not any(one[1] == "share" for one in found.doubtful)


def test_a_percentile_that_all_samples_share_is_told_by_its_cut(operator: SmallOperator) -> None:
    """Mostly no loss: the cut lies on the lowest sample of all, and so does what is not beyond."""
    operator.load("products.csv", HEAD + "p1,line,c,active,2026-01-01T00:00:00Z,,UTC\n")
    granules = [
        G("p1", "loss", OCTOBER + n * 3_600, 50.0 if n == 9 else 0.0, 100.0, duration_s=3_600)
        for n in range(480)
    ]
    operator.deliver(*granules)
    operator.summarise()

    found = compared(operator)

    assert not any(one[1] == "p5" for one in found.doubtful)
    loss = [r for r in operator.rows(summed=True) if r.objective_id == "p5"]
    assert [row.value for row in loss] == [0.0]  # the 476th of 480


@pytest.mark.parametrize("granule_s", [7 * 3_600, 2 * DAY])
def test_granules_over_midnight_are_left_to_their_seconds(
    operator: SmallOperator, granule_s: int
) -> None:
    operator.load("products.csv", HEAD + "p1,line,c,active,2026-01-01T00:00:00Z,,UTC\n")
    first = OCTOBER - DAY
    operator.deliver(
        *(
            G("p1", "delay", first + n * granule_s, 10.0 + n, duration_s=granule_s)
            for n in range(12)
        )
    )
    operator.summarise()

    assert len(compared(operator).left) == 1


def test_the_stored_files_are_the_same_byte_for_byte(operator: SmallOperator) -> None:
    operator.load("products.csv", HEAD + "p1,line,c,active,2026-01-01T00:00:00Z,,Asia/Kolkata\n")
    operator.deliver(*days("p1", 0, 1, 2))
    operator.summarise()
    known = what_was_known(operator.workspace)
    now = datetime(2026, 12, 2, tzinfo=UTC)
    written = []
    for one in (known, with_summaries(operator.workspace, known).known):
        store_period(
            operator.engine, operator.workspace, one, AssessmentRequest(OCTOBER_2026), now=now
        )
        folder: Path = operator.workspace.results / "2026-10"
        written.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())})

    assert written[0] == written[1]
