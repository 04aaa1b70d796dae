"""The commands, one line each. Only the module of the command that is asked for is imported."""

from __future__ import annotations

from importlib import import_module

import typer

# name on the command line: module of trueline.cli, and its function or its app of subcommands
COMMANDS = {
    "load": ("load", "app"),
    "replay": ("replay", "replay"),
    "assess": ("assess", "assess"),
    "aggregate": ("aggregate", "aggregate"),
    "pivot": ("pivot", "pivot_verdicts"),
    "explain": ("explain", "explain"),
    "lineage": ("lineage", "lineage"),
    "trends": ("trends", "app"),
    "test": ("standard_test", "test"),
    "feeds": ("feeds", "feeds"),
    "reconcile": ("reconcile", "reconcile_records"),
    "identities": ("identities", "app"),
    "drift": ("drift", "report_drift"),
    "problems": ("problems", "app"),
    "results": ("results", "app"),
    "corrections": ("corrections", "app"),
    "writeback": ("writeback", "app"),
    "receipt": ("receipt", "receipt"),
    "verify": ("receipt", "verify"),
    "export": ("export", "app"),
    "deliveries": ("deliveries", "deliveries"),
    "lake": ("lake", "app"),
    "regimes": ("regimes", "app"),
    "alerts": ("alerts", "app"),
    "worker": ("worker", "worker"),
    "demo": ("demo", "demo"),
    "people": ("people", "app"),
    "standards": ("standards", "app"),
    "suppliers": ("suppliers", "app"),
    "credits": ("credits", "credits"),
    "serve": ("serve", "serve"),
    "run": ("run", "run"),
    "version": ("version", "version"),
}


def register(app: typer.Typer, asked: str | None = None) -> None:
    """Put the command `asked` on `app`, or all of them."""
    for name in [asked] if asked in COMMANDS else COMMANDS:
        module, attribute = COMMANDS[name]
        found = getattr(import_module(f"trueline.cli.{module}"), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
