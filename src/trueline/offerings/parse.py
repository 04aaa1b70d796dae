"""Catalogue text to parameters and offerings; what is broken is set aside, the rest stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from trueline.errors import InputError, Place
from trueline.intake.ledger import SetAsideRow
from trueline.intake.yaml_tree import Listing, Node, Scalar, Table, parse_yaml
from trueline.offerings.keys import API_VERSION, OFFERING_KEYS, PARAMETER_KEYS
from trueline.offerings.reading import Site, nearest, read_keys
from trueline.offerings.validate import Fault, idle_keys, objective_faults, sibling_faults
from trueline.offerings.values import PerformanceParameter, ProductOffering

_TOP_KEYS = ("apiVersion", "parameters", "offerings")


@dataclass
class ParsedCatalogue:
    """What a catalogue file holds: the sound definitions, the broken ones with their reasons."""

    parameters: list[PerformanceParameter] = field(default_factory=list)
    offerings: list[ProductOffering] = field(default_factory=list)
    set_aside: list[SetAsideRow] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def parse_offerings(
    data: bytes, name: str, known: Mapping[str, PerformanceParameter] | None = None
) -> ParsedCatalogue:
    """Read a catalogue file. `known`: parameters defined elsewhere that offerings may use."""
    documents = parse_yaml(data, name)
    if not documents:
        raise InputError(
            "The file is empty", place=Place(name), mend=f"Start it with apiVersion: {API_VERSION}"
        )
    tables = [_checked_top(document, name) for document in documents]
    parsed = ParsedCatalogue()
    for table in tables:
        _each(table, "parameters", name, parsed, _take_parameter)
    parameters = dict(known or {}) | {p.id: p for p in parsed.parameters}
    for table in tables:
        _each(
            table,
            "offerings",
            name,
            parsed,
            lambda node, site, out: _take_offering(node, site, out, parameters),
        )
    return parsed


def _checked_top(document: Node, name: str) -> Table:
    site = Site(name)
    if not isinstance(document, Table):
        raise site.error(
            document.line, "This is no catalogue", f"Start it with apiVersion: {API_VERSION}"
        )
    version = document.entries.get("apiVersion")
    if not isinstance(version, Scalar) or version.text != API_VERSION:
        found = version.text if isinstance(version, Scalar) else "none"
        raise site.child("apiVersion").error(
            version.line if version else document.line,
            f"The apiVersion is {found!r}",
            f"Write apiVersion: {API_VERSION} (OpenSLO documents are read too: openslo/v1)",
        )
    for key in document.entries:
        if key not in _TOP_KEYS:
            raise site.child(key).error(
                document.lines[key], f"{key!r} is not a key of a catalogue", nearest(key, _TOP_KEYS)
            )
    return document


def _each(
    table: Table,
    key: str,
    name: str,
    parsed: ParsedCatalogue,
    take: Callable[[Node, Site, ParsedCatalogue], None],
) -> None:
    """Take every definition under `key`; the one that is broken is set aside."""
    node = table.entries.get(key)
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return
    if not isinstance(node, Listing):
        raise Site(name, key).error(node.line, f"A list of {key} belongs here")
    for index, item in enumerate(node.items):
        site = Site(name, f"{key}[{_id_of(item) or index}]")
        try:
            take(item, site, parsed)
        except InputError as error:
            parsed.set_aside.append(
                SetAsideRow(
                    error.place.line or item.line,
                    error.place.field or site.path,
                    f"{error.what}. {error.mend}" if error.mend else error.what,
                    _id_of(item),
                )
            )


def _id_of(node: Node) -> str:
    found = node.entries.get("id") if isinstance(node, Table) else None
    return found.text if isinstance(found, Scalar) else ""


def _take_parameter(node: Node, site: Site, parsed: ParsedCatalogue) -> None:
    parameter = PerformanceParameter(**read_keys(node, PARAMETER_KEYS, site, "parameter"))
    if any(other.id == parameter.id for other in parsed.parameters):
        raise site.error(node.line, f"The parameter {parameter.id} stands twice in this file")
    parsed.parameters.append(parameter)


def _take_offering(
    node: Node,
    site: Site,
    parsed: ParsedCatalogue,
    parameters: Mapping[str, PerformanceParameter],
) -> None:
    offering = read_offering(node, site)
    if any(other.id == offering.id for other in parsed.offerings):
        raise site.error(node.line, f"The offering {offering.id} stands twice in this file")
    faults = [
        (index, fault)
        for index, objective in enumerate(offering.objectives)
        for fault in objective_faults(objective, parameters)
    ]
    faults += sibling_faults(offering.objectives)
    if faults:
        raise _fault_error(node, site, offering, faults)
    for objective in offering.objectives:
        for key in idle_keys(objective):
            parsed.warnings.append(
                f"{offering.id}/{objective.id}: {key} has no effect with {objective.statistic}"
            )
    parsed.offerings.append(offering)


def read_offering(node: Node, site: Site) -> ProductOffering:
    """One offering from its mapping, each key checked alone."""
    return ProductOffering(**read_keys(node, OFFERING_KEYS, site, "offering"))


def _fault_error(
    node: Node, site: Site, offering: ProductOffering, faults: list[tuple[int, Fault]]
) -> InputError:
    """One error for all faults of an offering, placed at the first."""
    index, first = faults[0]
    found = node.entries["objectives"] if isinstance(node, Table) else node
    item = found.items[index] if isinstance(found, Listing) else found
    line = item.lines.get(first.field, item.line) if isinstance(item, Table) else item.line
    reasons = [
        f"{offering.objectives[i].id}: {fault.what}" + (f" ({fault.mend})" if fault.mend else "")
        for i, fault in faults
    ]
    where = site.child(f"objectives[{offering.objectives[index].id}]").child(first.field)
    return where.error(line, "; ".join(reasons))
