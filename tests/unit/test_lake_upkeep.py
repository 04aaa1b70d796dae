"""Merging beside deliveries: nothing waits, nothing is lost, and files stay few."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.measurement_builders import LOAD, NOVEMBER, OCTOBER, Content, G, content, deliver

from trueline.errors import BusyError
from trueline.intake.ledger import Ledger
from trueline.intake.record import write_lock
from trueline.measurement.compaction import merge
from trueline.measurement.exchange import Merge, exchange, snapshot
from trueline.measurement.gathering import gather
from trueline.measurement.lake import Lake, open_lake
from trueline.measurement.load import MeasurementOptions, load_measurements
from trueline.measurement.manifest import FileKind
from trueline.measurement.models import LakeFile
from trueline.measurement.readers import merging
from trueline.measurement.upkeep import MANY_SEGMENTS, Waiting, is_due, keep_up, waiting
from trueline.settings.workspace import Workspace

A = G("p1", "delay", OCTOBER, 16.186)
B = G("p1", "loss", OCTOBER, 3, 67)
C = G("p2", "delay", OCTOBER + 900, 0.1)
BOTH = pytest.mark.parametrize("combine", [gather, merge], ids=["gathered", "merged"])


def kinds() -> list[str]:
    return sorted(LakeFile.objects.values_list("kind", flat=True))


def versions(lake: Lake, deliveries: int) -> list[Content]:
    return [content(lake, d) for d in range(deliveries + 1)]


@BOTH
def test_what_arrives_during_a_merge_is_neither_held_up_nor_lost(
    workspace: Workspace, combine: Merge
) -> None:
    deliver(workspace, [A, B])
    deliver(workspace, [C])
    changed = G("p1", "loss", OCTOBER, 4, 67)
    late = G("p2", "delay", OCTOBER, 7.0)
    with open_lake(workspace) as lake, lake.reading():
        held = snapshot(lake)
        with write_lock(workspace, wait_s=0.0):
            pass  # a merge holds nothing up
        assert deliver(workspace, [changed, A]).ledger == Ledger(1, 1, 1)
        done = combine(lake, held)
        assert deliver(workspace, [late, G("p3", "delay", NOVEMBER, 1.5)]).ledger == Ledger(
            accepted=2, late=1
        )
        with open_lake(workspace) as other:
            before = versions(other, 4)
        exchange(lake, done)
    with open_lake(workspace) as lake:
        assert versions(lake, 4) == before
        assert len(before[4]) == 5
        lake.compact()
        assert versions(lake, 4) == before
        story = lake.history("p1", "loss", OCTOBER)
    assert [(v.delivery, v.superseded_by, v.value) for v in story] == [(1, 3, 3), (3, None, 4)]


@BOTH
def test_a_merge_that_dies_leaves_the_lake_as_it_was(workspace: Workspace, combine: Merge) -> None:
    deliver(workspace, [A, B])
    deliver(workspace, [C])
    with open_lake(workspace) as lake, lake.reading():
        before = versions(lake, 2)
        done = combine(lake, snapshot(lake))  # and never exchanged
        drafts = [workspace.lake / entry.path for entry in done.new]
        assert all(draft.exists() for draft in drafts)
        deliver(workspace, [G("p3", "delay", NOVEMBER, 1.5)])
        assert all(draft.exists() for draft in drafts)  # no delivery clears away a running merge
    deliver(workspace, [G("p3", "delay", NOVEMBER + 900, 1.5)])
    assert not any(draft.exists() for draft in drafts)
    with open_lake(workspace) as lake:
        assert versions(lake, 2) == before


def test_gathered_segments_change_no_answer(workspace: Workspace) -> None:
    deliver(workspace, [A, B, C])
    deliver(workspace, [G("p1", "delay", OCTOBER, 5.0), G("p1", "delay", NOVEMBER, 1 / 3)])
    deliver(workspace, [A])
    with open_lake(workspace) as lake:
        before, story = versions(lake, 3), lake.history("p1", "delay", OCTOBER)
        exchange(lake, gather(lake, snapshot(lake)))
        assert kinds() == ["segment", "supersession", "supersession"]
        assert versions(lake, 3) == before
        assert lake.history("p1", "delay", OCTOBER) == story
    again = deliver(workspace, [A, B, C, G("p1", "delay", NOVEMBER, 1 / 3)])
    assert again.ledger == Ledger(duplicate=4)


def test_one_merge_at_a_time(workspace: Workspace) -> None:
    deliver(workspace, [A])
    with open_lake(workspace) as lake:
        with merging(workspace.lake), pytest.raises(BusyError, match="merged by another"):
            lake.compact()
        assert lake.compact().segments == 1


def test_many_small_segments_are_gathered_and_many_rows_merged(workspace: Workspace) -> None:
    with open_lake(workspace) as lake:
        assert keep_up(lake) == ""
        deliver(
            workspace,
            *([G("p1", "delay", OCTOBER + 900 * n, 1.0)] for n in range(MANY_SEGMENTS)),
            lake=lake,
        )
        assert waiting() == Waiting(MANY_SEGMENTS, MANY_SEGMENTS, 0, 0)
        assert is_due()
        assert keep_up(lake) == "Gathered 300 small segments into 1"
        assert kinds() == [FileKind.SEGMENT]
        assert not is_due()
        assert keep_up(lake, many_rows=300) == "Merged 1 segments into 1 sorted blocks"
        assert len(content(lake, 1)) == MANY_SEGMENTS


@pytest.mark.parametrize(
    ("hot", "corrections", "merged", "due"),
    [
        (1_999_999, 0, 0, False),
        (2_000_000, 0, 0, True),
        (2_000_000, 0, 20_000_000, True),
        (2_000_000, 0, 20_000_001, False),  # would rewrite more than ten times as much
        (1, 1_000, 20_000_001, True),
        (1, 999, 0, False),
    ],
)
def test_merging_is_due_when_it_rewrites_at_most_ten_times_what_is_new(
    hot: int, corrections: int, merged: int, due: bool
) -> None:
    assert Waiting(1, hot, corrections, merged).merge_is_due(2_000_000) is due


def test_a_load_leaves_the_merge_to_whoever_is_at_it(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(
        "product_id,parameter,start,duration_s,value\np1,delay,2026-10-01T00:00:00Z,900,1\n"
    )
    with merging(workspace.lake):
        report = load_measurements(
            workspace, [path], MeasurementOptions(LOAD, any_name=True, merge_from=1)
        )
    assert report.ledger == Ledger(accepted=1)
    assert report.messages[0].startswith("Another process is merging the lake")
