"""The reference page of the commands, from the commands themselves.

`make docs-reference` writes it; a house test holds docs/reference/cli.md to it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

import typer.main

from trueline.cli import application
from trueline.cli.commands import COMMANDS

HEAD = """# Commands

`trueline --help` and `trueline COMMAND --help` say the same on a terminal. This page is written
from the commands by `make docs-reference`, and a test holds it to them.

Every command works on one workspace, the folder named by `TRUELINE_HOME` (see
[settings](settings.md)). Times are ISO 8601 with an offset or `Z`; `--as-of` also takes a date,
which means the end of that day in UTC. Periods are written `2026`, `2026-Q4`, `2026-10`,
`2026-W40` or `2026-10-05`.

| Exit code | Meaning |
|---|---|
| 0 | it ran, whatever the verdicts |
| 1 | a case of `trueline test` does not hold, or something else failed |
| 2 | bad input: the message says what was wrong, where, and the mend |
| 75 | another load holds the workspace: try again |
"""


def render_cli_reference() -> str:
    """The whole page."""
    root = typer.main.get_command(application())
    return "\n".join([HEAD, *_lines(root, ("trueline",))])


def _lines(command: Any, words: tuple[str, ...]) -> Iterator[str]:
    """One section per command, groups before their members."""
    members = getattr(command, "commands", {})
    if len(words) > 1:
        yield f"{'#' * len(words)} `{' '.join(words)}`"
        yield ""
        yield inspect.cleandoc(command.help or "")
        yield ""
        if not members or command.invoke_without_command:
            yield from ("```", " ".join([*words, *_usage(command)]), "```", "")
            yield from _table(command)
    for name in COMMANDS if len(words) == 1 else members:
        yield from _lines(members[name], (*words, name))


def _usage(command: Any) -> Iterator[str]:
    for one in _parameters(command):
        if one.param_type_name == "argument":
            yield _argument(one)
        elif one.required:
            yield f"{one.opts[0]} {_kind(one)}"
    if any(one.param_type_name == "option" and not one.required for one in _parameters(command)):
        yield "[OPTIONS]"


def _table(command: Any) -> Iterator[str]:
    parameters = list(_parameters(command))
    if not parameters:
        return
    yield "| | Value | Default | Meaning |"
    yield "|---|---|---|---|"
    for one in parameters:
        names = _argument(one) if one.param_type_name == "argument" else "`, `".join(_names(one))
        meaning = (one.help or "").replace("|", "\\|")
        yield f"| `{names}` | {_kind(one)} | {_default(one)} | {meaning} |"
    yield ""


def _parameters(command: Any) -> Iterator[Any]:
    return (one for one in command.params if not one.hidden and one.name != "help")


def _argument(argument: Any) -> str:
    many = argument.nargs == -1
    return f"{argument.name.removesuffix('s').upper()}..." if many else argument.name.upper()


def _names(option: Any) -> list[str]:
    return [*option.opts, *option.secondary_opts]


def _kind(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    words = str(parameter.type_descriptor.annotation).lower()
    kind = next((k for k in ("path", "int", "float") if k in words), "text")
    lowest = getattr(parameter, "min", None)
    kind = {"path": "FILE", "int": "NUMBER", "float": "NUMBER", "text": "TEXT"}[kind]
    return kind if lowest is None else f"{kind} >= {lowest}"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if getattr(parameter, "is_flag", False):
        if not parameter.secondary_opts:
            return ""
        return f"`{_names(parameter)[0 if parameter.default else -1]}`"
    return "" if parameter.default in (None, ()) else f"`{parameter.default}`"


if __name__ == "__main__":
    sys.stdout.write(render_cli_reference())
