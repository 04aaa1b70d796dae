"""The hand-over pack of a problem: a ZIP that says what it is, on which rows, and how sure.

The same knowledge gives the same bytes: no clock is read, names and rows are in order, and every
entry carries the same time stamp. `SHA256SUMS` names the hash of every other file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from trueline.problems.before_after import told
from trueline.problems.dossier import Dossier
from trueline.problems.impact import Impact, Money
from trueline.problems.models import ProductProblem
from trueline.problems.pack_words import METHODS, summary_html
from trueline.problems.phrases import in_words
from trueline.settings.workspace import Workspace

STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP can say
HASHED = ("rows.parquet", "daily.parquet", "credits.parquet", "assessment.json")


def render_pack(workspace: Workspace, problem: ProductProblem, dossier: Dossier) -> bytes:
    """The pack as the bytes of a ZIP file."""
    files = {
        "summary.html": summary_html(problem, dossier).encode(),
        "problem.json": _json(_resource(problem, dossier)),
        "evidence-rows.csv": _evidence_rows(dossier),
        "lift.csv": _lift(dossier),
        "impact.csv": _impact(dossier.impact),
        "timeline.csv": _timeline(dossier),
        "course.csv": _course(dossier),
        "steps.csv": _steps(problem),
        "methods.txt": METHODS.encode(),
        "sources.json": _json(_sources(workspace, dossier)),
    }
    sums = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in sorted(files.items())
    )
    return _zipped({**files, "SHA256SUMS": sums.encode()})


def _zipped(files: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return sink.getvalue()


def _resource(problem: ProductProblem, dossier: Dossier) -> dict[str, Any]:
    """The problem in the words of TMF656 ServiceProblem; what that has no word for is under
    `characteristic`."""
    claim, steps = dossier.claim, list(problem.steps.order_by("pk"))
    return {
        "@type": "ServiceProblem",
        "id": str(problem.pk),
        "name": in_words(claim.names[0]),
        "status": problem.state,
        "creationDate": problem.raised_at.isoformat(),
        "statusChangeDate": problem.state_since.isoformat(),
        "originatorParty": {"name": problem.raised_by},
        "firstAlert": problem.first_alert,
        "affectedNumberOfServices": len(claim.affected),
        "relatedEntity": [
            {"id": product, "@referredType": "Product", "role": role}
            for role, products in (("affected", claim.affected), ("exposed", claim.exposed))
            for product in products
        ],
        "trackingRecord": [
            {
                "id": str(place),
                "description": one.act,
                "time": one.at.isoformat(),
                "user": one.by,
                "note": one.note,
            }
            for place, one in enumerate(steps, 1)
        ],
        "characteristic": [
            {"name": "objective", "value": claim.objective_id},
            {"name": "names", "value": [dict(one) for one in claim.names]},
            {"name": "evidence", "value": claim.evidence},
        ],
    }


def _evidence_rows(dossier: Dossier) -> bytes:
    """Every product that was looked at: whether it has what is shared, whether it is bad, who told
    of it, and all attributes. The counts of the lift table are counts of these rows."""
    looked, attributes = dossier.looked, dossier.looked.members.attributes
    clusters = looked.members.clusters
    measured = dossier.observed is not None and dossier.expected is not None
    header = ["product_id", "in_finding", "bad", "told_by", "cluster"]
    header += ["observed", "expected"] if measured else []
    rows = []
    for at, product in enumerate(looked.ids):
        row: list[object] = [
            product,
            int(dossier.inside[at]),
            int(looked.members.bad[at]),
            " + ".join(sorted(looked.sources.get(product, ()))),
            "" if clusters is None else int(clusters[at]),
        ]
        if dossier.observed is not None and dossier.expected is not None:
            row += [repr(float(dossier.observed[at])), repr(float(dossier.expected[at]))]
        row += [
            attributes.values[place][code] if code >= 0 else ""
            for place, code in enumerate(attributes.codes[at].tolist())
        ]
        rows.append(row)
    return _csv(
        [*header, *(f"attribute.{name}" for name in attributes.names)],
        sorted(rows, key=lambda row: str(row[0])),
    )


def _lift(dossier: Dossier) -> bytes:
    header = ["role", "attributes", "members", "bad", "expected", "lift", "p"]
    rows = [
        [
            one.role,
            in_words(one.attributes),
            one.members,
            one.bad,
            f"{one.expected:.6g}",
            "" if one.lift is None else f"{one.lift:.6g}",
            f"{one.p:.6g}",
        ]
        for one in dossier.lift
    ]
    return _csv(header, rows)


def _impact(impact: Impact) -> bytes:
    rows: list[list[object]] = []
    for one in fields(impact):
        value = getattr(impact, one.name)
        if isinstance(value, Money):
            rows += [
                [one.name, currency, f"{value.amounts[currency]:f}"] for currency in value.amounts
            ]
            rows.append([f"{one.name} unknown", "", value.unknown])
        elif one.name == "allowance":
            rows += [
                [f"allowance {key}", "", "" if told is None else told]
                for key, told in asdict(value).items()
            ]
        else:
            rows.append([one.name, "", "" if value is None else value])
    return _csv(["what", "currency", "value"], rows)


def _timeline(dossier: Dossier) -> bytes:
    rows = sorted([one.first, one.last, one.kind, one.text] for one in dossier.marks)
    return _csv(["first_day", "last_day", "kind", "what"], rows)


def _course(dossier: Dossier) -> bytes:
    names = ["day", "missed", "members", "others_missed", "others"]
    return _csv(names, [[getattr(one, name) for name in names] for one in dossier.course])


def _steps(problem: ProductProblem) -> bytes:
    return _csv(
        ["at", "act", "state", "by", "note", "test"],
        [
            [
                one.at.isoformat(),
                one.act,
                one.state,
                one.by,
                one.note,
                "" if one.result is None else told(one.result),
            ]
            for one in problem.steps.order_by("pk")
        ],
    )


def _sources(workspace: Workspace, dossier: Dossier) -> dict[str, Any]:
    """What the pack was made from: hashes of the stored files of the period, and who told."""
    folder = workspace.results / dossier.claim.period
    return {
        "period": dossier.claim.period,
        "stored": {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
            for name in HASHED
            if (folder / name).is_file()
        },
        "told_by": dict(dossier.claim.evidence.get("sources") or {}),
    }


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Cells that a spreadsheet would run as a formula are put in quotes of their own."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow([_harmless(one) for one in header])
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return sink.getvalue().encode()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell
