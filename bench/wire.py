"""Remote write requests as bytes, 1.0 and 2.0, one sample a series."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

_VALUE, _TIME = b"\x09", b"\x10"  # double 1, varint 2


def write_request(
    version: int, series: Sequence[Mapping[str, str]], values: Sequence[float], when_ms: int
) -> bytes:
    """`series`: the labels of each, in order; `values`: its one sample at `when_ms`."""
    time = _TIME + _varint(when_ms)
    samples = [_field(2, _VALUE + struct.pack("<d", value) + time) for value in values]
    return (_version_1 if version == 1 else _version_2)(series, samples)


def _version_1(series: Sequence[Mapping[str, str]], samples: Sequence[bytes]) -> bytes:
    return b"".join(
        _field(1, b"".join(_label(k, v) for k, v in labels.items()) + sample)
        for labels, sample in zip(series, samples, strict=True)
    )


def _label(name: str, value: str) -> bytes:
    return _field(1, _field(1, name.encode()) + _field(2, value.encode()))


def _version_2(series: Sequence[Mapping[str, str]], samples: Sequence[bytes]) -> bytes:
    """Symbols first, then series with references and gauge metadata."""
    numbers: dict[str, int] = {"": 0}
    written = []
    for labels, sample in zip(series, samples, strict=True):
        texts = [text for pair in labels.items() for text in pair]
        references = b"".join(_varint(numbers.setdefault(t, len(numbers))) for t in texts)
        written.append(_field(5, _field(1, references) + sample + _field(5, b"\x08\x02")))
    return b"".join(_field(4, text.encode()) for text in numbers) + b"".join(written)


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
