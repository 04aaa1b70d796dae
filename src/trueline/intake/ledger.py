"""The ledger of one load: how many rows were accepted, and what became of the rest."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class SetAsideRow:
    """A row that was not accepted: `line` is 1-based in its source (or row number in Parquet)."""

    line: int
    field: str
    reason: str
    text: str = ""
    replayable: bool = False  # unknown product or parameter: may be accepted later


@dataclass
class Ledger:
    """Counts of rows. `accepted` includes `corrected` and `late`; `duplicate` and `set_aside` are
    not kept as values."""

    accepted: int = 0
    duplicate: int = 0
    corrected: int = 0
    late: int = 0
    set_aside: int = 0

    def add(self, other: Ledger) -> None:
        for f in fields(self):
            setattr(self, f.name, getattr(self, f.name) + getattr(other, f.name))

    def as_dict(self) -> dict[str, int]:
        return {f.name: getattr(self, f.name) for f in fields(self)}
