"""The columns that both versions of remote write decode into, and the bytes of one sample.

A sample of a value and a time after 2004 takes 18 bytes: `12 10 09 <double> 10 <6 byte varint>`;
a value of 0 is left out, which leaves 9. Protobuf reads from left to right, so bytes that follow a
whole number of fields and have this layout are a sample.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from trueline.errors import InputError, Place
from trueline.intake.ledger import SetAsideRow
from trueline.measurement.formats.samples import Samples, start_of
from trueline.measurement.formats.series import Targets
from trueline.measurement.formats.snappy_block import TooLargeError

STALE = 0x7FF0_0000_0000_0002  # the NaN that Prometheus writes where a series ends
MAX_SERIES = 1_000_000
TAIL, ZERO_TAIL = 18, 9
SAMPLE_HEAD, ZERO_HEAD = b"\x12\x10\x09", b"\x12\x07\x10"
_ZERO_AS_FULL = SAMPLE_HEAD + bytes(8)
_SHIFTS = np.arange(6, dtype=np.int64) * 7


def full_tail(zero_tail: bytes) -> bytes:
    """The 18 bytes that say what these 9 say."""
    return _ZERO_AS_FULL + zero_tail[2:]


@dataclass
class Columns:
    """Samples while they are gathered: `tails` as their bytes, the rest as numbers."""

    targets: Targets
    name: str
    tails: list[bytes] = field(default_factory=list)
    tail_target: list[int] = field(default_factory=list)
    tail_line: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    time_ms: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    faults: list[SetAsideRow] = field(default_factory=list)

    def add(self, target: int, series: Any, line: int) -> None:
        """Every sample of a parsed series."""
        for sample in series.samples:
            self.target.append(target)
            self.time_ms.append(sample.timestamp)
            self.value.append(sample.value)
            self.line.append(line)
        if series.histograms:
            reason = "native histograms are not read; push the quantity itself"
            row = SetAsideRow(line, "histograms", reason)
            self.faults.extend(itertools.repeat(row, len(series.histograms)))

    def parsed(self, message: Any, one: bytes, line: int) -> Any:
        """The message read from the bytes of one series."""
        try:
            message.ParseFromString(one)
        except DecodeError:
            raise self.malformed(line, "it is not a series of this version") from None
        return message

    def malformed(self, line: int, what: str) -> InputError:
        return InputError(
            f"Series {line}: {what}",
            place=Place(self.name or None),
            mend="Check the sender; nothing of this push was kept",
        )

    def bounded(self, count: int) -> None:
        if count > MAX_SERIES:
            raise TooLargeError(
                f"{count} series in one push, more than {MAX_SERIES}",
                place=Place(self.name or None),
                mend="Send smaller batches (max_samples_per_send)",
            )

    def odd_tails(self) -> list[int]:
        """The lines whose tail is not a sample after all; they are dropped from the tails."""
        tail = self._tail_bytes()
        exact = (
            (tail[:, :3] == np.frombuffer(SAMPLE_HEAD, dtype=np.uint8)).all(axis=1)
            & (tail[:, 11] == 0x10)
            & (tail[:, 12:17] >= 0x80).all(axis=1)
            & (tail[:, 17] < 0x80)
        )
        if exact.all():
            return []
        lines = np.array(self.tail_line, dtype=np.int64)[~exact].tolist()
        self.tails = [self.tails[at] for at in np.flatnonzero(exact)]
        self.tail_target = [self.tail_target[at] for at in np.flatnonzero(exact)]
        self.tail_line = [self.tail_line[at] for at in np.flatnonzero(exact)]
        return [int(line) for line in lines]

    def _tail_bytes(self) -> NDArray[np.uint8]:
        # A tail cut short by the end of a series is padded, and then fails the layout.
        joined = b"".join(self.tails)
        if len(joined) != TAIL * len(self.tails):
            joined = b"".join(tail.ljust(TAIL, b"\xff")[:TAIL] for tail in self.tails)
        return np.frombuffer(joined, dtype=np.uint8).reshape(-1, TAIL)

    def samples(self) -> Samples:
        """All columns; stale markers are dropped."""
        tail = self._tail_bytes()
        tail_ms = ((tail[:, 12:].astype(np.int64) & 0x7F) << _SHIFTS).sum(axis=1)
        tail_value = np.ascontiguousarray(tail[:, 3:11]).view("<f8").reshape(-1)
        target = np.array(self.tail_target + self.target, dtype=np.int64)
        time_ms = np.concatenate([tail_ms, np.array(self.time_ms, dtype=np.int64)])
        value = np.concatenate([tail_value, np.array(self.value, dtype=np.float64)])
        line = np.array(self.tail_line + self.line, dtype=np.int64)
        duration_s = self.targets.rows(target)[:, Targets.DURATION]
        start_s = start_of(time_ms // 1000, duration_s, self.targets.mapping)
        samples = Samples(target, start_s, duration_s, value, line)
        return samples.only(value.view(np.uint64) != STALE)
