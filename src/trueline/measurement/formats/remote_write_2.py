"""Remote write 2.0: io.prometheus.write.v2.Request, labels as references into a symbol table.

The references of all series are decoded at once. Symbols get numbers that stay between pushes,
so a series is looked up by the numbers of its labels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from trueline.measurement.formats.protobuf import decode, message_class
from trueline.measurement.formats.remote_columns import (
    SAMPLE_HEAD,
    TAIL,
    ZERO_HEAD,
    ZERO_TAIL,
    Columns,
    full_tail,
)
from trueline.measurement.formats.series import MAX_KEY

_RawRequest = message_class("trueline.prometheus.RawRequest")
_SymbolSeries = message_class("trueline.prometheus.SymbolSeries")
_TOO_LONG = 2 + 0x80  # from here on a length takes more than one byte


def decode_2(content: bytes, columns: Columns) -> None:
    request = decode(_RawRequest, content, columns.name)
    columns.bounded(len(request.timeseries))
    symbols = _Symbols(list(request.symbols), columns)
    ends = _Ends()
    references: list[bytes] = []
    rest: list[tuple[int, bytes]] = []
    plain, tails, lines = ends.plain, columns.tails, columns.tail_line
    for line, one in enumerate(request.timeseries, 1):
        # One byte of tag and one of length: up to 127 bytes of references.
        cut = one[1] + 2 if one[:1] == b"\x0a" and len(one) > 1 else _TOO_LONG
        if one[cut : cut + 3] == SAMPLE_HEAD:
            end, tail = one[cut + TAIL :], one[cut : cut + TAIL]
        else:
            end, tail = one[cut + ZERO_TAIL :], full_tail(one[cut : cut + ZERO_TAIL])
            if one[cut : cut + 3] != ZERO_HEAD:
                cut = _TOO_LONG
        if cut < _TOO_LONG and (end in plain or ends.is_plain(end)):
            references.append(one[2:cut])
            tails.append(tail)
            lines.append(line)
        else:
            rest.append((line, one))
    columns.tail_target = symbols.targets(references, columns.tail_line)
    rest.extend((line, request.timeseries[line - 1]) for line in columns.odd_tails())
    for line, one in rest:
        series = columns.parsed(_SymbolSeries(), one, line)
        columns.add(symbols.target(list(series.labels_refs), line), series, line)


class _Ends:
    """What may follow a sample: whole fields that hold neither labels nor samples."""

    def __init__(self) -> None:
        self.plain = {b""}

    def is_plain(self, end: bytes) -> bool:
        series: Any = _SymbolSeries()
        try:
            series.ParseFromString(end)
        except DecodeError:
            return False
        plain = not (series.labels_refs or series.samples or series.histograms)
        if plain and len(end) < 64 and len(self.plain) < 10_000:
            self.plain.add(end)
        return plain


class _Symbols:
    """The symbols of one request, each with its lasting number."""

    def __init__(self, texts: list[str], columns: Columns) -> None:
        self._texts, self._columns = texts, columns
        # An absurdly long text is not remembered: nothing that refers to it is, either.
        self._lasting = all(len(text) <= MAX_KEY for text in texts)
        number = columns.targets.symbols.number
        numbers = [number(text) for text in texts] if self._lasting else range(len(texts))
        self._numbers = np.array(numbers, dtype=np.int32)

    def targets(self, references: list[bytes], lines: list[int]) -> list[int]:
        """The target of each series by the packed varints of its label references."""
        values, counts = self._decoded(references, lines)
        if len(values) and values.max() >= len(self._texts):
            return [
                self.target(part.tolist(), line)
                for part, line in zip(np.split(values, np.cumsum(counts)[:-1]), lines, strict=True)
            ]
        packed = self._numbers[values].tobytes()
        by_symbols = self._columns.targets.by_symbols if self._lasting else {}
        found: list[int] = []
        at = 0
        for count, line in zip(counts.tolist(), lines, strict=True):
            key = packed[4 * at : 4 * (at + count)]
            target = by_symbols.get(key)
            if target is None:
                target = self.target(values[at : at + count].tolist(), line)
            found.append(target)
            at += count
        return found

    def _decoded(
        self, references: list[bytes], lines: list[int]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All references of all series, and how many belong to each."""
        data = np.frombuffer(b"".join(references), dtype=np.uint8)
        lengths = np.array([len(part) for part in references], dtype=np.int64)
        last = data < 0x80
        ends = np.flatnonzero(last)
        starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
        borders = np.cumsum(lengths)
        whole = np.ones(len(lengths), dtype=np.bool_)
        whole[lengths > 0] = last[borders[lengths > 0] - 1]
        if not whole.all() or (len(ends) and (ends - starts).max() > 4):
            broken = int(np.flatnonzero(~whole)[0]) if not whole.all() else 0
            raise self._columns.malformed(lines[broken], "its label references are cut off")
        place = np.arange(len(data)) - np.repeat(starts, ends - starts + 1)
        parts = (data.astype(np.int64) & 0x7F) << (7 * place)
        values = np.add.reduceat(parts, starts) if len(starts) else parts
        upto = np.searchsorted(ends, borders, side="left")
        return values, np.diff(upto, prepend=0)

    def target(self, references: list[int], line: int) -> int:
        """The target of one series, remembered by the numbers of its symbols."""
        columns = self._columns
        try:
            texts = [self._texts[reference] for reference in references]
        except IndexError:
            raise columns.malformed(line, "a label refers to no symbol") from None
        if len(texts) % 2:
            raise columns.malformed(line, "a label has no value")
        labels = dict(zip(texts[::2], texts[1::2], strict=True))
        if 2 * len(labels) != len(texts):
            raise columns.malformed(line, "a label is given twice")
        key = self._numbers[references].tobytes()
        target = columns.targets.by_symbols.get(key) if self._lasting else None
        if target is None:
            target = columns.targets.learn(labels)
            if self._lasting:
                columns.targets.by_symbols[key] = target
        return target
