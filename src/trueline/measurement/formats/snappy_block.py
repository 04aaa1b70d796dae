"""Snappy blocks (the raw format, not the framed one) with the declared length checked first."""

from __future__ import annotations

import cramjam

from trueline.errors import InputError, Place

MAX_UNPACKED = 32 * 1024 * 1024
# A copy of 64 bytes takes 3, so no honest block unpacks to more than 22 times its size.
_MAX_EXPANSION = 22


class TooLargeError(InputError):
    """The body is larger than this endpoint takes; a smaller one may be accepted."""


def unpack(block: bytes, name: str, limit: int = MAX_UNPACKED) -> bytes:
    """The content of a snappy block; TooLargeError when it declares more than `limit` bytes."""
    place = Place(name or None)
    declared, at = _declared_length(block)
    if declared is None:
        raise InputError("The body is not a snappy block", place=place, mend=_MEND)
    if declared > limit:
        raise TooLargeError(
            f"The body declares {declared} bytes, more than {limit}",
            place=place,
            mend="Send smaller batches (max_samples_per_send)",
        )
    if declared > _MAX_EXPANSION * (len(block) - at):
        raise InputError(
            f"The snappy block declares {declared} bytes, which {len(block)} bytes cannot hold",
            place=place,
            mend=_MEND,
        )
    try:
        content = bytes(cramjam.snappy.decompress_raw(block))
    except cramjam.DecompressionError:
        raise InputError("The snappy block is damaged", place=place, mend=_MEND) from None
    if len(content) != declared:
        raise InputError("The snappy block is cut off", place=place, mend=_MEND)
    return content


_MEND = "Compress the body with snappy in block format, as remote write asks"


def _declared_length(block: bytes) -> tuple[int | None, int]:
    """The length a block starts with (a varint of at most 32 bits) and where the data begins."""
    length = 0
    for at, byte in enumerate(block[:5]):
        length |= (byte & 0x7F) << (7 * at)
        if byte < 0x80:
            return (length if length < 2**32 else None), at + 1
    return None, 0
