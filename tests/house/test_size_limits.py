"""Functions, files and parameter lists stay small enough to read at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import PACKAGE, parsed, short, source_files

MOST_LINES_OF_A_FUNCTION = 60
MOST_LINES_OF_A_FILE = 400
MOST_PARAMETERS = 5
# Entry points of the library whose documented keywords are their contract with callers outside.
PUBLIC_ENTRY_POINTS = {("trueline/problems/localization.py", "localize")}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _functions(*folders: str) -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in source_files(*folders):
        for node in ast.walk(parsed(path)):
            if isinstance(node, FUNCTIONS):
                yield path, node


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return len([one for one in named if one.arg not in ("self", "cls")])


def test_no_function_is_longer_than_sixty_lines() -> None:
    long = [
        f"{short(path)}:{function.lineno} {function.name}"
        for path, function in _functions("src", "tests", "bench")
        if (function.end_lineno or 0) - function.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    ]

    assert long == []


def test_no_function_takes_more_than_five_parameters() -> None:
    """A command's options are its parameters, so cli/ is free of this; public entry points are
    listed one by one."""
    many = [
        f"{short(path)}:{function.lineno} {function.name}"
        for path, function in _functions("src")
        if PACKAGE / "cli" not in path.parents
        and (path.relative_to(PACKAGE.parent).as_posix(), function.name) not in PUBLIC_ENTRY_POINTS
        and _parameters(function) > MOST_PARAMETERS
    ]

    assert many == []


def test_a_long_file_says_in_its_docstring_why() -> None:
    """The defence names the length: "... lines because ...", or "one file: ..."."""
    long = [
        short(path)
        for path in source_files("src")
        if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES_OF_A_FILE
        and "one file" not in (ast.get_docstring(parsed(path)) or "").lower()
    ]

    assert long == []
