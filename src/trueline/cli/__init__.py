"""In: words on the command line. Out: what the rooms do, printed; exit code 2 for bad input.

One file per command; each registers itself on `app`."""

from __future__ import annotations

import sys

import typer

from trueline.errors import TruelineError

app = typer.Typer(
    name="trueline",
    help="Holds every sold offering to the line it promised.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Entry point: an error of the family is printed plainly, with its exit code."""
    from trueline.cli import commands

    commands.register(app)
    try:
        app()
    except TruelineError as error:
        sys.stderr.write(f"trueline: {error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(141)
