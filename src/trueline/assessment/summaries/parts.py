"""Where summaries lie: immutable parts beside the lake, and an index that names those that count.

A part holds one UTC month of a range of products, as of one delivery. It adds to the parts before
it and takes their place for the product-days that it covers. Nothing here is a source of truth:
summaries may be removed at any time and are built again from the lake."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trueline.assessment.readings import Reading
from trueline.assessment.store import write_whole
from trueline.assessment.summaries.packed import PackedRuns, pack_runs
from trueline.assessment.summaries.reduce import Watch
from trueline.assessment.summaries.runs import Flags, Integers
from trueline.assessment.summaries.schemas import DAY_S, SCHEMAS, Tables
from trueline.assessment.summaries.sketches import Sketch, pack_sketch
from trueline.assessment.summaries.tails import Cuts, PackedTails, TailTables, pack_tails
from trueline.intake.record import locked
from trueline.measurement.plain_arrow import column_of, numbers_of
from trueline.offerings.values import Comparator
from trueline.settings.workspace import Workspace

FORMAT = 2  # of the files: another one is built anew
KEYS_PER_PART = 1_024
_DAY_BITS = 20


@dataclass(frozen=True)
class Part:
    """`month`: its first UTC day since 1970. `lo` <= product key < `lo` + KEYS_PER_PART. `covers`:
    of how many product-days it takes the place; to all others it adds. `first_s`, `reach_s`: from
    where to where its granules reach. `overlapping`: some may have been cut by the next one.
    `straddling`: some reach beyond the UTC day in which they start."""

    name: str
    month: int
    lo: int
    delivery: int
    covers: int = 0
    first_s: int = 0
    reach_s: int = 0
    overlapping: bool = False
    straddling: bool = False
    rows: int = 0
    size: int = 0


@dataclass(frozen=True)
class Index:
    """`levels`: deliveries that the summaries were brought up to, in order; the parts answer for
    any of them from `oldest` on. `known`: the delivery whose standards the watches come from."""

    readings: tuple[Reading, ...] = ()
    watches: tuple[Watch, ...] = ()
    parts: tuple[Part, ...] = ()
    levels: tuple[int, ...] = ()
    oldest: int = 0
    known: int = 0
    made: int = 0  # parts ever made: no name is used twice

    @property
    def level(self) -> int:
        return self.levels[-1] if self.levels else 0

    def level_at(self, delivery: int) -> int | None:
        """The newest level at or before a delivery; None where the parts cannot tell it apart."""
        found = [level for level in self.levels if self.oldest <= level <= delivery]
        return found[-1] if found else None

    def parts_of(self, month: int, lo: int, level: int) -> list[Part]:
        return [p for p in self.parts if (p.month, p.lo) == (month, lo) and p.delivery <= level]


class SummaryStore:
    """The folder of one workspace's summaries."""

    def __init__(self, workspace: Workspace) -> None:
        self.root = workspace.summaries
        self._read: dict[tuple[str, str], pa.Table] = {}
        self._packed: dict[str, PackedRuns] = {}
        self._sketches: dict[str, Sketch] = {}
        self._tails: dict[str, PackedTails] = {}

    @property
    def _index(self) -> Path:
        return self.root / "index.json"

    def exists(self) -> bool:
        return self._index.exists()

    @contextmanager
    def writing(self, wait_s: float) -> Iterator[None]:
        """One builder at a time, BusyError after so long; readers never wait."""
        self.root.mkdir(parents=True, exist_ok=True)
        busy = "Another build of summaries is under way"
        with locked(self.root / "build.lock", busy, wait_s=wait_s):
            yield

    def index(self) -> Index:
        """What counts now; an empty index where there is none of this format."""
        try:
            found = json.loads(self._index.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Index()
        if found["format"] != FORMAT:
            return Index()
        return Index(
            readings=tuple(Reading(name, quotient) for name, quotient in found["readings"]),
            watches=tuple(Watch(Comparator(c), Decimal(b)) for c, b in found["watches"]),
            parts=tuple(Part(**one) for one in found["parts"]),
            levels=tuple(found["levels"]),
            oldest=found["oldest"],
            known=found["known"],
            made=found["made"],
        )

    def publish(self, index: Index) -> None:
        """The index as of now: its parts count from here on, all at once."""
        body = {
            "format": FORMAT,
            "readings": [[r.parameter, r.quotient] for r in index.readings],
            "watches": [[w.comparator.value, str(w.bound)] for w in index.watches],
            "parts": [asdict(part) for part in index.parts],
            "levels": list(index.levels),
            "oldest": index.oldest,
            "known": index.known,
            "made": index.made,
        }
        write_whole(self._index, (json.dumps(body) + "\n").encode())

    def sweep(self, *indexes: Index) -> None:
        """Remove files that none of the indexes names. The index before the newest is among them,
        so that whoever has just read it finds its parts."""
        named = {part.name for index in indexes for part in index.parts}
        for path in self.root.glob("*.arrow"):
            if path.name.split(".")[0] not in named:
                path.unlink(missing_ok=True)
        self._read = {key: table for key, table in self._read.items() if key[0] in named}
        self._packed = {name: runs for name, runs in self._packed.items() if name in named}
        self._sketches = {name: one for name, one in self._sketches.items() if name in named}
        self._tails = {name: one for name, one in self._tails.items() if name in named}

    def write(self, part: Part, tables: Tables) -> Part:
        """Write a part's tables; it counts once an index names it."""
        runs = tables["runs"]
        if runs.num_rows:
            ends = pc.add(runs["start_s"], pc.multiply(runs["step_s"].cast("int64"), runs["count"]))
            day_ends = (runs["start_s"].to_numpy() // DAY_S + 1) * DAY_S
            part = replace(
                part,
                first_s=pc.min(runs["start_s"]).as_py(),
                reach_s=pc.max(ends).as_py(),
                straddling=bool((ends.to_numpy() > day_ends).any()),
            )
        rows = sum(table.num_rows for table in tables.values())
        slices, packed = pack_runs(runs, part.month * DAY_S)
        size = self._write_table(part, "slices", slices)
        series, sketch = pack_sketch(tables["buckets"])
        size += self._write_table(part, "series", series)
        tails = pack_tails(tables["tails"], part.month * DAY_S)
        size += self._write_table(part, "heads", tails.heads)
        size += self._write_table(part, "odd", tails.odd)
        # Mapped as they lie:
        size += self._write_table(part, "tails", tails.rows, compression=None)
        size += self._write_table(part, "runs", packed, compression=None)
        size += self._write_table(part, "sketch", sketch, compression=None)
        for name, table in tables.items():
            if name not in ("runs", "tails"):
                size += self._write_table(part, name, table.cast(SCHEMAS[name]))
        return replace(part, covers=tables["covers"].num_rows, rows=rows, size=size)

    def _write_table(
        self, part: Part, name: str, table: pa.Table, compression: str | None = "lz4"
    ) -> int:
        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression=compression)
        with pa.ipc.new_file(sink, table.schema, options=options) as writer:
            writer.write_table(table.combine_chunks())
        content = sink.getvalue()
        write_whole(self.root / f"{part.name}.{name}.arrow", content.to_pybytes())
        return int(content.size)

    def read(self, part: Part, name: str) -> pa.Table:
        """One table of a part. Parts never change, so what was read is kept."""
        key = (part.name, name)
        if key not in self._read:
            if name == "runs":
                self._read[key] = self.packed_runs(part).table()
            elif name == "tails":
                self._read[key] = self.packed_tails(part).table()
            else:
                self._read[key] = self._read_table(part, name)
        return self._read[key]

    def _read_table(
        self, part: Part, name: str, options: pa.ipc.IpcReadOptions | None = None
    ) -> pa.Table:
        with pa.memory_map(str(self.root / f"{part.name}.{name}.arrow")) as source:
            return pa.ipc.open_file(source, options=options).read_all()

    def packed_runs(self, part: Part) -> PackedRuns:
        """The runs of a part as they lie on disk, mapped."""
        if part.name not in self._packed:
            slices, runs = (self._read_table(part, name) for name in ("slices", "runs"))
            self._packed[part.name] = PackedRuns.of(slices, runs, part.month * DAY_S)
        return self._packed[part.name]

    def packed_tails(self, part: Part) -> PackedTails:
        """The granules beyond the cuts of a part, mapped."""
        if part.name not in self._tails:
            tables = (self._read_table(part, name) for name in ("heads", "tails", "odd"))
            self._tails[part.name] = PackedTails.of(TailTables(*tables), part.month * DAY_S)
        return self._tails[part.name]

    def cuts(self, parts: Sequence[Part]) -> Cuts:
        """The innermost cuts of several parts."""
        return Cuts.of([self.read(part, "cuts") for part in parts])

    def sketch(self, part: Part) -> Sketch:
        """The histograms of a whole part."""
        if part.name not in self._sketches:
            series, sketch = (self._read_table(part, name) for name in ("series", "sketch"))
            self._sketches[part.name] = Sketch.of(series, sketch)
        return self._sketches[part.name]

    def table(
        self, parts: Sequence[Part], name: str, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """One table of several parts in their order, without rows whose product-day a later part
        covers. `columns`: only these, the product-day's among them; None: all."""
        newest = self.newest_covers(parts)
        if not parts:
            return SCHEMAS[name].empty_table().select(columns or SCHEMAS[name].names)
        found = []
        for order, part in enumerate(parts):
            table = self.read(part, name) if columns is None else self._some(part, name, columns)
            if newest is not None and table.num_rows:
                kept = newest.keeps(table, order)
                if not kept.all():
                    table = table.take(column_of(np.flatnonzero(kept)))
            found.append(table)
        return pa.concat_tables(found)

    def _some(self, part: Part, name: str, columns: Sequence[str]) -> pa.Table:
        """Some columns of a table, the only ones that are read."""
        if (part.name, name) in self._read:
            return self._read[part.name, name].select(columns)
        at = [SCHEMAS[name].get_field_index(one) for one in columns]
        return self._read_table(part, name, pa.ipc.IpcReadOptions(included_fields=at)).select(
            columns
        )

    def newest_covers(self, parts: Sequence[Part]) -> Covers | None:
        """Which part tells each product-day that some part covers; None where none does."""
        codes, orders = [], []
        for order, part in enumerate(parts):
            if order and part.covers:
                code = product_day_codes(self.read(part, "covers"))
                codes.append(code)
                orders.append(np.full(len(code), order, np.int64))
        if not codes:
            return None
        code, order_of = np.concatenate(codes), np.concatenate(orders)
        by_code = np.lexsort((order_of, code))
        last = np.append(np.diff(code[by_code]) != 0, True)
        return Covers(code[by_code][last], order_of[by_code][last])


@dataclass(frozen=True)
class Covers:
    """The last part, by its place, that covers each product-day."""

    code: Integers
    order: Integers

    def keeps(self, table: pa.Table, order: int) -> Flags:
        return self.keeps_codes(product_day_codes(table), order)

    def keeps_codes(self, asked: Integers, order: int) -> Flags:
        """Whether the part at this place tells a product-day, as `product_day_codes` gives it."""
        at = np.minimum(np.searchsorted(self.code, asked), max(len(self.code) - 1, 0))
        if not len(self.code):
            return np.ones(len(asked), np.bool_)
        kept: Flags = (self.code[at] != asked) | (self.order[at] <= order)
        return kept


def product_day_codes(table: pa.Table) -> Integers:
    """Product, reading and day of each row as one integer."""
    if "day" in table.column_names:
        day = numbers_of(table["day"]).astype(np.int64)
    else:
        day = numbers_of(table["start_s"]) // DAY_S
    product = numbers_of(table["product_key"]).astype(np.int64)
    reading = numbers_of(table["reading"]).astype(np.int64)
    return product_day_code(product, reading, day)


def product_day_code(product: Integers, reading: Integers, day: Integers) -> Integers:
    codes: Integers = (((product << 15) + reading) << _DAY_BITS) + day
    return codes
