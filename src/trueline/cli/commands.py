"""The commands, one line each."""

from __future__ import annotations

import typer

from trueline.cli import (
    aggregate,
    assess,
    deliveries,
    demo,
    explain,
    export,
    lake,
    load,
    replay,
    run,
    serve,
    standard_test,
)


def register(app: typer.Typer) -> None:
    app.add_typer(load.app, name="load")
    app.add_typer(export.app, name="export")
    app.add_typer(lake.app, name="lake")
    app.command("assess")(assess.assess)
    app.command("aggregate")(aggregate.aggregate)
    app.command("explain")(explain.explain)
    app.command("test")(standard_test.test)
    app.command("deliveries")(deliveries.deliveries)
    app.command("replay")(replay.replay)
    app.command("demo")(demo.demo)
    app.command("serve")(serve.serve)
    app.command("run")(run.run)
