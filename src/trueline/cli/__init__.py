"""In: words on the command line. Out: what the rooms do, printed; exit code 2 for bad input."""

from __future__ import annotations

import sys

import typer

from trueline.errors import TruelineError


def application(asked: str | None = None) -> typer.Typer:
    """The command line with the command `asked`, or with all of them."""
    from trueline.cli.commands import register
    from trueline.settings.workspace import prepare_records

    prepare_records()
    app = typer.Typer(
        name="trueline",
        help="Holds every sold offering to the line it promised.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(_trueline)
    register(app, asked)
    return app


def _trueline() -> None:
    """Holds every sold offering to the line it promised."""


def main() -> None:
    """Entry point: an error of the family is printed plainly, with its exit code."""
    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    try:
        application(asked)()
    except TruelineError as error:
        sys.stderr.write(f"trueline: {error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(141)
