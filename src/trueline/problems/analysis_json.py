"""JSON files of analyses, item by item, each with the line it starts on.

Read: a list, an object whose one key `analyses` holds the list, and objects one after another
(JSON lines). Numbers stay the text that they are in the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from trueline.errors import InputError, Place

MAX_BYTES = 256 * 1024 * 1024
SUFFIXES = (".json", ".jsonl", ".ndjson")
_LIST = re.compile(r'\s*(?:\{\s*"analyses"\s*:\s*)?(\[)')
_BETWEEN = re.compile(r"[\s,]*")
_CLOSED = re.compile(r"\s*\]\s*\}?\s*\Z")


def read_items(path: Path) -> Iterator[tuple[int, Any]]:
    """Line and item; InputError for a file that is no JSON, cut off, too large or not UTF-8."""
    text = _text_of(path)
    if not text.strip():
        raise InputError("The file is empty", place=Place(path.name))
    listed = _LIST.match(text)
    at, line, counted = (listed.end() if listed else 0), 1, 0
    while True:
        at = _next_sign(text, at)
        line, counted = line + text.count("\n", counted, at), at
        if listed and _CLOSED.match(text, at):
            return
        if at == len(text):
            if listed:
                raise _broken(path, line, "the file is cut off")
            return
        try:
            item, at = _DECODER.raw_decode(text, at)
        except RecursionError:
            raise _broken(path, line, "nested too deeply") from None
        except ValueError as error:
            raise _broken(path, line, str(error).split(": line ")[0]) from None
        yield line, item


def _next_sign(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return found.end() if found else at


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refused)


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                f"The file is larger than {MAX_BYTES // 2**20} MiB",
                place=Place(path.name),
                mend="Split it, or send CSV",
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("The file is not UTF-8 text", place=Place(path.name)) from None
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror}", place=Place(path.name)
        ) from None


def _broken(path: Path, line: int, why: str) -> InputError:
    return InputError(
        f"Not valid JSON: {why}",
        place=Place(path.name, line),
        mend="Write a list of objects, or one object a line",
    )
