"""What the result log says, as frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trueline.assessment.store import row_dict
from trueline.assessment.values import AssessmentRow
from trueline.results.chain import hash_of

# Rises when the same inputs would give another figure.
METHOD = "trueline-assessment/1"

FigureKey = tuple[str, str, int]  # product, objective, start of the conformance period


class BatchKind(StrEnum):
    CLOSE = "close"
    RESTATEMENT = "restatement"


@dataclass(frozen=True)
class LoggedFigure:
    """One figure as it was logged. `retracted`: from here on there is no such figure; `row` is
    then the last one that stood."""

    row: AssessmentRow
    inputs_hash: str
    retracted: bool = False

    @property
    def key(self) -> FigureKey:
        return self.row.product_id, self.row.objective_id, self.row.period_start

    @property
    def hash(self) -> str:
        return hash_of(
            {
                "row": row_dict(self.row),
                "inputs": self.inputs_hash,
                "method": METHOD,
                "retracted": self.retracted,
            }
        )


@dataclass(frozen=True)
class Batch:
    """One link of the log as it says of itself; `root` covers its figures, `previous` the link
    before."""

    sequence: int
    kind: BatchKind
    period: str
    delivery: int
    as_of: str
    method: str
    produced_at: str
    produced_by: str
    reason: str
    correction: int | None
    rows: int
    root: str
    previous: str

    @property
    def link(self) -> str:
        return hash_of({name: getattr(self, name) for name in self.__dataclass_fields__})


@dataclass(frozen=True)
class Restated:
    """One figure before and after a restatement; None = there was, or is, none."""

    before: LoggedFigure | None
    after: LoggedFigure | None

    @property
    def key(self) -> FigureKey:
        figure = self.after or self.before
        assert figure is not None
        return figure.key

    @property
    def figure_changed(self) -> bool:
        """False where only the inputs differ and every number stayed."""
        return self.before is None or self.after is None or self.before.row != self.after.row


@dataclass(frozen=True)
class Closing:
    """What closing or restating a period appended. `running`: figures left out because their own
    conformance period is not over."""

    batch: Batch
    figures: int
    running: int
    restated: Sequence[Restated] = ()


@dataclass(frozen=True)
class Belief:
    """A figure, and since when it was believed, by which link of the log."""

    figure: LoggedFigure
    batch: Batch
    produced_at: datetime
