"""What every load is told and what it reports, whichever room the data is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from trueline.intake.ledger import Ledger


class Progress(Protocol):
    """Told now and then how far a load has come."""

    def advance(self, done_bytes: int, total_bytes: int | None, rows: int) -> None: ...


@dataclass(frozen=True)
class LoadOptions:
    now: datetime
    recorded_by: str = ""
    progress: Progress | None = None


@dataclass(frozen=True)
class LoadReport:
    """`set_aside` names the readable file of rows that were not accepted, if there were any."""

    delivery: int
    ledger: Ledger
    set_aside: Path | None = None
    seconds: float = 0.0
    messages: tuple[str, ...] = ()
