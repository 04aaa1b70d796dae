"""`trueline lake compact` says what it did."""

from __future__ import annotations

from tests.measurement_builders import OCTOBER, G, content, deliver, expected
from typer.testing import CliRunner

from trueline.cli.lake import app
from trueline.measurement.lake import open_lake
from trueline.settings.workspace import Workspace


def test_compact_prints_what_it_merged(workspace: Workspace) -> None:
    a, b = G("p1", "delay", OCTOBER, 16.186), G("p1", "delay", OCTOBER + 900, 0.5)
    deliver(workspace, [a])
    deliver(workspace, [b])
    done = CliRunner().invoke(app, ["compact"])
    assert done.exit_code == 0
    assert done.output.startswith("Merged 2 segments into 1 blocks: 2 samples in ")
    again = CliRunner().invoke(app, ["compact"])
    assert again.output == "Nothing to merge: every granule lies in a block already\n"
    with open_lake(workspace) as lake:
        assert content(lake, 2) == expected([a, b])


def test_compact_if_due_leaves_what_is_not_worth_it(workspace: Workspace) -> None:
    deliver(workspace, [G("p1", "delay", OCTOBER, 16.186)])
    done = CliRunner().invoke(app, ["compact", "--if-due"])
    assert (done.exit_code, done.output) == (0, "Nothing is due\n")
