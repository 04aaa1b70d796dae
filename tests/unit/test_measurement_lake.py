"""The lake: what a delivery adds, repeats, corrects; what a scan as known then gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from django.db import transaction
from tests.measurement_builders import (
    LOAD,
    NOVEMBER,
    OCTOBER,
    G,
    batch,
    content,
    content_of_arrays,
    deliver,
    expected,
)

from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.ledger import Ledger
from trueline.intake.record import DeliverySource, latest_delivery
from trueline.measurement.append import append_granules
from trueline.measurement.columns import ScanRequest
from trueline.measurement.granules import GRANULE_SCHEMA, GranuleBatch
from trueline.measurement.lake import Lake, open_lake
from trueline.measurement.models import LakeFile
from trueline.measurement.names import KnownNames
from trueline.settings.workspace import Workspace

A = G("p1", "delay", OCTOBER, 16.186)
B = G("p1", "loss", OCTOBER, 3, 67)
C = G("p2", "delay", OCTOBER + 900, 0.1)


@pytest.fixture
def lake(workspace: Workspace) -> Lake:
    return open_lake(workspace)


def test_what_was_delivered_comes_back_exactly(workspace: Workspace, lake: Lake) -> None:
    report = deliver(workspace, [A, B, C])
    assert report.ledger == Ledger(accepted=3)
    assert content(lake, report.delivery) == expected([A, B, C])


def test_same_granule_delivered_twice_counts_once(workspace: Workspace, lake: Lake) -> None:
    deliver(workspace, [A, B])
    again = deliver(workspace, [A, B, C])
    assert again.ledger == Ledger(accepted=1, duplicate=2)
    assert content(lake, again.delivery) == expected([A, B, C])


def test_correction_supersedes_and_the_older_delivery_keeps_its_value(
    workspace: Workspace, lake: Lake
) -> None:
    changed = G("p1", "delay", OCTOBER, 99.5)
    first = deliver(workspace, [A, B, C])
    second = deliver(workspace, [changed])
    assert second.ledger == Ledger(accepted=1, corrected=1)
    assert content(lake, first.delivery) == expected([A, B, C])
    assert content(lake, second.delivery) == expected([changed, B, C])
    both = lake.history("p1", "delay", OCTOBER)
    assert [(v.delivery, v.superseded_by, v.value) for v in both] == [
        (first.delivery, second.delivery, 16.186),
        (second.delivery, None, 99.5),
    ]


@pytest.mark.parametrize(
    "changed",
    [
        G("p1", "loss", OCTOBER, 3, 68),
        G("p1", "loss", OCTOBER, 3, None),
        G("p1", "loss", OCTOBER, 3, 67, suspect=True),
        G("p1", "loss", OCTOBER, 3, 67, duration_s=300),
    ],
)
def test_any_difference_is_a_correction(workspace: Workspace, lake: Lake, changed: G) -> None:
    deliver(workspace, [A, B])
    report = deliver(workspace, [changed])
    assert report.ledger == Ledger(accepted=1, corrected=1)
    assert content(lake, report.delivery) == expected([A, changed])


def test_last_value_within_a_delivery_wins(workspace: Workspace, lake: Lake) -> None:
    second, third = G("p1", "delay", OCTOBER, 2.0), G("p1", "delay", OCTOBER, 3.0)
    report = deliver(workspace, [A, C, second], [B, third, third])
    assert report.ledger == Ledger(accepted=5, duplicate=1, corrected=2)
    assert content(lake, report.delivery) == expected([C, B, third])
    assert len(lake.history("p1", "delay", OCTOBER)) == 1


@pytest.mark.parametrize("compacted", [False, True])
def test_file_that_changes_its_mind_repeats_nothing_when_loaded_again(
    workspace: Workspace, lake: Lake, compacted: bool
) -> None:
    one, two = G("p1", "delay", OCTOBER, 1.0), G("p1", "delay", OCTOBER, 2.0)
    story = ([A, one, B], [two, C, two], [one], [A, two])
    first = deliver(workspace, *story)
    # A, 1, 2, 1, A, 2: six values, each a change but the first; the second 2 in a row is not.
    assert first.ledger == Ledger(accepted=8, duplicate=1, corrected=5)
    if compacted:
        lake.compact()
    again = deliver(workspace, *story)
    assert again.ledger == Ledger(duplicate=9)
    assert content(lake, again.delivery) == expected([two, B, C])
    assert len(lake.history("p1", "delay", OCTOBER)) == 1


def test_delivery_that_comes_back_to_the_recorded_value_corrects_nothing(
    workspace: Workspace, lake: Lake
) -> None:
    one, two = G("p1", "delay", OCTOBER, 1.0), G("p1", "delay", OCTOBER, 2.0)
    first = deliver(workspace, [A, C])
    assert deliver(workspace, [one], [A]).ledger == Ledger(duplicate=2)
    assert len(lake.history("p1", "delay", OCTOBER)) == 1
    last = deliver(workspace, [one], [A], [two], [A, one])
    # Back to A after 1, then 2, A and 1 in the end: three values that are not what was recorded.
    assert last.ledger == Ledger(accepted=3, duplicate=2, corrected=3)
    assert content(lake, first.delivery) == expected([A, C])
    assert content(lake, last.delivery) == expected([one, C])
    assert [v.value for v in lake.history("p1", "delay", OCTOBER)] == [16.186, 1.0]


def test_clean_blocks_need_no_engine_and_a_correction_does(
    workspace: Workspace, lake: Lake
) -> None:
    granules = [
        A,
        B,
        C,
        G("p2", "loss", OCTOBER, 3, 67),
        G("p2", "delay", OCTOBER, 7, suspect=True),
    ]
    first = deliver(workspace, granules)
    request = ScanRequest(OCTOBER, NOVEMBER, ("delay", "loss"), first.delivery)
    assert content_of_arrays(lake, request) is None  # as it arrived: a long segment
    lake.compact()
    assert content_of_arrays(lake, request) == expected([A, B, C, granules[3]])
    second = deliver(workspace, [G("p1", "delay", OCTOBER, 99.5)])
    later = replace(request, delivery=second.delivery)
    assert content_of_arrays(lake, later) is None
    lake.compact()
    assert content_of_arrays(lake, later) is not None
    assert content_of_arrays(lake, request) is None  # what was known before is not in the block
    assert content(lake, first.delivery) == expected(granules)


def test_late_granules_are_taken_and_counted(workspace: Workspace, lake: Lake) -> None:
    newer = G("p1", "delay", OCTOBER + 9_000, 1.0)
    other = G("p9", "delay", OCTOBER, 1.0)
    deliver(workspace, [newer])
    report = deliver(workspace, [A, other])
    assert report.ledger == Ledger(accepted=2, late=1)
    assert content(lake, report.delivery) == expected([A, newer, other])


def test_order_within_one_delivery_is_not_late(workspace: Workspace) -> None:
    newer = G("p1", "delay", OCTOBER + 9_000, 1.0)
    assert deliver(workspace, [newer], [A]).ledger == Ledger(accepted=2)


def test_scan_takes_starts_from_start_up_to_end(workspace: Workspace, lake: Lake) -> None:
    granules = [G("p1", "delay", OCTOBER + n * 900, float(n)) for n in range(4)]
    report = deliver(workspace, granules)
    for _ in range(2):
        during = (OCTOBER + 900, OCTOBER + 2_700)
        assert content(lake, report.delivery, during=during) == expected(granules[1:3])
        lake.compact()


def test_scan_takes_only_the_product_keys_asked_for(workspace: Workspace, lake: Lake) -> None:
    report = deliver(workspace, [A, B, C])
    key = lake.product_keys(["p2", "nobody"])["p2"]
    for _ in range(2):
        assert content(lake, report.delivery, keys=(key, key + 1)) == expected([C])
        lake.compact()


def test_parameter_that_nobody_measured_is_null(workspace: Workspace, lake: Lake) -> None:
    report = deliver(workspace, [A])
    assert content(lake, report.delivery, ["delay", "jitter"]) == expected([A])
    assert content(lake, report.delivery, ["jitter"]) == {}


def test_empty_lake_scans_to_nothing(lake: Lake) -> None:
    assert content(lake, 0) == {}
    assert lake.extent() is None
    assert lake.row_counts(0, NOVEMBER) == ()


def test_extent_is_from_the_first_start_to_the_last_end(workspace: Workspace, lake: Lake) -> None:
    deliver(workspace, [A, B])
    deliver(workspace, [C])
    assert lake.extent() == (OCTOBER, OCTOBER + 1_800)
    assert lake.extent(["loss"]) == (OCTOBER, OCTOBER + 900)
    assert lake.extent(["jitter"]) is None
    assert lake.longest_duration_s() == 900


def test_compaction_changes_no_answer(workspace: Workspace, lake: Lake) -> None:
    edge = G("p1", "delay", NOVEMBER - 900, 7.25)
    deliver(workspace, [A, B, C, edge])
    deliver(workspace, [G("p1", "delay", OCTOBER, 5.0), G("p1", "delay", NOVEMBER, 1 / 3)])
    third = deliver(workspace, [G("p1", "delay", OCTOBER, 16.186)])
    before = [content(lake, d) for d in range(third.delivery + 1)]
    story = lake.history("p1", "delay", OCTOBER)
    report = lake.compact()
    assert report.blocks == 2
    assert [content(lake, d) for d in range(third.delivery + 1)] == before
    assert lake.history("p1", "delay", OCTOBER) == story
    assert set(LakeFile.objects.values_list("kind", flat=True)) == {"block", "history"}


def test_corrections_after_compaction_keep_both_values(workspace: Workspace, lake: Lake) -> None:
    first = deliver(workspace, [A, B, C])
    lake.compact()
    changed = G("p1", "loss", OCTOBER, 4, 67)
    second = deliver(workspace, [changed, A])
    assert second.ledger == Ledger(accepted=1, duplicate=1, corrected=1)
    for _ in range(2):
        assert content(lake, first.delivery) == expected([A, B, C])
        assert content(lake, second.delivery) == expected([A, C, changed])
        lake.compact()


def test_compaction_removes_the_files_it_replaced(workspace: Workspace, lake: Lake) -> None:
    deliver(workspace, [A, B])
    lake.compact()
    assert list((workspace.lake / "segments").iterdir()) == []
    assert len(list((workspace.lake / "blocks").glob("*.parquet"))) == 1


def test_files_stay_while_another_reader_scans(workspace: Workspace, lake: Lake) -> None:
    report = deliver(workspace, [A, B])
    with open_lake(workspace) as reader:
        content(reader, report.delivery)
        lake.compact()
        assert len(list((workspace.lake / "segments").iterdir())) == 1
    deliver(workspace, [C])
    assert len(list((workspace.lake / "segments").iterdir())) == 1


def test_crash_before_the_manifest_leaves_nothing_visible(workspace: Workspace, lake: Lake) -> None:
    first = deliver(workspace, [A])

    class Crash(RuntimeError):
        """The process dies here."""

    def dying() -> Iterator[GranuleBatch]:
        yield batch([B, C])
        # What a kill leaves: a segment on disk that nothing names, whole or cut off.
        (segment,) = written
        (workspace.lake / "segments" / "orphan.parquet").write_bytes(segment.read_bytes()[:99])
        raise Crash

    written = list((workspace.lake / "segments").iterdir())
    with pytest.raises(Crash):
        append_granules(workspace, dying(), DeliverySource("measurements", "test"), LOAD)
    assert latest_delivery() == first.delivery
    assert content(lake, 999) == expected([A])
    assert len(list((workspace.lake / "segments").iterdir())) == 2
    lake.close()
    again = deliver(workspace, [B, C])
    assert again.ledger == Ledger(accepted=2)
    assert content(lake, again.delivery) == expected([A, B, C])
    assert not (workspace.lake / "segments" / "orphan.parquet").exists()


def test_manifest_and_delivery_change_together(workspace: Workspace, lake: Lake) -> None:
    def seen() -> Iterator[GranuleBatch]:
        yield batch([A])
        assert LakeFile.objects.count() == 0
        assert latest_delivery() == 0

    append_granules(workspace, seen(), DeliverySource("measurements", "test"), LOAD)
    with transaction.atomic():
        assert LakeFile.objects.count() == 1
        assert latest_delivery() == 1


def test_bad_numbers_are_set_aside_with_line_and_field(workspace: Workspace) -> None:
    bad = [
        G("p1", "delay", OCTOBER, float("nan")),
        G("p1", "delay", OCTOBER, float("inf")),
        G("p1", "delay", OCTOBER, 1e16),
        G("p1", "delay", OCTOBER, 1.0, duration_s=0),
        G("p1", "delay", OCTOBER, 1.0, duration_s=-900),
        G("p1", "delay", OCTOBER, 1.0, duration_s=367 * 86_400),
        G("p1", "delay", -1, 1.0),
        G("p1", "delay", 4_102_444_800, 1.0),
        G("p1", "loss", OCTOBER, 1.0, float("nan")),
        G("p1", "loss", OCTOBER, 1.0, -5.0),
        G("p" * 300, "delay", OCTOBER, 1.0),
        G("p\x07", "delay", OCTOBER, 1.0),
    ]
    report = deliver(workspace, [A, *bad, B])
    assert report.ledger == Ledger(accepted=2, set_aside=len(bad))
    assert report.set_aside is not None
    lines = report.set_aside.read_text(encoding="utf-8").splitlines()[1:]
    assert sorted(int(line.split(",")[0]) for line in lines) == list(range(3, 3 + len(bad)))
    fields = [
        line.split(",")[1].strip('"') for line in sorted(lines, key=lambda x: int(x.split(",")[0]))
    ]
    assert fields == [
        *["value"] * 3,
        *["duration_s"] * 3,
        *["start"] * 2,
        *["denominator"] * 2,
        *["product_id"] * 2,
    ]


def test_ratio_without_denominator_is_set_aside(workspace: Workspace) -> None:
    known = KnownNames(frozenset({"p1"}), frozenset({"loss"}), frozenset({"loss"}))
    report = deliver(workspace, [G("p1", "loss", OCTOBER, 1.0), B], known=known)
    assert report.ledger == Ledger(accepted=1, set_aside=1)
    assert report.set_aside is not None
    assert "A ratio needs a denominator" in report.set_aside.read_text(encoding="utf-8")


def test_overlap_of_trusted_granules_is_flagged(workspace: Workspace, lake: Lake) -> None:
    deliver(workspace, [A, C, G("p1", "delay", OCTOBER + 900, 1.0)])
    assert not _overlapping(lake)
    lake.compact()
    assert not _overlapping(lake)
    deliver(workspace, [G("p1", "delay", OCTOBER + 300, 1.0)])
    assert _overlapping(lake)
    lake.compact()
    assert _overlapping(lake)


def test_overlap_with_a_suspect_granule_is_none(workspace: Workspace, lake: Lake) -> None:
    deliver(workspace, [A, G("p1", "delay", OCTOBER + 300, 1.0, suspect=True)])
    assert not _overlapping(lake)
    lake.compact()
    assert not _overlapping(lake)


def test_overlap_across_the_month_is_flagged(workspace: Workspace, lake: Lake) -> None:
    deliver(workspace, [G("p1", "delay", NOVEMBER - 60, 1.0), G("p1", "delay", NOVEMBER, 1.0)])
    lake.compact()
    assert _overlapping(lake)


def test_a_long_lived_lake_sees_what_another_recorded(workspace: Workspace) -> None:
    with open_lake(workspace) as mine, open_lake(workspace) as other:
        deliver(workspace, [A], lake=mine)
        deliver(workspace, [C], lake=other)
        assert deliver(workspace, [A, C], lake=mine).ledger == Ledger(duplicate=2)
        assert deliver(workspace, [A, C, B], lake=other).ledger == Ledger(accepted=1, duplicate=2)


@pytest.mark.parametrize("merged", [False, True])
def test_a_long_lived_lake_knows_what_is_held_however_far_back(
    workspace: Workspace, merged: bool
) -> None:
    days = [0, 1, 2, 5, 6, 30, 200]
    held = [G("p1", "delay", NOVEMBER - 86_400 * n, float(n)) for n in days]
    for granule in reversed(held):
        deliver(workspace, [granule])
    with open_lake(workspace) as keeper, open_lake(workspace) as other:
        for granule in [*held, *reversed(held)]:
            if merged:
                other.compact()
            late = G("p2", "delay", granule.start_s, 1.5)
            by_other = deliver(workspace, [late], lake=other).ledger
            again = deliver(workspace, [granule, late], lake=keeper).ledger
            assert again == Ledger(duplicate=2)
            assert by_other.accepted + by_other.duplicate == 1
        assert deliver(workspace, held, lake=keeper).ledger == Ledger(duplicate=len(held))
        assert len(content(keeper, latest_delivery())) == 2 * len(held)


def test_stored_samples_take_few_bytes(workspace: Workspace, lake: Lake) -> None:
    # 3 products, a week of minutes; values with three decimals that wander like a delay does.
    granules = [
        G(
            f"p{p}",
            "delay",
            OCTOBER + 60 * n,
            (10_000 + (n * 7919 + p * 31) % 997) / 1000.0,
            duration_s=60,
        )
        for p in range(3)
        for n in range(10_080)
    ]
    deliver(workspace, granules)
    report = lake.compact()
    assert report.samples == len(granules)
    assert report.size / report.samples <= 2.5


def test_big_batches_in_no_order_read_as_if_granule_by_granule(
    workspace: Workspace, lake: Lake
) -> None:
    products, starts, half = 50, 5_000, 250_000
    every = np.random.default_rng(7).permutation(2 * products * starts) % (products * starts)
    value = np.arange(2 * half) / 8.0  # every granule comes twice, each time with another value

    def batches() -> Iterator[GranuleBatch]:
        for first in (0, half):
            rows = every[first : first + half]
            names = pa.array([f"p{n}" for n in range(products)])
            product = pa.DictionaryArray.from_arrays((rows // starts).astype(np.int32), names)
            parameter = pa.DictionaryArray.from_arrays(np.zeros(half, np.int32), ["delay"])
            columns = [
                product,
                parameter,
                OCTOBER + 60 * (rows % starts),
                np.full(half, 60, np.int32),
                value[first : first + half],
                pa.nulls(half, pa.float64()),
                np.zeros(half, np.bool_),
                np.arange(first, first + half),
            ]
            yield GranuleBatch(pa.table(columns, schema=GRANULE_SCHEMA))

    source = DeliverySource("measurements", "test")
    report = append_granules(workspace, batches(), source, LOAD)
    assert report.ledger == Ledger(accepted=2 * half, corrected=half)
    again = append_granules(workspace, batches(), source, LOAD)
    assert again.ledger == Ledger(duplicate=2 * half)
    last = dict(zip(every.tolist(), value.tolist(), strict=True))
    held = content(lake, again.delivery, ["delay"])
    assert len(held) == half
    for (product, _, start_s), (_, found, _, _) in held.items():
        assert found == last[int(product[1:]) * starts + (start_s - OCTOBER) // 60]


def _overlapping(lake: Lake) -> bool:
    engine = DuckDBEngine(threads=1)
    try:
        request = ScanRequest(0, 4_000_000_000, ("delay",), latest_delivery())
        return lake.scan(engine, request).overlapping
    finally:
        engine.close()
