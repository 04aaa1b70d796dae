"""3GPP PM files (TS 32.435 measCollec, TS 28.532 measData) as granules, by a mapping.

Counters of one object and period are gathered over the measInfo of a measData block, formulas
run over all objects at once, and each complete formula makes one granule.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from trueline.intake.ledger import SetAsideRow
from trueline.measurement.formats.formula import Column
from trueline.measurement.formats.mapping import (
    ObjectMapping,
    ParameterFormula,
    parse_object_mapping,
)
from trueline.measurement.formats.pm_xml import MeasuredObject, objects_of
from trueline.measurement.granules import GRANULE_SCHEMA, GranuleBatch, ReadContext

BATCH_VALUES = 200_000  # counter values gathered before formulas run
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


class PmValue(NamedTuple):
    """One counter of one object in one period, as delivered. `value` is a number, the text when
    it is not one number (`86,87,2`, `NIL`), or None when it is empty."""

    object: str
    counter: str
    value: str | float | None
    start_s: int
    duration_s: int
    suspect: bool
    managed_element: str
    meas_info_id: str
    job_id: str
    line: int


def measurements_of(source: BinaryIO | Path, *, zone: ZoneInfo | None = None) -> Iterator[PmValue]:
    """Every counter value of a PM file in document order. `zone` is used for times without an
    offset. InputError for a file that is broken, hostile or of another format."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield from _values(file, source.name, zone)
    else:
        yield from _values(source, "", zone)


def _values(source: BinaryIO, name: str, zone: ZoneInfo | None) -> Iterator[PmValue]:
    for item in objects_of(source, name, zone):
        if isinstance(item, MeasuredObject):
            for counter, text in item.results.items():
                yield PmValue(
                    item.object,
                    counter,
                    value_of(text),
                    item.start_s,
                    item.duration_s,
                    item.suspect,
                    item.managed_element,
                    item.meas_info_id,
                    item.job_id,
                    item.line,
                )


def value_of(text: str) -> str | float | None:
    """The number in `text`, or the text itself when it is not one finite number."""
    if not text:
        return None
    if len(text) > 400 or _NUMBER.fullmatch(text) is None:
        return text
    number = float(text)
    return number if math.isfinite(number) else text


@dataclass(slots=True)
class _Row:
    """What is known of one object in one period."""

    line: int
    values: dict[str, float] = field(default_factory=dict)
    suspect: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)


class _Key(NamedTuple):
    managed_element: str
    object: str
    start_s: int
    duration_s: int


@dataclass
class _Gathered:
    """Counters by object and period, only those a formula names."""

    wanted: frozenset[str]
    rows: dict[_Key, _Row] = field(default_factory=dict)
    values: int = 0
    seen: bool = False

    def add(self, item: MeasuredObject) -> None:
        named = self.wanted.intersection(item.results)
        if not named:
            return
        self.seen = True
        key = _Key(item.managed_element, item.object, item.start_s, item.duration_s)
        row = self.rows.setdefault(key, _Row(item.line))
        for counter in named:
            value = value_of(item.results[counter])
            if isinstance(value, float):
                row.values[counter] = value
            else:
                row.texts[counter] = item.results[counter]
            if item.suspect:
                row.suspect.add(counter)
        self.values += len(named)


class _ThreeGpp:
    name = "3gpp"
    suffixes = (".xml", ".xml.gz")

    def read(self, source: BinaryIO, context: ReadContext) -> Iterator[GranuleBatch]:
        mapping = parse_object_mapping(context.mapping, context.name, self.name)
        wanted = frozenset(name for formula in mapping.parameters for name in formula.counters)
        gathered = _Gathered(wanted)
        found = False
        set_aside: list[SetAsideRow] = []
        for item in objects_of(source, context.name, mapping.zone):
            if isinstance(item, SetAsideRow):
                set_aside.append(item)
            else:
                gathered.add(item)
            if gathered.values >= BATCH_VALUES or len(set_aside) >= BATCH_VALUES:
                found = found or gathered.seen
                yield _batch(gathered, mapping, set_aside)
                gathered, set_aside = _Gathered(wanted), []
        if not found and not gathered.seen:
            reason = f"no counter of the mapping occurs in this file: {', '.join(sorted(wanted))}"
            set_aside.append(SetAsideRow(1, "measType", reason))
        yield _batch(gathered, mapping, set_aside)


READER = _ThreeGpp()


def _batch(
    gathered: _Gathered, mapping: ObjectMapping, set_aside: list[SetAsideRow]
) -> GranuleBatch:
    keys, rows = list(gathered.rows), list(gathered.rows.values())
    columns = {
        counter: np.array([row.values.get(counter, np.nan) for row in rows], dtype=np.float64)
        for counter in gathered.wanted
    }
    products = [mapping.product_of(key.object, key.managed_element) for key in keys]
    for key, row, product in zip(keys, rows, products, strict=True):
        if product is None:
            reason = "no product rule of the mapping matches this object"
            set_aside.append(SetAsideRow(row.line, "measObjLdn", reason, key.object))
    tables = [
        _granules(formula, keys, rows, products, _Outcome(columns, set_aside))
        for formula in mapping.parameters
    ]
    return GranuleBatch(pa.concat_tables(tables).unify_dictionaries(), tuple(set_aside))


@dataclass(frozen=True)
class _Outcome:
    """Where a formula reads its columns and leaves what it could not use."""

    columns: dict[str, Column]
    set_aside: list[SetAsideRow]


def _granules(
    formula: ParameterFormula,
    keys: list[_Key],
    rows: list[_Row],
    products: list[str | None],
    outcome: _Outcome,
) -> pa.Table:
    values = formula.value.evaluate(outcome.columns)
    bottoms = formula.denominator.evaluate(outcome.columns) if formula.denominator else None
    counters = frozenset(formula.counters)
    kept: list[int] = []
    for at, row in enumerate(rows):
        if products[at] is None or not (
            counters & row.values.keys() or counters & row.texts.keys()
        ):
            continue
        if math.isnan(values[at]) or (bottoms is not None and math.isnan(bottoms[at])):
            outcome.set_aside.append(_unusable(formula, keys[at], row))
        else:
            kept.append(at)
    columns = {
        "product_id": pa.array([products[at] for at in kept], pa.string()),
        "parameter": pa.array([formula.parameter] * len(kept), pa.string()),
        "start_s": pa.array([keys[at].start_s for at in kept], pa.int64()),
        "duration_s": pa.array([keys[at].duration_s for at in kept], pa.int32()),
        "value": pa.array(values[kept], pa.float64()),
        "denominator": pa.array(bottoms[kept], pa.float64())
        if bottoms is not None
        else pa.nulls(len(kept), pa.float64()),
        "suspect": pa.array([bool(counters & rows[at].suspect) for at in kept], pa.bool_()),
        "line": pa.array([rows[at].line for at in kept], pa.int64()),
    }
    return pa.table(columns).cast(GRANULE_SCHEMA)


def _unusable(formula: ParameterFormula, key: _Key, row: _Row) -> SetAsideRow:
    """Why a formula made no granule of this row."""
    for counter in formula.counters:
        if counter in row.texts:
            reason = f"{formula.parameter}: counter {counter} is not a single number"
            return SetAsideRow(row.line, counter, reason, row.texts[counter][:200] or "(empty)")
        if counter not in row.values:
            reason = f"{formula.parameter}: counter {counter} is missing"
            return SetAsideRow(row.line, counter, reason, key.object)
    reason = f"{formula.parameter}: {formula.value.text} has no finite value (division by zero)"
    return SetAsideRow(row.line, formula.parameter, reason, key.object)
