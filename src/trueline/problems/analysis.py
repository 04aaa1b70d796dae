"""A performance analysis made for one customer, as a row tells it: a verdict, a violation, a
degradation report or a ticket.

Where TM Forum has a word for a column it is beside it in docs/reference/formats.md: `value`,
`comparator`, `target` and `unit` are TMF623 Violation's actualValue, operator, referenceValue and
unit; `severity` and `status` are TMF621 TroubleTicket's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from trueline.assessment.values import Verdict
from trueline.calendars.instants import parse_instant, seconds
from trueline.calendars.intervals import Interval
from trueline.errors import InputError, Place
from trueline.intake.tables import Columns
from trueline.inventory.rows import fault, id_of

COLUMNS = Columns(
    ("analysis_id", "kind", "product_id", "start", "end"),
    (
        "objective_id",
        "parameter",
        "verdict",
        "value",
        "comparator",
        "target",
        "unit",
        "numerator",
        "denominator",
        "severity",
        "status",
        "customer_id",
        "offering_id",
        "source",
        "description",
    ),
    open=True,
)
MAX_SHORT = 200
MAX_TEXT = 4000
MAX_DIGITS = 40
MAX_ATTRIBUTES = 500
# TMF621: what was turned down or taken back says nothing of the product.
VOID = ("rejected", "cancelled")


_Word = TypeVar("_Word", bound=StrEnum)


class AnalysisKind(StrEnum):
    ANALYSIS = "analysis"
    VIOLATION = "violation"
    DEGRADATION_REPORT = "degradationReport"
    TICKET = "ticket"


@dataclass(frozen=True)
class PerformanceAnalysis:
    """What one analysis says of a product over [start_s, end_s) (UTC seconds; None: still open).

    `attributes` are product, customer and network attributes that came with it."""

    id: str
    kind: AnalysisKind
    product_id: str
    start_s: int
    end_s: int | None
    verdict: Verdict
    objective_id: str = ""
    parameter: str = ""
    value: Decimal | None = None
    comparator: str = ""
    target: Decimal | None = None
    unit: str = ""
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    severity: str = ""
    status: str = ""
    customer_id: str = ""
    offering_id: str = ""
    source: str = ""
    description: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def violated(self) -> bool:
        return self.verdict is Verdict.VIOLATED and not self.void

    @property
    def void(self) -> bool:
        return self.status.lower() in VOID

    @property
    def subject(self) -> str:
        """What it is about: the objective, else the parameter; empty where neither is told."""
        return self.objective_id or self.parameter

    def touches(self, period: Interval) -> bool:
        """Whether it is of [start, end), at least in part; one without length where it starts."""
        start, end = period
        if self.start_s >= start:
            return self.start_s < end
        return self.end_s is None or self.end_s > start


def analysis_of(cells: Mapping[str, str]) -> PerformanceAnalysis:
    """The analysis of a row of texts by column; InputError names the column at fault."""
    kind = _word(cells, "kind", AnalysisKind)
    start_s = _second(cells, "start")
    end_s = _second(cells, "end") if cells.get("end") else None
    if end_s is not None and end_s < start_s:
        raise fault("end", f"end {cells['end']} lies before start {cells['start']}")
    numerator, denominator = _number(cells, "numerator"), _number(cells, "denominator")
    _check_ratio(numerator, denominator)
    return PerformanceAnalysis(
        id=id_of(cells, "analysis_id"),
        kind=kind,
        product_id=id_of(cells, "product_id"),
        start_s=start_s,
        end_s=end_s,
        verdict=_verdict(cells, kind),
        value=_number(cells, "value"),
        target=_number(cells, "target"),
        numerator=numerator,
        denominator=denominator,
        description=_text(cells, "description", MAX_TEXT),
        attributes=_attributes(cells),
        **{name: _text(cells, name, MAX_SHORT) for name in SHORT},
    )


SHORT = (
    "objective_id",
    "parameter",
    "comparator",
    "unit",
    "severity",
    "status",
    "customer_id",
    "offering_id",
    "source",
)


def _verdict(cells: Mapping[str, str], kind: AnalysisKind) -> Verdict:
    """Violations, reports and tickets tell of trouble; an analysis has to say what it found."""
    if cells.get("verdict"):
        return _word(cells, "verdict", Verdict)
    if kind is AnalysisKind.ANALYSIS:
        raise fault("verdict", "an analysis has no verdict", f"Write one of {', '.join(Verdict)}")
    return Verdict.VIOLATED


def _word(cells: Mapping[str, str], column: str, words: type[_Word]) -> _Word:
    text = cells.get(column, "")
    for word in words:
        if text == word.value:
            return word
    raise fault(column, f"{text[:40]!r} is not a {column}", f"Write one of {', '.join(words)}")


def _second(cells: Mapping[str, str], column: str) -> int:
    try:
        return seconds(parse_instant(cells.get(column, "")))
    except InputError as error:
        raise InputError(error.what, place=Place(field=column), mend=error.mend) from None


def _number(cells: Mapping[str, str], column: str) -> Decimal | None:
    text = cells.get(column, "")
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise fault(column, f"{text[:40]!r} is not a number") from None
    if not number.is_finite() or len(text) > MAX_DIGITS or abs(number.adjusted()) > MAX_DIGITS:
        raise fault(column, f"{text[:40]!r} is not a number of at most {MAX_DIGITS} digits")
    return number


def _check_ratio(numerator: Decimal | None, denominator: Decimal | None) -> None:
    if (numerator is None) != (denominator is None):
        absent = "numerator" if numerator is None else "denominator"
        raise fault(absent, "a ratio needs both its numerator and its denominator")
    if numerator is not None and numerator < 0:
        raise fault("numerator", f"{numerator} is below zero")
    if denominator is not None and denominator <= 0:
        raise fault("denominator", f"{denominator} is not above zero")


def _text(cells: Mapping[str, str], column: str, most: int) -> str:
    text = cells.get(column, "")
    if len(text) > most:
        raise fault(column, f"{column} is longer than {most} characters")
    if not all(sign.isprintable() or sign in "\n\t" for sign in text):
        raise fault(column, f"{column} has characters that cannot be printed")
    return text


def _attributes(cells: Mapping[str, str]) -> dict[str, str]:
    known = (*COLUMNS.required, *COLUMNS.optional)
    names = [name for name in sorted(cells) if name not in known and cells[name]]
    if len(names) > MAX_ATTRIBUTES:
        raise fault("", f"more than {MAX_ATTRIBUTES} attributes")
    wrong = next((one for one in names if len(one) > MAX_SHORT or not one.isprintable()), None)
    if wrong is not None:
        raise fault("", f"{wrong[:40]!r} is not the name of an attribute")
    return {name: _text(cells, name, MAX_SHORT) for name in names}
