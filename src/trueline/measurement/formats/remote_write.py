"""Prometheus remote write, 1.0 and 2.0, from an endpoint or from a captured body in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from trueline.errors import InputError, Place
from trueline.measurement.formats.remote_columns import Columns
from trueline.measurement.formats.remote_write_1 import decode_1
from trueline.measurement.formats.remote_write_2 import decode_2
from trueline.measurement.formats.samples import Decoded, decoded
from trueline.measurement.formats.series import parse_series_mapping, targets_for
from trueline.measurement.formats.snappy_block import MAX_UNPACKED, TooLargeError, unpack
from trueline.measurement.granules import GranuleBatch, ReadContext

FORMAT = "remote-write"
# How an unpacked request starts: a series or metadata of 1.0, a symbol or a series of 2.0.
_STARTS = {0x0A: 1, 0x1A: 1, 0x22: 2, 0x2A: 2}


def decode_push(
    content: bytes, version: int | None, mapping: Mapping[str, object], name: str
) -> Decoded:
    """The granules of an unpacked request. Without a version its first byte tells it."""
    targets = targets_for(parse_series_mapping(mapping, name, FORMAT))
    columns = Columns(targets, name)
    if version is None:
        version = _STARTS.get(content[0], 1) if content else 1
    if version == 2:
        decode_2(content, columns)
    else:
        decode_1(content, columns)
    return decoded(columns.samples(), targets, columns.faults)


class _RemoteWrite:
    """A captured request body in a file: the snappy block, or what was in it."""

    name = FORMAT
    suffixes = (".prw", ".snappy")

    def read(self, source: BinaryIO, context: ReadContext) -> Iterator[GranuleBatch]:
        body = source.read(MAX_UNPACKED + 1)
        if len(body) > MAX_UNPACKED:
            raise TooLargeError(
                f"The request is larger than {MAX_UNPACKED} bytes",
                place=Place(context.name or None),
                mend="Send smaller batches",
            )
        yield decode_push(_content(body, context.name), None, context.mapping, context.name).batch


def _content(body: bytes, name: str) -> bytes:
    """The request in a file, which may start like a request by chance while it is packed."""
    try:
        return unpack(body, name)
    except TooLargeError:
        raise
    except InputError:
        if body[:1] and body[0] in _STARTS:
            return body
        raise


READER = _RemoteWrite()
