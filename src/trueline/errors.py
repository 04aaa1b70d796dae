"""The one family of errors that a user sees: what was wrong, where, and the mend."""

from __future__ import annotations

from dataclasses import dataclass


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
