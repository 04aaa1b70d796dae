"""Field by field: the texts of a line as the numbers of a granule, or why not."""

from __future__ import annotations

import re
from collections.abc import Mapping

from trueline.calendars.instants import parse_instant, seconds
from trueline.errors import InputError
from trueline.measurement.formats.lines import GranuleLine, LineFaultError

REQUIRED = ("product_id", "parameter", "start", "duration_s", "value")
OPTIONAL = ("denominator", "suspect")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"\+?\d{1,9}", re.ASCII)
_TRUE, _FALSE = frozenset(("true", "1")), frozenset(("false", "0", ""))


def granule_line(texts: Mapping[str, str]) -> GranuleLine:
    """A granule from the texts of its fields; LineFaultError names the first bad one."""
    return GranuleLine(
        product_id=name(texts, "product_id"),
        parameter=name(texts, "parameter"),
        start_s=start(texts["start"]),
        duration_s=_duration(texts["duration_s"]),
        value=_number("value", texts["value"]),
        denominator=_number("denominator", d) if (d := texts.get("denominator", "")) else None,
        suspect=_flag(texts.get("suspect", "")),
    )


def name(texts: Mapping[str, str], field: str) -> str:
    if not texts[field]:
        raise LineFaultError(field, "Missing")
    return texts[field]


def start(text: str) -> int:
    try:
        return seconds(parse_instant(text))
    except InputError as error:
        raise LineFaultError("start", error.what) from None
    except OverflowError:
        raise LineFaultError("start", "Beyond the calendar") from None


def _duration(text: str) -> int:
    if not _WHOLE.fullmatch(text.strip()):
        raise LineFaultError("duration_s", "Not a whole number of seconds above zero")
    return int(text)


def _number(field: str, text: str) -> float:
    if not text.strip():
        raise LineFaultError(field, "Missing")
    if not _NUMBER.fullmatch(text.strip()):
        raise LineFaultError(field, "Not a finite number")
    return float(text)


def _flag(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise LineFaultError("suspect", "Neither true nor false")
