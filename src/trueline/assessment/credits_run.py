"""Credit advice of a period: gathered while it is assessed, kept beside its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from trueline.assessment.advised_credits import CreditAdvice, advise_credit, without_repeats
from trueline.assessment.assess import AssessmentRequest, DecidedTask, Known, assess
from trueline.assessment.store import write_whole
from trueline.assessment.values import Verdict
from trueline.calendars.periods import Period, period_containing
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
        ("amount", pa.string()),  # exact decimal, in the currency of the inventory
        ("counted", pa.bool_()),
        ("by_outage", pa.bool_()),
        ("why", pa.string()),
        ("leave", pa.string()),
        ("claim_until", pa.date32()),
    ]
)


class CreditGatherer:
    """Takes decided tasks while a period is assessed and gives advice at the end."""

    def __init__(self, known: Known, results: Path) -> None:
        self.known = known
        self._stored = _StoredVerdicts(results)
        self._found: list[CreditAdvice] = []

    def take(self, decided: DecidedTask) -> None:
        terms = decided.task.objective.credits
        if terms is None:
            return
        product = self.known.snapshot.products[decided.task.product_id]
        missed: Sequence[str] | None = ()
        if terms.missed_periods is not None:
            missed = self._stored.missed_before(decided, terms.missed_periods - 1)
        advice = advise_credit(decided, product, self.known, missed)
        if advice is not None:
            self._found.append(advice)

    def advice(self) -> list[CreditAdvice]:
        """In the order of products, objectives and periods."""
        ordered = sorted(self._found, key=lambda a: (a.product_id, a.objective_id, a.period))
        return without_repeats(ordered)


class _StoredVerdicts:
    def __init__(self, results: Path) -> None:
        self.results = results
        self._verdicts = lru_cache(maxsize=16)(self._read)

    def missed_before(self, decided: DecidedTask, count: int) -> list[str] | None:
        """Of the `count` periods right before, those violated without a break; None where an
        earlier one that matters is not assessed."""
        found: list[str] = []
        period: Period = decided.task.period
        for _ in range(count):
            period = period_containing(period.first - timedelta(days=1), period.length)
            verdicts = self._verdicts(period.label)
            if verdicts is None:
                return None
            key = (decided.task.product_id, decided.task.objective.id)
            if verdicts.get(key) != Verdict.VIOLATED.value:
                break
            found.append(period.label)
        return found

    def _read(self, label: str) -> dict[tuple[str, str], str] | None:
        path = self.results / label / "rows.parquet"
        if not path.is_file():
            return None
        rows = pq.read_table(path, columns=["product_id", "objective_id", "verdict"]).to_pylist()
        return {(r["product_id"], r["objective_id"]): r["verdict"] for r in rows}


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
        found.append(CreditAdvice(**row))
    return found


def store_credits(folder: Path, advice: Iterable[CreditAdvice]) -> None:
    """Write credits.parquet beside the rows of the period."""
    sink = pa.BufferOutputStream()
    pq.write_table(credits_table(advice), sink, compression="zstd")
    write_whole(folder / CREDIT_FILE, bytes(sink.getvalue().to_pybytes()))


def read_credits(folder: Path) -> list[CreditAdvice] | None:
    """Stored advice; None for a period stored without it."""
    path = folder / CREDIT_FILE
    return advice_of(pq.read_table(path)) if path.is_file() else None
