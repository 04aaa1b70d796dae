"""In: words on the command line. Out: what the rooms do, printed; exit code 2 for bad input."""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer

from trueline.errors import TruelineError

HELP = "Holds every sold offering to the line it promised."


def application(asked: str | None = None) -> typer.Typer:
    """The command line with the command `asked`, or with all of them."""
    from trueline.cli.commands import register
    from trueline.settings.workspace import prepare_records

    prepare_records()
    app = _empty()
    register(app, asked)
    return app


def table_of_contents() -> typer.Typer:
    """The command line with the names of its commands only: help that imports no room."""
    from trueline.cli.contents import register_names

    app = _empty()
    register_names(app)
    return app


def _empty() -> typer.Typer:
    app = typer.Typer(
        name="trueline", help=HELP, no_args_is_help=True, pretty_exceptions_enable=False
    )
    app.callback()(_trueline)
    return app


def _print_version(asked: bool) -> None:
    if asked:
        from trueline.cli.version import version

        version()
        raise typer.Exit


def _trueline(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="print the version"),
    ] = False,
) -> None:
    """Holds every sold offering to the line it promised."""


def _application_for(words: list[str]) -> typer.Typer:
    """A command by its name; the names alone where none is called; all where a shell completes."""
    from trueline.cli.commands import COMMANDS

    if "_TRUELINE_COMPLETE" in os.environ:
        return application()
    called = words[0] if words else ""
    return application(called) if called in COMMANDS else table_of_contents()


def main() -> None:
    """Entry point: an error of the family is printed plainly, with its exit code."""
    try:
        _application_for(sys.argv[1:])()
    except TruelineError as error:
        sys.stderr.write(f"trueline: {error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(141)
    except _machine_errors() as error:
        reason = _machine_refuses(error)
        if reason is None:
            raise
        home = os.environ.get("TRUELINE_HOME") or "the workspace"
        sys.stderr.write(f"trueline: {home} cannot be used: {reason}. Nothing was recorded\n")
        sys.exit(1)


# What a machine says when a disk is full, or a folder is no folder or not to be written.
_REFUSALS = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EEXIST,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EIO,
    }
)


def _machine_errors() -> tuple[type[Exception], ...]:
    """What a disk says, and a database, where one was asked at all."""
    if "django" not in sys.modules:
        return (OSError,)
    from django.db.utils import OperationalError

    return (OSError, OperationalError)


def _machine_refuses(error: Exception) -> str | None:
    """The reason that lies with the machine, None for a fault of the program."""
    if not isinstance(error, OSError):
        return str(error)
    return (error.strerror or str(error)) if error.errno in _REFUSALS else None
