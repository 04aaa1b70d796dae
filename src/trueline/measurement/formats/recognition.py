"""The format of a file whose name does not tell, by its first bytes."""

from __future__ import annotations

import zlib
from pathlib import Path

from trueline.measurement.formats.fields import REQUIRED

_HEAD = 64 * 1024
_XML = (b"<?xml", b"<!--", b"<!doctype", b"<meascollecfile", b"<mdc")


def recognised(path: Path) -> str | None:
    """A name of the registry; None when the content is of no known format."""
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    if head[:2] == b"\x1f\x8b":
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, _HEAD)
        except zlib.error:
            return None
    return _format_of(head)


def _format_of(head: bytes) -> str | None:
    if head.startswith(b"PAR1"):
        return "parquet"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:32].lower().startswith(_XML):
        return "3gpp"
    if text.startswith(b"{"):
        return "otlp" if b'"resourceMetrics"' in text else "jsonlines"
    header = text.partition(b"\n")[0].decode("utf-8", "replace")
    columns = {c.strip().strip('"') for c in header.split(",")}
    return "csv" if columns.issuperset(REQUIRED) else None
