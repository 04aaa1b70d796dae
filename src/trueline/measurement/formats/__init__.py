"""Formats of measurements: one file each with a `READER`, and one line in this registry."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from trueline.errors import InputError, Place
from trueline.measurement.formats.recognition import recognised
from trueline.measurement.granules import FormatReader

# In the order in which a file name's ending is tried.
_MODULES = {
    "csv": "trueline.measurement.formats.csv",
    "parquet": "trueline.measurement.formats.parquet",
    "jsonlines": "trueline.measurement.formats.jsonlines",
    "3gpp": "trueline.measurement.formats.threegpp",
    "remote-write": "trueline.measurement.formats.remote_write",
    "otlp": "trueline.measurement.formats.otlp",
}


def format_names() -> tuple[str, ...]:
    return tuple(_MODULES)


def reader(name: str) -> FormatReader:
    """The reader of the format `name`; InputError when there is none."""
    if name not in _MODULES:
        raise InputError(
            f"{name!r} is not a measurement format", mend=f"Known formats: {', '.join(_MODULES)}"
        )
    found: FormatReader = import_module(_MODULES[name]).READER
    return found


def reader_for(path: Path) -> FormatReader:
    """The reader for a file by its name's ending, `.gz` aside, or else by its content."""
    name = path.name.lower().removesuffix(".gz")
    for candidate in map(reader, _MODULES):
        if name.endswith(candidate.suffixes):
            return candidate
    if (found := recognised(path)) is not None:
        return reader(found)
    raise InputError(
        "Neither its name nor its content tells the format",
        place=Place(file=str(path)),
        mend=f"Name it with --format: {', '.join(_MODULES)}",
    )
