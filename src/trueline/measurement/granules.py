"""Granules on their way in: what every format reader yields and the loader checks.

A granule is one measured interval `[start, start + duration)` of one parameter of one product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

import pyarrow as pa

from trueline.intake.ledger import SetAsideRow

GRANULE_SCHEMA = pa.schema(
    [
        pa.field("product_id", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("parameter", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("start_s", pa.int64(), nullable=False),  # seconds since 1970-01-01T00:00Z
        pa.field("duration_s", pa.int32(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),  # for a ratio the numerator
        pa.field("denominator", pa.float64()),
        pa.field("suspect", pa.bool_(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),  # 1-based line or row in the source
    ]
)

MAX_MAGNITUDE = 1e15  # a larger value is set aside as absurd
MIN_START_S, MAX_START_S = 0, 4_102_444_800  # 1970 to 2100
MAX_DURATION_S = 366 * 86_400


@dataclass(frozen=True)
class GranuleBatch:
    """Granules as an Arrow table of GRANULE_SCHEMA, and rows that could not be read. `origin`: the
    delivery that first brought them, where it is an earlier one. `counted`: those of unknown names
    were counted and told when they came."""

    table: pa.Table
    set_aside: tuple[SetAsideRow, ...] = ()
    origin: int | None = None
    counted: bool = False


@dataclass(frozen=True)
class ReadContext:
    """What a reader may need beside the bytes. `mapping`: counter formulas, label names (from
    the mapping file given with --mapping), by format."""

    name: str  # file name or endpoint, for messages
    mapping: Mapping[str, object] = field(default_factory=dict, hash=False)


class FormatReader(Protocol):
    """One file in measurement/formats/ provides one of these as `READER`.

    `read` yields batches of bounded size and raises InputError for a source that is cut off, not
    of its format, or hostile; bad rows go to `set_aside` and the rest goes on."""

    name: str
    suffixes: tuple[str, ...]

    def read(self, source: BinaryIO, context: ReadContext) -> Iterator[GranuleBatch]: ...
