"""Reading the keys of a mapping file, each with a clear refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trueline.errors import InputError, Place
from trueline.measurement.granules import MAX_DURATION_S

_FIELD = re.compile(r"\{(\w[\w.-]*)\}")


@dataclass(frozen=True)
class Keys:
    """One level of a mapping: `path` says where it stands, for messages."""

    values: Mapping[str, object]
    name: str
    path: str = ""

    def fault(self, key: str, what: str, mend: str = "") -> InputError:
        place = Place(self.name or None, None, f"{self.path}{key}")
        told = f"In the mapping: {what}"
        return InputError(told, place=place, mend=mend or "See docs/reference/formats.md")

    def only(self, *allowed: str) -> Keys:
        for key in self.values:
            if key not in allowed:
                raise self.fault(str(key), "unknown key", f"Known keys: {', '.join(allowed)}")
        return self

    def text(self, key: str, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
            raise self.fault(key, "expected a text")
        return str(value)

    def maybe_text(self, key: str) -> str | None:
        return self.text(key) if key in self.values else None

    def seconds(self, key: str, default: int) -> int:
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fault(key, "expected whole seconds")
        if not 0 < value <= MAX_DURATION_S:
            raise self.fault(key, f"expected 1 to {MAX_DURATION_S} seconds")
        return value

    def choice(self, key: str, *options: str) -> str:
        """One of `options`; the first is the default."""
        value = self.values.get(key, options[0])
        if value not in options:
            raise self.fault(key, f"expected one of {', '.join(options)}")
        return str(value)

    def items(self, key: str) -> Iterator[Keys]:
        """The entries of a list of mappings."""
        entries = self.values.get(key, [])
        if not isinstance(entries, list):
            raise self.fault(key, "expected a list")
        for number, entry in enumerate(entries, 1):
            path = f"{self.path}{key}[{number}]."
            if not isinstance(entry, Mapping):
                raise self.fault(f"{key}[{number}]", "expected keys and values")
            yield Keys(entry, self.name, path)

    def level(self, key: str) -> Iterator[tuple[str, Keys]]:
        """The named entries below `key`; an entry without keys is empty."""
        below = self.values.get(key) or {}
        if not isinstance(below, Mapping):
            raise self.fault(key, "expected keys and values")
        for name, entry in below.items():
            if entry is not None and not isinstance(entry, Mapping):
                raise self.fault(f"{key}.{name}", "expected keys and values")
            yield str(name), Keys(entry or {}, self.name, f"{self.path}{key}.{name}.")


@dataclass(frozen=True)
class Template:
    """Text with `{field}` places; without any it names one field."""

    text: str

    def fields(self) -> tuple[str, ...]:
        return tuple(_FIELD.findall(self.text))

    def fill(self, fields: Mapping[str, str]) -> str | None:
        """The text with its places filled; None when a field is absent or empty."""
        if self.text.startswith("{") and _FIELD.fullmatch(self.text):
            return fields.get(self.text[1:-1]) or None
        missing = False

        def value(match: re.Match[str]) -> str:
            nonlocal missing
            found = fields.get(match[1]) or ""
            missing = missing or not found
            return found

        filled = _FIELD.sub(value, self.text)
        return None if missing else filled
