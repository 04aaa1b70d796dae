"""Hostile and broken PM files are refused with their place; bad values only are set aside."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator

import pytest

from trueline.errors import InputError
from trueline.measurement.formats.threegpp import READER, measurements_of
from trueline.measurement.granules import GranuleBatch, ReadContext

PERIOD = '<granPeriod duration="PT900S" endTime="2026-10-01T00:15:00Z"/>'
MAPPING = {
    "products": [{"match": "Port=(?P<port>.+)", "product_id": "port-{port}"}],
    "parameters": [{"parameter": "loss", "value": "1 - rx/tx"}],
}


def document(info: str, before: str = "", entity: str = '<managedElement localDn="e"/>') -> bytes:
    return (
        f'<?xml version="1.0"?>{before}<measCollecFile>\n<measData>{entity}\n'
        f"<measInfo>{info}</measInfo>\n</measData></measCollecFile>"
    ).encode()


def port(results: str, name: str = "Port=1") -> str:
    return f'<measValue measObjLdn="{name}">{results}</measValue>'


TYPES = '<measType p="1">tx</measType><measType p="2">rx</measType>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (document(PERIOD + TYPES + port("<r p='1'>&c;</r>"), LAUGHS), "Document types"),
        (
            document(PERIOD, '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'),
            "Document types",
        ),
        (document(PERIOD, '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'), "Document types"),
        (document(PERIOD + port("<r p='1'>&unknown;</r>")), "not well-formed"),
        (document(PERIOD + "<a>" * 40 + "</a>" * 40), "nested deeper"),
        (document(PERIOD + TYPES + port(f"<r p='1'>{'9' * 100_000}</r>")), "longer than"),
        (document(port("<r p='1'>1</r>")), "before <granPeriod>"),
        (document(PERIOD + '<measType p="1">a</measType><measType p="1">b</measType>'), "twice"),
        (document(PERIOD + "<measType>a</measType>"), "without its number"),
        (document(PERIOD + "<measValue/>"), "without a readable object"),
        (document(PERIOD, entity=""), "before <managedElement>"),
        (document('<granPeriod duration="P1M" endTime="2026-10-01T00:15:00Z"/>'), "whole seconds"),
        (document('<granPeriod duration="PT0S" endTime="2026-10-01T00:15:00Z"/>'), "whole seconds"),
        (document('<granPeriod duration="PT900S" endTime="2026-10-01T00:15"/>'), "no offset"),
        (document('<granPeriod duration="PT900S" endTime="soon"/>'), "not an end time"),
        (document('<granPeriod duration="PT900S" endTime="0001-01-01T00:00:00+23:00"/>'), "end"),
        (b"<html><body>Not found</body></html>", "not the start"),
        (b"product_id,parameter\n1,2\n", "not well-formed"),
        (b'{"a": 1}', "not well-formed"),
        (b"", "empty"),
        (b"\x00\xff\xfe\x80" * 50, "not well-formed"),
        (b'<?xml version="1.0" encoding="klingon"?><measCollecFile/>', "ncoding"),
        (gzip.compress(b"<measCollecFile>"), "cut off"),
        (gzip.compress(document(PERIOD))[:40] + b"xxxxxxxx", "cut off or damaged"),
    ],
)
def test_a_broken_or_hostile_pm_file_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(measurements_of(io.BytesIO(content)))


def test_a_refusal_names_the_line() -> None:
    content = document(PERIOD + "\n" + port("<r p='1'>1"))
    with pytest.raises(InputError) as refusal:
        list(measurements_of(io.BytesIO(content)))
    assert refusal.value.place.line == 4  # </measValue> closes the <r> that stands open


class Endless(io.RawIOBase):
    """A file that never ends: a head, then the same bytes again and again."""

    def __init__(self, head: bytes, piece: bytes) -> None:
        self._pieces = self._all(head, piece)
        self.given = 0

    @staticmethod
    def _all(head: bytes, piece: bytes) -> Iterator[bytes]:
        yield head
        while True:
            yield piece

    def read(self, size: int = -1) -> bytes:
        piece = next(self._pieces)
        self.given += len(piece)
        return piece


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b'<measCollecFile a="', b"x" * 60_000),
        (b"<measCollecFile>\n<measData><managedElement/><measInfo><measTypes>", b"x" * 60_000),
        (b"<measCollecFile><!-- ", b"x" * 60_000),
        (b"<measCollecFile>", b"<a>" * 20_000),
        (
            document(PERIOD).split(b"</measInfo>")[0] + b'<measType p="0">c</measType>',
            b'<measType p="0">c</measType>' * 2_000,
        ),
    ],
)
def test_an_endless_tag_text_or_nesting_is_refused_early(head: bytes, piece: bytes) -> None:
    source = Endless(head, piece)
    with pytest.raises(InputError):
        list(measurements_of(source))  # type: ignore[arg-type]  # a raw stream reads the same
    assert source.given < 32 * 1024 * 1024


def test_a_gzip_bomb_is_refused() -> None:
    bomb = gzip.compress(b"<measCollecFile>" + b" " * (80 * 1024 * 1024), compresslevel=9)
    with pytest.raises(InputError, match="absurd size"):
        list(measurements_of(io.BytesIO(bomb)))


def read(info: str, mapping: dict[str, object] | None = None) -> GranuleBatch:
    source = io.BytesIO(document(info))
    [batch] = READER.read(source, ReadContext("f.xml", mapping or MAPPING))
    return batch


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        ('<r p="1">10</r>', "loss: counter rx is missing"),
        ('<r p="1">10</r><r p="2">1,2</r>', "loss: counter rx is not a single number"),
        ('<r p="1">10</r><r p="2"/>', "loss: counter rx is not a single number"),
        ('<r p="1">10</r><r p="2">Infinity</r>', "loss: counter rx is not a single number"),
        ('<r p="1">0</r><r p="2">0</r>', "loss: 1 - rx/tx has no finite value (division by zero)"),
    ],
)
def test_a_value_that_makes_no_sample_is_set_aside(results: str, reason: str) -> None:
    good = port('<r p="1">4</r><r p="2">1</r>', "Port=2")
    batch = read(PERIOD + TYPES + port(results) + good)
    assert batch.table["value"].to_pylist() == [0.75]
    assert [row.reason for row in batch.set_aside] == [reason]


def test_results_that_fit_no_counter_are_set_aside() -> None:
    info = PERIOD + TYPES + port('<r p="1">4</r><r p="2">1</r><r p="2">3</r><r p="88">5</r>')
    assert [row.reason for row in read(info).set_aside] == [
        "the counter is given twice for one object",
        "<r> 88 has no <measType>",
    ]
    lists = PERIOD + "<measTypes>tx rx</measTypes>" + port("<measResults>1 2 3</measResults>")
    reasons = [row.reason for row in read(lists).set_aside]
    assert reasons[0] == "3 results for 2 counters"


def test_an_object_without_a_product_is_set_aside() -> None:
    info = PERIOD + TYPES + port('<r p="1">4</r><r p="2">1</r>', "Slot=1")
    [row] = read(info).set_aside
    assert (row.text, row.line) == ("Slot=1", 3)
    assert row.reason == "no product rule of the mapping matches this object"


def test_a_file_without_any_counter_of_the_mapping_is_not_silently_empty() -> None:
    info = PERIOD + '<measType p="1">other</measType>' + port('<r p="1">4</r>')
    [row] = read(info).set_aside
    assert row.reason == "no counter of the mapping occurs in this file: rx, tx"


def test_counters_of_one_object_meet_over_two_measinfo() -> None:
    first = PERIOD + '<measType p="1">tx</measType>' + port('<r p="1">4</r>')
    second = (
        PERIOD + '<measType p="1">rx</measType>' + port('<r p="1">1</r><suspect>true</suspect>')
    )
    batch = read(f"{first}</measInfo><measInfo>{second}")
    assert batch.table.to_pylist()[0]["value"] == 0.75
    assert batch.table.to_pylist()[0]["suspect"] is True
    assert batch.set_aside == ()


def test_an_end_time_without_offset_uses_the_zone_of_the_mapping() -> None:
    period = '<granPeriod duration="PT900S" endTime="2026-10-01T01:15:00"/>'
    info = period + TYPES + port('<r p="1">4</r><r p="2">1</r>')
    batch = read(info, {**MAPPING, "time_zone": "Europe/Lisbon"})
    assert batch.table["start_s"].to_pylist() == [1790812800]  # 01:00 in Lisbon is 00:00Z
