"""Protobuf bytes written by hand, apart from the descriptors under test."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

Sample = tuple[float, int]  # value, time in ms
Series = tuple[Mapping[str, str], Sequence[Sample]]


def varint(number: int) -> bytes:
    number &= 2**64 - 1
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def block(field: int, content: bytes) -> bytes:
    """A length-delimited field: message, text or packed numbers."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def double(field: int, value: float) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<d", value)


def fixed64(field: int, value: int) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<q", value)


def sample(value: float, time_ms: int) -> bytes:
    """As Go writes it: a zero value is left out."""
    return block(2, (double(1, value) if value else b"") + number(2, time_ms))


def write_request_1(series: Iterable[Series]) -> bytes:
    """prometheus.WriteRequest."""
    out = b""
    for labels, samples in series:
        pairs = (block(1, k.encode()) + block(2, v.encode()) for k, v in labels.items())
        content = b"".join(block(1, pair) for pair in pairs)
        out += block(1, content + b"".join(sample(*one) for one in samples))
    return out


def write_request_2(series: Iterable[Series]) -> bytes:
    """io.prometheus.write.v2.Request: every series ends in metadata (a gauge)."""
    symbols = [""]
    written = b""
    for labels, samples in series:
        texts = [text for pair in labels.items() for text in pair]
        symbols += [text for text in dict.fromkeys(texts) if text not in symbols]
        references = b"".join(varint(symbols.index(text)) for text in texts)
        content = block(1, references) + b"".join(sample(*one) for one in samples)
        written += block(5, content + block(5, number(1, 2)))
    return b"".join(block(4, text.encode()) for text in symbols) + written
