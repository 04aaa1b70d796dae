"""`trueline replay`: measurements that were kept aside because nobody knew their product."""

from __future__ import annotations

from trueline.cli import console
from trueline.cli.load import keep_summaries
from trueline.measurement.unknown import replay_unknown


def replay() -> None:
    """Take in measurements kept aside for unknown products or parameters, now that the inventory
    has caught up."""
    workspace = console.workspace()
    with console.load_options("replay") as options:
        report = replay_unknown(workspace, options)
    console.print_report(report, "replay")
    keep_summaries()
