"""The compacted lake as a Delta Lake table that others read."""

from __future__ import annotations

import pyarrow.compute as pc
from tests.measurement_builders import NOVEMBER, OCTOBER, G, deliver

from trueline.measurement.lake import open_lake
from trueline.measurement.publication import published
from trueline.settings.workspace import Workspace

A = G("p1", "delay", OCTOBER, 16.18)
B = G("p1", "loss", OCTOBER, 3, 67)


def test_published_table_holds_the_newest_versions(workspace: Workspace) -> None:
    with open_lake(workspace) as lake:
        deliver(workspace, [A, B])
        lake.compact()
        deliver(workspace, [G("p1", "delay", OCTOBER, 17.25), G("p2", "jitter", NOVEMBER, 1 / 3)])
        lake.compact()
        table = published(lake.root)
    assert table is not None
    rows = table.to_pyarrow_table().to_pylist()
    keys = lake.dictionary.parameter_keys(["delay", "loss", "jitter"])
    delays = [r[f"v{keys['delay']}_i2"] for r in rows if r[f"v{keys['delay']}_i2"] is not None]
    assert delays == [1725]
    assert [r[f"v{keys['jitter']}"] for r in rows if r[f"v{keys['jitter']}"]] == [1 / 3]
    assert pc.sum(table.to_pyarrow_table()[f"d{keys['loss']}_i0"]).as_py() == 67


def test_publishing_again_changes_nothing(workspace: Workspace) -> None:
    with open_lake(workspace) as lake:
        lake.publish(now_s=NOVEMBER)
        assert published(lake.root) is None
        deliver(workspace, [A, B])
        lake.compact(publishing=False)
        assert published(lake.root) is None
        lake.publish(now_s=NOVEMBER)
        first = published(lake.root)
        lake.publish(now_s=NOVEMBER + 60)
        again = published(lake.root)
    assert first is not None
    assert again is not None
    assert again.version() == first.version()
