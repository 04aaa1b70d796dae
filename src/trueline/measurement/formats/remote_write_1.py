"""Remote write 1.0: prometheus.WriteRequest, labels written out in every series.

The bytes before the sample are looked up as they are. They only get into that table after they
were parsed and held labels alone, so untrusted bytes cannot pass for labels.
"""

from __future__ import annotations

from typing import Any

from trueline.measurement.formats.protobuf import decode, message_class
from trueline.measurement.formats.remote_columns import (
    TAIL,
    ZERO_HEAD,
    ZERO_TAIL,
    Columns,
    full_tail,
)
from trueline.measurement.formats.series import MAX_KEY

_RawWriteRequest = message_class("trueline.prometheus.RawWriteRequest")
_TimeSeries = message_class("trueline.prometheus.TimeSeries")


def decode_1(content: bytes, columns: Columns) -> None:
    series = decode(_RawWriteRequest, content, columns.name).timeseries
    columns.bounded(len(series))
    known = columns.targets.by_labels.get
    rest: list[tuple[int, bytes]] = []
    for line, one in enumerate(series, 1):
        target = known(one[:-TAIL])
        tail = one[-TAIL:]
        if target is None and one[-ZERO_TAIL:-6] == ZERO_HEAD:
            target = known(one[:-ZERO_TAIL])
            tail = full_tail(one[-ZERO_TAIL:])
        if target is None:
            rest.append((line, one))
        else:
            columns.tail_target.append(target)
            columns.tails.append(tail)
            columns.tail_line.append(line)
    rest.extend((line, series[line - 1]) for line in columns.odd_tails())
    for line, one in rest:
        _general(one, line, columns)


def _general(one: bytes, line: int, columns: Columns) -> None:
    """A series of any shape; teaches the fast path its labels."""
    series = columns.parsed(_TimeSeries(), one, line)
    labels = _TimeSeries(labels=series.labels)
    key = labels.SerializeToString()
    target = columns.targets.by_labels.get(key)
    if target is None:
        target = _learn(series, line, columns)
        if len(key) <= MAX_KEY:
            columns.targets.by_labels[key] = target
    columns.add(target, series, line)


def _learn(series: Any, line: int, columns: Columns) -> int:
    labels = {label.name: label.value for label in series.labels}
    if len(labels) != len(series.labels):
        raise columns.malformed(line, "a label is given twice")
    return columns.targets.learn(labels)
