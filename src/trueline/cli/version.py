"""`trueline version`."""

from __future__ import annotations

import typer

from trueline import __version__


def version() -> None:
    """Which version of Trueline this is."""
    typer.echo(f"trueline {__version__}")
