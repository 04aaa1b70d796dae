"""Credit advice of a period: gathered while it is assessed, kept beside its rows."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from trueline.assessment.advised_credits import (
    CreditAdvice,
    advise_credit,
    with_rights,
    without_repeats,
)
from trueline.assessment.assess import AssessmentRequest, DecidedTask, Known, assess
from trueline.assessment.rights_to_leave import StoredPeriods, grounds_of
from trueline.assessment.store import write_whole
from trueline.assessment.values import Verdict
from trueline.engine import Engine

CREDIT_FILE = "credits.parquet"
CREDIT_SCHEMA = pa.schema(
    [
        ("product_id", pa.string()),
        ("customer_id", pa.string()),
        ("offering_id", pa.string()),
        ("objective_id", pa.string()),
        ("version", pa.int32()),
        ("period", pa.string()),
        ("verdict", pa.string()),
        ("percent", pa.string()),  # exact: a whole number or a fraction such as 100/3
        ("amount", pa.string()),  # exact decimal
        ("counted", pa.bool_()),
        ("by_outage", pa.bool_()),
        ("why", pa.string()),
        ("leave", pa.string()),  # by what stood when it was written
        ("claim_until", pa.date32()),
        ("currency", pa.string()),  # empty: the inventory's own
        ("grounds", pa.string()),  # JSON: what the rights to leave are decided from; else null
    ]
)


class CreditGatherer:
    """Takes decided tasks while a period is assessed and gives advice at the end."""

    def __init__(self, known: Known, results: Path) -> None:
        self.known = known
        self._stored = StoredPeriods(results)
        self._found: list[CreditAdvice] = []

    def take(self, decided: DecidedTask) -> None:
        product = self.known.snapshot.products[decided.task.product_id]
        advice = advise_credit(decided, product, self.known)
        if advice is not None:
            self._found.append(advice)

    def advice(self) -> list[CreditAdvice]:
        """In the order of products, objectives and periods."""
        ordered = sorted(self._found, key=lambda a: (a.product_id, a.objective_id, a.period))
        return with_rights(without_repeats(ordered), self._stored)


def credits_of_period(
    engine: Engine, known: Known, request: AssessmentRequest, results: Path
) -> list[CreditAdvice]:
    """Assess what has credit terms, and what follows from it."""
    gatherer = CreditGatherer(known, results)
    assess(engine, known, request, gatherer.take)
    return gatherer.advice()


def credits_table(advice: Iterable[CreditAdvice]) -> pa.Table:
    """Advice as CREDIT_SCHEMA."""
    rows = [
        {
            **{name: getattr(one, name) for name in CREDIT_SCHEMA.names},
            "verdict": one.verdict.value,
            "percent": None if one.percent is None else str(one.percent),
            "amount": None if one.amount is None else f"{one.amount:f}",
            "grounds": None if one.grounds is None else one.grounds.as_text(),
        }
        for one in advice
    ]
    return pa.Table.from_pylist(rows, CREDIT_SCHEMA)


def advice_of(table: pa.Table) -> list[CreditAdvice]:
    """The inverse of `credits_table`."""
    found = []
    for row in table.to_pylist():
        row["verdict"] = Verdict(row["verdict"])
        row["percent"] = None if row["percent"] is None else Fraction(row["percent"])
        row["amount"] = None if row["amount"] is None else Decimal(row["amount"])
        row["currency"] = row.get("currency") or ""
        text = row.pop("grounds", None)  # what was stored without it keeps its rights as written
        found.append(CreditAdvice(**row, grounds=grounds_of(text) if text else None))
    return found


def store_credits(folder: Path, advice: Iterable[CreditAdvice]) -> None:
    """Write credits.parquet beside the rows of the period."""
    sink = pa.BufferOutputStream()
    pq.write_table(credits_table(advice), sink, compression="zstd")
    write_whole(folder / CREDIT_FILE, bytes(sink.getvalue().to_pybytes()))


def read_credits(folder: Path) -> list[CreditAdvice] | None:
    """Stored advice with the rights to leave that follow from what is stored now, also of periods
    that were assessed later; None for a period stored without advice."""
    path = folder / CREDIT_FILE
    if not path.is_file():
        return None
    return with_rights(advice_of(pq.read_table(path)), StoredPeriods(folder.parent))
