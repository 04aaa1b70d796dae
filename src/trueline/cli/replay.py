"""`trueline replay`: measurements that were kept aside because nobody knew their product."""

from __future__ import annotations

from trueline.cli import console
from trueline.cli.load import keep_summaries


def replay() -> None:
    """Take in measurements kept aside for unknown products or parameters, now that the inventory
    has caught up."""
    workspace = console.workspace()
    from trueline.measurement.unknown import replay_unknown, unknown_rows

    with console.load_options("replay") as options:
        report = replay_unknown(workspace, options)
    if report is not None:
        console.print_report(report, "replay")
        keep_summaries()
    elif waiting := unknown_rows():
        console.out.print(
            f"{waiting:,} rows wait, all of products or parameters that are still unknown; "
            "`trueline reconcile --period PERIOD` names them"
        )
    else:
        console.out.print("Nothing waits: every measurement was known when it came")
