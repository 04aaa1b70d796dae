"""JSON lines: one object a line with the fields of the interchange contract."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from trueline.errors import InputError, Place
from trueline.measurement.formats.fields import REQUIRED, granule_line
from trueline.measurement.formats.lines import (
    GranuleLine,
    LineBlock,
    LineFaultError,
    LineParser,
    line_blocks,
    parse_block,
)
from trueline.measurement.granules import GRANULE_SCHEMA, GranuleBatch, ReadContext

_SCHEMA = pa.schema(
    [
        ("product_id", pa.string()),
        ("parameter", pa.string()),
        ("start", pa.string()),
        ("duration_s", pa.int64()),
        ("value", pa.float64()),
        ("denominator", pa.float64()),
        ("suspect", pa.bool_()),
    ]
)
_ZONED = pa.timestamp("s", "UTC")


class JsonLinesReader:
    name = "jsonlines"
    suffixes = (".jsonl", ".ndjson", ".jsonlines")

    def read(self, source: BinaryIO, context: ReadContext) -> Iterator[GranuleBatch]:
        parser = LineParser(_fast, _careful)
        good = bad = 0
        for block in line_blocks(source, context.name):
            if block.first == 1 and block.data[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise _not_json_lines(context, "It is not UTF-8 text")
            batch = parse_block(parser, block, context.name)
            good, bad = good + batch.table.num_rows, bad + len(batch.set_aside)
            if good == 0 and bad:
                raise _not_json_lines(context, f"Line 1: {batch.set_aside[0].reason}")
            yield batch
        if good + bad == 0:
            raise InputError("The file is empty", place=Place(file=context.name))


READER = JsonLinesReader()


def _not_json_lines(context: ReadContext, why: str) -> InputError:
    return InputError(
        f"This is not a file of JSON lines. {why}",
        place=Place(file=context.name),
        mend=f"Each line must be one object with {', '.join(REQUIRED)}",
    )


def _fast(block: LineBlock) -> pa.Table:
    table = pa.json.read_json(
        pa.BufferReader(pa.py_buffer(block.data)),
        read_options=pa.json.ReadOptions(block_size=max(len(block.data) + 1, 2**16)),
        parse_options=pa.json.ParseOptions(
            explicit_schema=_SCHEMA,
            newlines_in_values=False,
            unexpected_field_behavior="ignore",
        ),
    )
    rows = table.num_rows
    if rows != block.lines:
        raise LineFaultError("", "Rows are not lines")
    for name in REQUIRED:
        if table[name].null_count:
            raise LineFaultError(name, "Missing")
    duration = table["duration_s"]
    if rows and (pc.max(duration).as_py() >= 2**31 or pc.min(duration).as_py() < 0):
        raise LineFaultError("duration_s", "Beyond its limits")
    return pa.table(
        [
            table["product_id"].dictionary_encode(),
            table["parameter"].dictionary_encode(),
            table["start"].cast(_ZONED).cast(pa.int64()),
            duration.cast(pa.int32()),
            table["value"],
            table["denominator"],
            pc.fill_null(table["suspect"], False),
            pa.array(np.arange(block.first, block.first + rows)),
        ],
        schema=GRANULE_SCHEMA,
    )


def _careful(text: str) -> GranuleLine:
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = error.args[0] if error.args else "nested too deeply"
        raise LineFaultError("", f"Not a JSON object: {reason}") from None
    if not isinstance(found, dict):
        raise LineFaultError("", "Not a JSON object")
    texts = {}
    for name, kinds in _KINDS.items():
        value = found.get(name)
        if value is None:
            texts[name] = ""
        elif type(value) in kinds:
            texts[name] = str(value)
        else:
            raise LineFaultError(name, f"Must be {' or '.join(k.__name__ for k in kinds)}")
    return granule_line(texts)


_KINDS: dict[str, tuple[type, ...]] = {
    "product_id": (str,),
    "parameter": (str,),
    "start": (str,),
    "duration_s": (int,),
    "value": (int, float),
    "denominator": (int, float),
    "suspect": (bool,),
}


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")
