"""Computing a receipt again, without the workspace: every byte, every figure, its place in the log.

The file may come from anybody, so it is read within bounds and nothing in it is run."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import cast

from trueline.assessment.assess import AssessmentRequest, Known, assess
from trueline.assessment.statistics import RULES
from trueline.assessment.store import row_dict
from trueline.calendars.periods import parse_period
from trueline.engine import Engine
from trueline.errors import InputError, Place
from trueline.results.chain import PathStep, hash_of, root_from
from trueline.results.inputs import inputs_hashes
from trueline.results.receipt import FORMAT
from trueline.results.receipt_inputs import known_from
from trueline.results.values import METHOD, Batch, BatchKind, LoggedFigure

MAX_FILE_BYTES = 256 * 1024 * 1024
FILES = frozenset(
    {"standard.yaml", "products.csv", "exclusions.csv", "events.csv", "measurements.csv"}
)
Document = Mapping[str, object]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; `detail` says what was found."""

    name: str
    holds: bool
    detail: str


def verify_receipt(engine: Engine, path: Path, *, told_link: str | None = None) -> list[Check]:
    """Every check of a receipt, in order; InputError for a file that is no receipt. `told_link`:
    the hash of its log link, learnt by other means, which alone proves when it was logged."""
    files = _read(path)
    about = _about(files.pop("receipt.json"), path)
    checks = list(_file_checks(files, about))
    if not all(check.holds for check in checks):
        return checks
    try:
        return checks + _figure_checks(engine, files, about) + _told_checks(told_link, about)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise _broken(path, f"receipt.json does not say what it must ({error})") from None


def _read(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as bundle:
            entries = bundle.infolist()
            names = [entry.filename for entry in entries]
            if sorted(names) != sorted({"receipt.json", *FILES}):
                raise _broken(path, "It does not hold the files of a receipt")
            if any(entry.file_size > MAX_FILE_BYTES for entry in entries):
                raise _broken(path, f"It holds a file over {MAX_FILE_BYTES:,} bytes")
            return {name: _bounded(bundle, name) for name in names}
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror or error}", place=Place(str(path))
        ) from None
    # zipfile says these of damage, of a way of packing that it does not know, and of a password.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _broken(path, f"It is no sound zip file ({error})") from None


def _bounded(bundle: zipfile.ZipFile, name: str) -> bytes:
    """The declared size may lie: no more is unpacked than may be."""
    with bundle.open(name) as file:
        return file.read(MAX_FILE_BYTES)


def _about(data: bytes, path: Path) -> Document:
    try:
        about = json.loads(data)
    except ValueError:
        raise _broken(path, "receipt.json is no JSON") from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise _broken(path, f"receipt.json is not of the format {FORMAT}")
    return about


def _broken(path: Path, what: str) -> InputError:
    return InputError(what, place=Place(str(path)), mend="Ask for the receipt again")


def _file_checks(files: Mapping[str, bytes], about: Document) -> Iterator[Check]:
    said = about.get("files")
    hashes = said if isinstance(said, dict) else {}
    for name in sorted(FILES):
        same = sha256(files[name]).hexdigest() == hashes.get(name)
        detail = "as receipt.json says" if same else "changed since the receipt was written"
        yield Check(f"bytes of {name}", same, detail)


def _figure_checks(engine: Engine, files: Mapping[str, bytes], about: Document) -> list[Check]:
    known = known_from(files, about)
    period = parse_period(str(about["period"]))
    request = AssessmentRequest(period, [str(about["product_id"])])
    figures = _computed(engine, known, request, str(about["objective_id"]))
    said = cast("Sequence[Document]", about["figures"])
    places = cast("Sequence[Document | None]", about["log"])
    checks = [_same_number(said, figures, places), _method_check(known, about)]
    for one, figure, place in zip_longest(said, figures, places):
        if one is None or figure is None:
            break  # told by _same_number
        name = f"figure from {row_dict(figure.row)['period_start']}"
        checks += _row_checks(name, one, figure)
        if place is not None:
            checks += _log_checks(name, figure, place)
    return checks


def _told_checks(told_link: str | None, about: Document) -> list[Check]:
    if told_link is None:
        return []
    places = [p for p in cast("Sequence[Document | None]", about["log"]) if p is not None]
    same = bool(places) and all(place["hash"] == told_link for place in places)
    found = ", ".join(str(place["hash"]) for place in places) or "it was not logged"
    return [Check("the link you were told", same, found)]


def _computed(
    engine: Engine, known: Known, request: AssessmentRequest, objective_id: str
) -> list[LoggedFigure]:
    hashes = inputs_hashes(engine, known, request)
    return [
        LoggedFigure(row, hashes[row.product_id, row.objective_id, row.period_start])
        for row in assess(engine, known, request).rows
        if row.objective_id == objective_id
    ]


def _same_number(
    said: Sequence[Document], figures: Sequence[LoggedFigure], places: Sequence[Document | None]
) -> Check:
    return Check(
        "figures",
        len(said) == len(figures) == len(places) > 0,
        f"{len(figures)} computed, {len(said)} on the receipt with {len(places)} places in the log",
    )


def _method_check(known: Known, about: Document) -> Check:
    """Formula and clause are told as this program knows them, whatever the receipt says of them."""
    objectives = [o for one in known.catalog.offerings.values() for o in one.objectives]
    rule = RULES[next(o.statistic for o in objectives if o.id == about["objective_id"])]
    return Check("method", about["method"] == METHOD, f"{rule.formula} ({rule.clause})")


def _row_checks(name: str, said: Document, figure: LoggedFigure) -> Iterator[Check]:
    wanted = cast("Mapping[str, object]", said["row"])
    got = row_dict(figure.row)
    apart = sorted(key for key in wanted.keys() | got.keys() if wanted.get(key) != got.get(key))
    detail = "; ".join(f"{key}: {got.get(key)}, receipt says {wanted.get(key)}" for key in apart)
    summary = f"{got['verdict']}, {got['value']}"
    yield Check(f"{name}, computed again", not apart, detail or summary)
    same = said["inputs"] == figure.inputs_hash
    yield Check(f"{name}, hash of its inputs", same, figure.inputs_hash)


def _log_checks(name: str, figure: LoggedFigure, place: Document) -> Iterator[Check]:
    link = dict(cast("Mapping[str, object]", place["link"]))
    link["kind"] = BatchKind(str(link["kind"]))
    batch = Batch(**link)  # type: ignore[arg-type]  # a wrong kind of value gives another hash
    path = [PathStep(**step) for step in cast("Sequence[dict[str, object]]", place["path"])]  # type: ignore[arg-type]  # as above
    leads = root_from(figure.hash, path) == batch.root
    yield Check(
        f"{name}, in the result log",
        leads,
        f"link {batch.sequence}, {batch.kind} of {batch.period}, {batch.produced_at}",
    )
    sealed = hash_of(dict(link)) == place["hash"]
    yield Check(f"{name}, hash of that link", sealed, str(place["hash"]))
