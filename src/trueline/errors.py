"""The one family of errors that a user sees: what was wrong, where, and the mend."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_COMPARED = 500  # names that are compared one by one with the one that is not known
_NAMED = 12


@dataclass(frozen=True)
class Place:
    """Where a fault lies: any of file, line (1-based) and field."""

    file: str | None = None
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        where = self.file or ""
        if self.line is not None:
            where = f"{where}:{self.line}" if where else f"line {self.line}"
        if self.field:
            where = f"{where}, field {self.field}" if where else f"field {self.field}"
        return where


class TruelineError(Exception):
    """Printed plainly with `exit_code`; never a traceback."""

    exit_code = 1


class InputError(TruelineError):
    """Bad input: `what` was wrong at `place`, and how to `mend` it."""

    exit_code = 2

    def __init__(self, what: str, *, place: Place | None = None, mend: str = "") -> None:
        self.what = what
        self.place = place or Place()
        self.mend = mend
        super().__init__(str(self))

    def __str__(self) -> str:
        where = str(self.place)
        text = f"{where}: {self.what}" if where else self.what
        return f"{text}. {self.mend}" if self.mend else text


class BusyError(TruelineError):
    """Another load holds the workspace; the caller may try again."""

    exit_code = 75


def unknown_name(what: str, name: str, known: Iterable[str], *, see: str = "") -> InputError:
    """There is no such `what`: the error names the nearest one that is known, or all where they
    are few, or else what to `see`."""
    return InputError(f"There is no {what} {name!r}", mend=nearest(name, known, see=see))


def nearest(name: str, known: Iterable[str], *, see: str = "") -> str:
    """`Did you mean` text for a name that is not among `known`; `see` where nothing is near and
    the names are too many to be told."""
    import difflib

    names = sorted(known)
    close = difflib.get_close_matches(name, _alike(name, names), n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]}?"
    if not names or (see and len(names) > _NAMED):
        return see or "None is known yet"
    more = f" and {len(names) - _NAMED:,} more" if len(names) > 2 * _NAMED else ""
    return f"Name one of {', '.join(names[:_NAMED] if more else names)}{more}"


def _alike(name: str, names: Sequence[str]) -> Sequence[str]:
    """Of very many sorted names those of the same letters in another case, else the neighbours."""
    if len(names) <= _COMPARED:
        return names
    folded = name.casefold()
    same = [one for one in names if one.casefold() == folded]
    at = bisect_left(names, name)
    return same or names[max(0, at - _COMPARED // 2) : at + _COMPARED // 2]
