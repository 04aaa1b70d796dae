"""Settings that the operator keeps as a small YAML file in the workspace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trueline.errors import InputError, Place
from trueline.intake.yaml_tree import Node
from trueline.offerings.document import each_definition, read_documents
from trueline.offerings.reading import Site

MAX_BYTES = 1 << 20


def read_own_file(path: Path, key: str, take: Callable[[Node, Site], None]) -> None:
    """Give `take` each definition below `key`; none where there is no file. The first that is wrong
    makes an InputError that names line and field."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(str(error.strerror), place=Place(str(path))) from None
    if len(data) > MAX_BYTES:
        raise InputError(f"The file is over {MAX_BYTES:,} bytes", place=Place(str(path)))
    for table in read_documents(data, path.name, (key,)):
        for row in each_definition(table, key, path.name, take):
            raise InputError(row.reason, place=Place(path.name, row.line, row.field))
