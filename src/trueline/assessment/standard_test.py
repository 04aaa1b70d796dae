"""A tiny language for operators to test their own standards: a standard, a short series, the
expected verdict (`trueline test FILE`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import isclose
from pathlib import Path
from typing import Any

import yaml

from trueline.assessment.assess import AssessmentRequest, Known, assess
from trueline.assessment.short_series import ShortGranule, ShortSeries
from trueline.assessment.store import row_dict
from trueline.assessment.values import ROW_SCHEMA
from trueline.calendars.instants import parse_instant, seconds
from trueline.calendars.intervals import Interval
from trueline.calendars.periods import parse_period
from trueline.engine import Engine
from trueline.errors import InputError, Place
from trueline.inventory.values import InventorySnapshot, Product
from trueline.measurement.values import Event
from trueline.offerings.document import read_documents
from trueline.offerings.parse import parse_tables
from trueline.offerings.values import Catalog

PRODUCT = "sold-offering"
KEYS = ("cases", "standards", "parameters", "offerings")
CASE_KEYS = frozenset(
    {"name", "offering", "period", "product", "series", "events", "exclusions", "expect", "as_of"}
)


@dataclass(frozen=True)
class CaseOutcome:
    """One case; `differences` is empty when it holds."""

    name: str
    differences: tuple[str, ...]


def run_standard_tests(engine: Engine, path: Path) -> list[CaseOutcome]:
    """Every case of a test file, in order; InputError for a file that cannot be understood."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{error.strerror}", place=Place(str(path))) from None
    catalog = _catalog(data, path)
    # BaseLoader makes plain text of every scalar, so that 20.1 is not a binary float.
    document = yaml.load(data, Loader=yaml.BaseLoader)
    cases = document.get("cases") if isinstance(document, dict) else None
    if not isinstance(cases, list) or not cases:
        raise InputError(
            "The file holds no cases", place=Place(str(path)), mend="List them under `cases:`"
        )
    return [_run(engine, catalog, case, f"{path} cases[{i}]") for i, case in enumerate(cases)]


def _catalog(data: bytes, path: Path) -> Catalog:
    tables = list(read_documents(data, str(path), KEYS))
    standards = yaml.load(data, Loader=yaml.BaseLoader).get("standards")
    if standards:
        beside = path.parent / str(standards)
        if not beside.is_file():
            raise InputError(
                f"There is no file {standards!r} beside the test", place=Place(str(path))
            )
        tables += read_documents(beside.read_bytes(), str(beside), ("parameters", "offerings"))
    parsed = parse_tables(tables, str(path))
    for row in parsed.set_aside:
        raise InputError(row.reason, place=Place(str(path), row.line, row.field))
    return Catalog(1, {p.id: p for p in parsed.parameters}, {o.id: o for o in parsed.offerings})


def _run(engine: Engine, catalog: Catalog, case: Any, place: str) -> CaseOutcome:
    if not isinstance(case, dict) or not {"offering", "period", "expect"} <= set(case):
        raise InputError("A case needs offering, period and expect", place=Place(place))
    unknown = sorted(set(case) - CASE_KEYS)
    if unknown:
        raise InputError(
            f"{unknown[0]!r} is no key of a case",
            place=Place(place),
            mend=f"Use {', '.join(sorted(CASE_KEYS))}",
        )
    if case["offering"] not in catalog.offerings:
        raise InputError(f"There is no offering {case['offering']!r}", place=Place(place))
    try:
        known = _known(catalog, case)
        request = AssessmentRequest(parse_period(case["period"]))
        rows = [row_dict(r) for r in assess(engine, known, request).rows]
    except InputError as error:
        raise InputError(str(error), place=Place(place)) from None
    name = str(case.get("name", place))
    return CaseOutcome(name, tuple(_differences(case["expect"], rows)))


def _known(catalog: Catalog, case: Mapping[str, Any]) -> Known:
    about = case.get("product") or {}
    product = Product(
        id=PRODUCT,
        offering_id=case["offering"],
        customer_id="customer",
        status="active",
        start=parse_instant(about.get("start", "2000-01-01T00:00:00Z")),
        end=parse_instant(about["end"]) if about.get("end") else None,
        time_zone=about.get("time_zone", "UTC"),
    )
    end_s = parse_period(case["period"]).bounds("UTC")[1] + 2 * 86_400
    exclusions = [_interval(text) for text in case.get("exclusions") or ()]
    return Known(
        delivery=1,
        as_of_s=seconds(parse_instant(case["as_of"])) if case.get("as_of") else end_s,
        catalog=catalog,
        snapshot=InventorySnapshot(1, {PRODUCT: product}, {}, {}, {}),
        exclusions={PRODUCT: [(start, end_s if end is None else end) for start, end in exclusions]},
        events={PRODUCT: [_event(i, text) for i, text in enumerate(case.get("events") or ())]},
        lake=ShortSeries([g for one in case.get("series") or () for g in _granules(one)]),
    )


def _interval(text: str) -> tuple[int, int | None]:
    start, _, end = str(text).partition("/")
    return seconds(parse_instant(start)), seconds(parse_instant(end)) if end else None


def _event(number: int, text: str) -> Event:
    """`outage START/END`, no end = open; `stop START/END` stops its clock."""
    words = str(text).split()
    if len(words) < 2 or len(words) % 2:
        raise InputError(f"{text!r} is no event", mend="Write `outage START/END [stop START/END]`")
    start_s, end_s = _interval(words[1])
    stops: list[Interval] = []
    for word, span in zip(words[2::2], words[3::2], strict=True):
        stop_start, stop_end = _interval(span)
        if word != "stop" or stop_end is None:
            raise InputError(f"{word} {span} is no stop of the clock", mend="Write stop START/END")
        stops.append((stop_start, stop_end))
    return Event(f"e{number}", PRODUCT, words[0], start_s, end_s, stop_clock=tuple(stops))


def _granules(series: Mapping[str, Any]) -> Iterator[ShortGranule]:
    """Words of `values`: `10`, `5/100` numerator and denominator, `-` nothing, `?` behind a value
    for suspect, `x4` for four times."""
    start_s = seconds(parse_instant(series["start"]))
    every_s = int(series.get("every_s", 900))
    for word in str(series["values"]).split():
        text, _, times = word.partition("x")
        for _ in range(int(times or 1)):
            if text != "-":
                number, _, whole = text.rstrip("?").partition("/")
                yield ShortGranule(
                    PRODUCT,
                    str(series["parameter"]),
                    start_s,
                    every_s,
                    _number(number),
                    _number(whole) if whole else None,
                    text.endswith("?"),
                )
            start_s += every_s


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InputError(f"{text!r} is no number of a series") from None


def _differences(expect: Mapping[str, Any], rows: Sequence[Mapping[str, object]]) -> Iterator[str]:
    for objective_id, wanted in expect.items():
        mine = [r for r in rows if r["objective_id"] == objective_id]
        if not mine:
            yield f"{objective_id}: it was not assessed"
            continue
        wanted = {"verdict": wanted} if isinstance(wanted, str) else wanted
        for name, value in wanted.items():
            if name not in ROW_SCHEMA.names:
                raise InputError(f"{name!r} is no column of a result")
            if not _same(value, mine[0][name]):
                yield f"{objective_id} {name}: {mine[0][name]}, expected {value}"


def _same(wanted: str, got: object) -> bool:
    if got is None:
        return wanted in ("", "null", "none")
    if isinstance(got, int | float):
        try:
            return isclose(float(wanted), got, rel_tol=1e-9, abs_tol=1e-12)
        except ValueError:
            return False
    return wanted == got
