"""Analyses as JSON objects: in the words of the columns, or of a TM Forum resource.

Understood by their `@type`: TMF621 TroubleTicket, TMF623 SLAViolation, TMF656 ServiceProblem. One
resource that names several products becomes one row for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trueline.inventory.rows import fault
from trueline.problems.analysis import AnalysisKind

# By TM Forum type: what kind of analysis it is, and which of its attributes are which column.
_KINDS = {
    "TroubleTicket": AnalysisKind.TICKET,
    "SLAViolation": AnalysisKind.VIOLATION,
    "ServiceLevelAgreementViolation": AnalysisKind.VIOLATION,
    "ServiceProblem": AnalysisKind.DEGRADATION_REPORT,
}
_WORDS = {
    "id": "analysis_id",
    "creationDate": "start",
    "resolutionDate": "end",
    "severity": "severity",
    "status": "status",
    "originatingSystem": "source",
    "description": "description",
}
_VIOLATION_WORDS = {
    "actualValue": "value",
    "operator": "comparator",
    "referenceValue": "target",
    "unit": "unit",
}
Cells = dict[str, str]


def cells_of(item: Any) -> Iterator[Cells]:
    """The rows of one JSON object; InputError where it is none or a value is of the wrong kind."""
    if not isinstance(item, dict):
        raise fault("", "not an object with the columns of an analysis")
    kind = _KINDS.get(str(item.get("@type", "")))
    yield from [_plain(item)] if kind is None else _resource(item, kind)


def _plain(item: Mapping[str, Any]) -> Cells:
    """Column words; `attributes` is an object of further columns."""
    cells: Cells = {}
    for name, value in item.items():
        if name == "attributes" and isinstance(value, dict):
            cells |= {key: _text(key, one) for key, one in value.items()}
        else:
            cells[name] = _text(name, value)
    return {"end": "", **cells}


def _resource(item: Mapping[str, Any], kind: AnalysisKind) -> Iterator[Cells]:
    cells: Cells = {"kind": kind.value, "end": ""}
    cells |= {_WORDS[name]: _text(name, item[name]) for name in _WORDS if name in item}
    if kind is AnalysisKind.VIOLATION:
        cells |= _violation(item)
    for told in _list(item, "characteristic"):
        name = _text("characteristic", told.get("name"))
        cells[name] = _text(name, told.get("value"))
    for party in _list(item, "relatedParty"):
        if str(party.get("role", "")).lower() == "customer":
            cells["customer_id"] = _text("relatedParty", party.get("id"))
    products = [
        _text("relatedEntity", one.get("id"))
        for one in _list(item, "relatedEntity")
        if "Product" in (one.get("@referredType"), one.get("@type"), one.get("role"))
    ]
    if not products and "product_id" not in cells:
        raise fault("relatedEntity", "no related entity of @referredType Product")
    if len(products) <= 1:
        yield cells | ({"product_id": products[0]} if products else {})
        return
    for product in products:
        number = f"{cells.get('analysis_id', '')}/{product}"
        yield cells | {"product_id": product, "analysis_id": number}


def _violation(item: Mapping[str, Any]) -> Cells:
    """TMF623: `date` is when it happened; `validFor`, where given, over which time."""
    told = item.get("violation")
    violation: Mapping[str, Any] = told if isinstance(told, dict) else {}
    cells = {
        column: _text(name, violation[name])
        for name, column in _VIOLATION_WORDS.items()
        if name in violation
    }
    rule, span = violation.get("rule"), item.get("validFor")
    if isinstance(rule, dict):
        cells["objective_id"] = _text("rule", rule.get("id"))
    if "comment" in violation:
        cells["description"] = _text("comment", violation["comment"])
    moment = _text("date", item.get("date"))
    if isinstance(span, dict):
        start = _text("validFor", span.get("startDateTime"))
        return cells | {"start": start, "end": _text("validFor", span.get("endDateTime"))}
    return cells | {"start": moment, "end": moment}


def _list(item: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = item.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise fault(name, f"{name} is not a list of objects")
    return found


def _text(name: str, value: Any) -> str:
    """Numbers come as the text that the file has."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value.strip()
        case _:
            raise fault(name, f"{name} is neither a text nor a number")
