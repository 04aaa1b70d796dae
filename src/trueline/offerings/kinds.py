"""Kinds of field: how each is read from a YAML tree, written back, and described by JSON Schema.

A kind reads one node into a value, or raises InputError with file, line, field and the mend.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from trueline.calendars.instants import parse_day, zone
from trueline.calendars.service_hours import holiday_dates
from trueline.errors import InputError
from trueline.intake.yaml_tree import Listing, Node, Scalar, Table, plain_of
from trueline.offerings.reading import (
    MAX_TEXT,
    Key,
    Kind,
    Site,
    keys_schema,
    read_keys,
    scalar_text,
    schema_number,
    write_keys,
)

_NUMBER = re.compile(r"[-+]?(\d[\d_]*(\.[\d_]*)?|\.\d[\d_]*)([eE][-+]?\d{1,3})?")
_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?"
)
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::00)?")
_MAX_DIGITS, _MAX_EXPONENT = 40, 30
MAX_ID = 200


@dataclass(frozen=True)
class Text:
    max_length: int = MAX_TEXT

    def read(self, node: Node, site: Site) -> str:
        text = scalar_text(node, site)
        if len(text) > self.max_length:
            raise site.error(node.line, f"Longer than {self.max_length} characters")
        return text

    def plain(self, value: Any) -> object:
        return str(value)

    def schema(self) -> dict[str, object]:
        return {"type": "string", "maxLength": self.max_length}


@dataclass(frozen=True)
class Identifier:
    """An id: text without control characters or blanks at its ends."""

    def read(self, node: Node, site: Site) -> str:
        text = scalar_text(node, site)
        if not text or text != text.strip() or not text.isprintable() or len(text) > MAX_ID:
            raise site.error(
                node.line,
                f"{text[:40]!r} is not an id",
                f"Use 1 to {MAX_ID} printable characters without blanks at the ends",
            )
        return text

    def plain(self, value: Any) -> object:
        return str(value)

    def schema(self) -> dict[str, object]:
        return {"type": ["string", "integer"], "minLength": 1, "maxLength": MAX_ID}


@dataclass(frozen=True)
class Number:
    """A decimal number, exact as written."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None

    def read(self, node: Node, site: Site) -> Decimal:
        text = scalar_text(node, site).strip()
        if not _NUMBER.fullmatch(text):
            mend = "Write digits with a point, for example 0.95"
            if text.endswith("%"):
                mend = "Write the share instead of the percentage: 0.95 for 95 %"
            raise site.error(node.line, f"{text[:60]!r} is not a number", mend)
        value = Decimal(text.replace("_", ""))
        if len(value.as_tuple().digits) > _MAX_DIGITS or abs(value.adjusted()) > _MAX_EXPONENT:
            raise site.error(node.line, f"{text[:60]} is out of all proportion")
        self._check_range(value, node.line, site)
        return value

    def _check_range(self, value: Decimal, line: int, site: Site) -> None:
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            raise site.error(line, f"{value} is not {self._range()}")

    def _range(self) -> str:
        if self.minimum is None or self.maximum is None:
            return f"at least {self.minimum}" if self.maximum is None else f"at most {self.maximum}"
        return f"between {self.minimum} and {self.maximum}"

    def plain(self, value: Any) -> object:
        return value

    def schema(self) -> dict[str, object]:
        schema: dict[str, object] = {"type": "number"}
        if self.minimum is not None:
            schema["minimum"] = schema_number(self.minimum)
        if self.maximum is not None:
            schema["maximum"] = schema_number(self.maximum)
        return schema


@dataclass(frozen=True)
class Whole:
    minimum: int = 0
    maximum: int = 10**9

    def read(self, node: Node, site: Site) -> int:
        text = scalar_text(node, site).strip().replace("_", "")
        if not re.fullmatch(r"[-+]?\d{1,12}", text):
            raise site.error(node.line, f"{text[:60]!r} is not a whole number")
        value = int(text)
        if not self.minimum <= value <= self.maximum:
            raise site.error(node.line, f"{value} is not between {self.minimum} and {self.maximum}")
        return value

    def plain(self, value: Any) -> object:
        return value

    def schema(self) -> dict[str, object]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True)
class Choice:
    """One of the values of an enum, or of plain words."""

    options: type[StrEnum] | tuple[str, ...]

    def read(self, node: Node, site: Site) -> Any:
        text = scalar_text(node, site)
        names = self._names()
        if text not in names:
            raise site.error(node.line, f"{text[:60]!r} is not one of {', '.join(names)}")
        return text if isinstance(self.options, tuple) else self.options(text)

    def _names(self) -> list[str]:
        options = self.options
        return list(options) if isinstance(options, tuple) else [o.value for o in options]

    def plain(self, value: Any) -> object:
        return str(value)

    def schema(self) -> dict[str, object]:
        return {"enum": self._names()}


@dataclass(frozen=True)
class Day:
    """`open_end`: 9999-12-31, which elsewhere stands for an open end, is taken too."""

    open_end: bool = False

    def read(self, node: Node, site: Site) -> date:
        text = scalar_text(node, site).strip()
        if self.open_end and text == date.max.isoformat():
            return date.max
        try:
            return parse_day(text)
        except ValueError:
            raise site.error(
                node.line,
                f"{text[:60]!r} is not a date",
                "Write year-month-day: 2026-01-31, from 1900 to 8999",
            ) from None

    def plain(self, value: Any) -> object:
        return value.isoformat()

    def schema(self) -> dict[str, object]:
        return {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}


@dataclass(frozen=True)
class Checked:
    """Text that must name something that exists, such as a time zone."""

    check: Callable[[str], object]
    example: str

    def read(self, node: Node, site: Site) -> str:
        text = scalar_text(node, site).strip()
        try:
            self.check(text)
        except InputError as error:
            raise site.error(node.line, error.what, error.mend) from None
        return text

    def plain(self, value: Any) -> object:
        return str(value)

    def schema(self) -> dict[str, object]:
        return {"type": "string", "examples": [self.example]}


ZONE = Checked(zone, "Europe/Lisbon")
HOLIDAYS = Checked(lambda name: holiday_dates(name, 2026), "GB-ENG")


@dataclass(frozen=True)
class Duration:
    """An ISO 8601 duration of fixed length, in seconds."""

    def read(self, node: Node, site: Site) -> int:
        text = scalar_text(node, site).strip()
        found = _DURATION.fullmatch(text)
        total = 0
        if found and not text.endswith("T"):
            sizes = (604_800, 86_400, 3600, 60, 1)
            total = sum(int(n or 0) * s for n, s in zip(found.groups(), sizes, strict=True))
        if total < 1:
            raise site.error(
                node.line,
                f"{text[:60]!r} is not a duration of weeks, days, hours, minutes or seconds",
                "Write ISO 8601, for example PT60S, PT15M, P1D",
            )
        return total

    def plain(self, value: Any) -> object:
        days, rest = divmod(int(value), 86_400)
        hours, rest = divmod(rest, 3600)
        minutes, seconds = divmod(rest, 60)
        clock = "".join(f"{n}{u}" for n, u in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
        return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")

    def schema(self) -> dict[str, object]:
        return {"type": "string", "pattern": r"^P(\d|T\d)[0-9WDTHMS]*$", "examples": ["PT60S"]}


@dataclass(frozen=True)
class Clock:
    """A local wall time in minutes after midnight; 24:00 is the end of the day."""

    def read(self, node: Node, site: Site) -> int:
        text = scalar_text(node, site).strip()
        found = _CLOCK.fullmatch(text)
        minute = int(found[1]) * 60 + int(found[2]) if found else -1
        if not 0 <= minute <= 1440:
            raise site.error(node.line, f"{text[:60]!r} is not a time of day", 'Write "08:00"')
        return minute

    def plain(self, value: Any) -> object:
        return f"{value // 60:02}:{value % 60:02}"

    def schema(self) -> dict[str, object]:
        return {"type": "string", "pattern": r"^([01]?\d|2[0-4]):[0-5]\d(:00)?$"}


@dataclass(frozen=True)
class ListOf:
    """A list of one kind; a single value stands for a list of one."""

    item: Kind

    def read(self, node: Node, site: Site) -> tuple[Any, ...]:
        items = node.items if isinstance(node, Listing) else (node,)
        return tuple(self.item.read(item, site) for item in items)

    def plain(self, value: Any) -> object:
        return [self.item.plain(item) for item in value]

    def schema(self) -> dict[str, object]:
        return {"type": "array", "items": self.item.schema()}


@dataclass(frozen=True)
class Record:
    """A mapping with keys of its own, built into a value and taken apart again."""

    noun: str
    keys: tuple[Key, ...]
    build: Callable[..., Any]
    take_apart: Callable[[Any], Mapping[str, Any]]

    def read(self, node: Node, site: Site) -> Any:
        return self.build(**read_keys(node, self.keys, site, self.noun))

    def plain(self, value: Any) -> object:
        return write_keys(self.take_apart(value), self.keys)

    def schema(self) -> dict[str, object]:
        return keys_schema(self.keys)


@dataclass(frozen=True)
class TextByName:
    """A mapping of free names to text."""

    def read(self, node: Node, site: Site) -> dict[str, str]:
        if not isinstance(node, Table):
            raise site.error(node.line, "A mapping of names to text belongs here")
        return {
            name: scalar_text(child, site.child(name))
            for name, child in node.entries.items()
            if not (isinstance(child, Scalar) and child.is_null)
        }

    def plain(self, value: Any) -> object:
        return dict(value)

    def schema(self) -> dict[str, object]:
        return {
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
        }


@dataclass(frozen=True)
class Free:
    """A free mapping that Trueline keeps and gives back."""

    def read(self, node: Node, site: Site) -> dict[str, object]:
        found = plain_of(node)
        if not isinstance(found, dict):
            raise site.error(node.line, "A mapping belongs here")
        return found

    def plain(self, value: Any) -> object:
        return dict(value)

    def schema(self) -> dict[str, object]:
        return {"type": "object"}
