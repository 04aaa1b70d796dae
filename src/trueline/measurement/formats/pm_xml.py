"""Streaming reader of 3GPP PM files: TS 32.435 measCollec and TS 28.532 measData.

Structure that breaks the schema refuses the file; a value that cannot be read is set aside.
The file is never held: expat is fed small pieces, and every length and depth has a limit.
Document types, entities and external references are refused before they are expanded.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NoReturn
from xml.parsers import expat
from zoneinfo import ZoneInfo

from trueline.errors import InputError, Place
from trueline.intake.ledger import SetAsideRow
from trueline.measurement.formats.pm_period import end_of, seconds_of_duration

CHUNK = 65_536
MAX_DEPTH = 16
MAX_NAME = 4_096  # an object or counter name, in characters
MAX_TEXT = 4 * 1024 * 1024  # one list of measTypes or measResults
MAX_VALUE = 65_536  # one r
MAX_COUNTERS = 100_000  # in one measInfo
MAX_TOKEN = 8 * 1024 * 1024  # bytes without any element or text: one endless tag
MAX_UNPACKED = 16 * 1024**3
MAX_RATIO = 500  # of gzip, once 64 MiB were unpacked
_ROOTS = ("measCollecFile", "measDataFile")
_NAMESPACES = ("#measCollec", "#measData")
_TEXT_LIMIT = {
    "measType": MAX_NAME,
    "measTypes": MAX_TEXT,
    "r": MAX_VALUE,
    "measResults": MAX_TEXT,
    "suspect": 64,
}
_PARENT = {
    "measInfo": "measData",
    "granPeriod": "measInfo",
    "measType": "measInfo",
    "measTypes": "measInfo",
    "measValue": "measInfo",
    "r": "measValue",
    "measResults": "measValue",
    "suspect": "measValue",
}
_SPACES = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class MeasuredObject:
    """One measValue: `results` holds the text of each counter as it was delivered."""

    object: str
    managed_element: str
    meas_info_id: str
    job_id: str
    start_s: int
    duration_s: int
    suspect: bool
    results: dict[str, str]
    line: int


def objects_of(
    source: BinaryIO, name: str, zone: ZoneInfo | None = None
) -> Iterator[MeasuredObject | SetAsideRow]:
    """Every measValue in document order. `zone` is used for an endTime without an offset."""
    reader = _Document(name, zone)
    for chunk in _chunks(source, name):
        yield from reader.feed(chunk)
    yield from reader.close()


def _chunks(source: BinaryIO, name: str) -> Iterator[bytes]:
    head = source.read(CHUNK)
    if not head.startswith(b"\x1f\x8b"):
        while head:
            yield head
            head = source.read(CHUNK)
        return
    packed = _Prefixed(head, source)
    unpacked = 0
    with gzip.GzipFile(fileobj=packed, mode="rb") as file:
        while True:
            try:
                chunk = file.read(CHUNK)
            except (EOFError, OSError, zlib.error) as error:
                raise _refuse(
                    name, None, f"The gzip file is cut off or damaged ({error})"
                ) from None
            if not chunk:
                return
            unpacked += len(chunk)
            hollow = unpacked > 64 * 1024**2 and unpacked > MAX_RATIO * packed.taken
            if hollow or unpacked > MAX_UNPACKED:
                raise _refuse(name, None, "The gzip file unpacks to an absurd size")
            yield chunk


class _Prefixed:
    """A stream whose first bytes were already taken; gzip only reads it forwards."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest, self.taken = head, rest, 0

    def read(self, size: int = CHUNK) -> bytes:
        if self._head:
            piece, self._head = self._head[:size], self._head[size:]
        else:
            piece = self._rest.read(size)
        self.taken += len(piece)
        return piece

    def seek(self, offset: int, /) -> NoReturn:
        raise OSError("the stream is read forwards only")


def _refuse(name: str, line: int | None, what: str, field: str | None = None) -> InputError:
    return InputError(
        what,
        place=Place(name or None, line, field),
        mend="Deliver a whole 3GPP TS 32.435 or TS 28.532 file",
    )


class _Info:
    """What a measInfo says about the measValues in it."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self.id = attributes.get("measInfoId", "")
        self.job = ""
        self.period: tuple[int, int] | None = None  # start_s, duration_s
        self.counters: list[str] = []
        self.by_position: dict[str, str] = {}


class _Value:
    """A measValue while it is being read."""

    def __init__(self, name: str, line: int) -> None:
        self.name, self.line = name, line
        self.suspect = False
        self.results: dict[str, str] = {}


class _Document:
    """The state of one document between two pieces of it."""

    def __init__(self, name: str, zone: ZoneInfo | None) -> None:
        self._name, self._zone = name, zone
        self._out: list[MeasuredObject | SetAsideRow] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._text_length = self._text_limit = 0
        self._position = ""
        self._entity: str | None = None
        self._info: _Info | None = None
        self._value: _Value | None = None
        self._fed = 0
        self._parser = self._expat()

    def _expat(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        parser.ExternalEntityRefHandler = self._doctype
        return parser

    def feed(self, chunk: bytes) -> list[MeasuredObject | SetAsideRow]:
        """What this piece of the file completes."""
        self._parse(chunk, False)
        self._fed += len(chunk)
        if self._fed - self._parser.CurrentByteIndex > MAX_TOKEN:
            self._fail(f"A single tag is longer than {MAX_TOKEN} bytes")
        return self._drain()

    def close(self) -> list[MeasuredObject | SetAsideRow]:
        if not self._fed:
            raise _refuse(self._name, None, "The file is empty")
        self._parse(b"", True)
        return self._drain()

    def _parse(self, chunk: bytes, last: bool) -> None:
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            why = expat.ErrorString(error.code)
            cut = last or "no element" in str(why)
            what = "The file is cut off" if cut else "The file is not well-formed XML"
            raise _refuse(self._name, error.lineno, f"{what} ({why})") from None
        except (LookupError, ValueError) as error:
            raise _refuse(
                self._name, self._parser.CurrentLineNumber, f"Unknown text encoding ({error})"
            ) from None

    def _drain(self) -> list[MeasuredObject | SetAsideRow]:
        out, self._out = self._out, []
        return out

    def _fail(self, what: str, field: str | None = None) -> NoReturn:
        raise _refuse(self._name, self._parser.CurrentLineNumber, what, field)

    def _doctype(self, *declaration: object) -> NoReturn:
        self._fail("Document types, entities and external references are not read")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, element = tag.rpartition(" ")
        if not self._path and element not in _ROOTS and not namespace.endswith(_NAMESPACES):
            self._fail(f"<{element[:80]}> is not the start of a 3GPP PM file")
        if len(self._path) >= MAX_DEPTH:
            self._fail(f"Elements are nested deeper than {MAX_DEPTH}")
        parent = self._path[-1] if self._path else ""
        self._path.append(element)
        if parent in _TEXT_LIMIT:
            self._fail(f"<{element[:80]}> inside <{parent}>")
        if element in _PARENT and parent != _PARENT[element]:
            self._fail(f"<{element}> outside <{_PARENT[element]}>")
        self._text_limit = _TEXT_LIMIT.get(element, 0)
        self._text, self._text_length = [], 0
        self._open(element, parent, attributes)

    def _open(self, element: str, parent: str, attributes: dict[str, str]) -> None:
        if element in ("r", "measType"):
            self._position = attributes.get("p", "").strip()
            if not self._position:
                self._fail(f"<{element}> without its number", "p")
        elif element == "measValue":
            self._open_value(attributes)
        elif element == "measInfo":
            if self._entity is None:
                self._fail("<measInfo> before <managedElement>")
            self._info = _Info(attributes)
        elif element == "granPeriod" and self._info:
            self._info.period = self._period(attributes)
        elif element == "job" and self._info:
            self._info.job = attributes.get("jobId", "")
        elif element == "measData":
            self._entity = None
        elif parent == "measData":
            self._entity = attributes.get("localDn", "")

    def _open_value(self, attributes: dict[str, str]) -> None:
        name = attributes.get("measObjLdn")
        if name is None or len(name) > MAX_NAME:
            self._fail("<measValue> without a readable object", "measObjLdn")
        if self._info is None or self._info.period is None:
            self._fail("<measValue> before <granPeriod>: its period is unknown")
        self._value = _Value(name, self._parser.CurrentLineNumber)

    def _period(self, attributes: dict[str, str]) -> tuple[int, int]:
        place = Place(self._name or None, self._parser.CurrentLineNumber, "granPeriod")
        duration_s = seconds_of_duration(attributes.get("duration", ""), place)
        return end_of(attributes.get("endTime", ""), self._zone, place) - duration_s, duration_s

    def _characters(self, data: str) -> None:
        if self._text_limit:
            self._text.append(data)
            self._text_length += len(data)
            if self._text_length > self._text_limit:
                self._fail(f"The text is longer than {self._text_limit} characters")

    def _end(self, tag: str) -> None:
        element = self._path.pop()
        if element == "r":
            self._close_result("".join(self._text).strip())
        elif element == "measValue":
            self._close_value()
        elif element == "measType":
            self._close_type("".join(self._text).strip())
        elif element == "measTypes":
            self._close_types()
        elif element == "measResults":
            self._close_results()
        elif element == "suspect" and self._value:
            # An unreadable flag cannot vouch for the value.
            self._value.suspect = "".join(self._text).strip() not in ("false", "0", "")
        elif element == "measInfo":
            self._info = None
        self._text_limit = 0

    def _list(self) -> list[str]:
        names = _SPACES.split("".join(self._text).strip(" \t\r\n"))
        if len(names) > MAX_COUNTERS:
            self._fail(f"More than {MAX_COUNTERS} entries in one list")
        return [] if names == [""] else names

    def _close_type(self, counter: str) -> None:
        if self._info is None or not counter:
            self._fail("<measType> without the name of a counter")
        if self._position in self._info.by_position:
            self._fail(f"<measType> {self._position[:40]} is given twice", "p")
        if len(self._info.by_position) >= MAX_COUNTERS:
            self._fail(f"More than {MAX_COUNTERS} counters in one <measInfo>")
        self._info.counters.append(counter)
        self._info.by_position[self._position] = counter

    def _close_types(self) -> None:
        names = self._list()
        if self._info is None or (names and self._info.counters):
            self._fail("<measTypes> beside <measType>")
        self._info.counters = names
        self._info.by_position = {str(place): name for place, name in enumerate(names, 1)}

    def _close_result(self, text: str) -> None:
        info, value = self._info, self._value
        if info is None or value is None:
            self._fail("<r> outside <measValue>")
        counter = info.by_position.get(self._position)
        if counter is None:
            self._set_aside("p", f"<r> {self._position[:40]} has no <measType>", text)
        else:
            self._record(value, counter, text)

    def _record(self, value: _Value, counter: str, text: str) -> None:
        if counter in value.results:
            self._set_aside(counter, "the counter is given twice for one object", text)
        else:
            value.results[counter] = text

    def _close_results(self) -> None:
        info, value = self._info, self._value
        if info is None or value is None:
            self._fail("<measResults> outside <measValue>")
        results = self._list()
        if len(results) != len(info.counters):
            reason = f"{len(results)} results for {len(info.counters)} counters"
            self._set_aside("measResults", reason, value.name)
        else:
            for counter, text in zip(info.counters, results, strict=True):
                self._record(value, counter, text)

    def _close_value(self) -> None:
        info, value = self._info, self._value
        if info is None or info.period is None or value is None or self._entity is None:
            self._fail("</measValue> outside <measInfo>")
        self._value = None
        start_s, duration_s = info.period
        self._out.append(
            MeasuredObject(
                object=value.name,
                managed_element=self._entity,
                meas_info_id=info.id,
                job_id=info.job,
                start_s=start_s,
                duration_s=duration_s,
                suspect=value.suspect,
                results=value.results,
                line=value.line,
            )
        )

    def _set_aside(self, field: str, reason: str, text: str) -> None:
        line = self._parser.CurrentLineNumber
        self._out.append(SetAsideRow(line, field, reason, text[:200]))
