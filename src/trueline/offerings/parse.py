"""Catalogue text to parameters and offerings; what is broken is set aside, the rest stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trueline.errors import InputError
from trueline.intake.ledger import SetAsideRow
from trueline.intake.yaml_tree import Listing, Node, Table
from trueline.offerings.document import each_definition, read_documents
from trueline.offerings.keys import OFFERING_KEYS, PARAMETER_KEYS
from trueline.offerings.reading import Site, read_keys
from trueline.offerings.validate import Fault, idle_keys, objective_faults, sibling_faults
from trueline.offerings.values import PerformanceParameter, ProductOffering


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
    return parse_tables(read_documents(data, name, ("parameters", "offerings")), name, known)


def parse_tables(
    tables: Sequence[Table], name: str, known: Mapping[str, PerformanceParameter] | None = None
) -> ParsedCatalogue:
    """Definitions from catalogue documents that were read or made before."""
    parsed = ParsedCatalogue()
    for table in tables:
        parsed.set_aside += each_definition(
            table, "parameters", name, lambda node, site: _take_parameter(node, site, parsed)
        )
    parameters = dict(known or {}) | {p.id: p for p in parsed.parameters}
    for table in tables:
        parsed.set_aside += each_definition(
            table,
            "offerings",
            name,
            lambda node, site: _take_offering(node, site, parsed, parameters),
        )
    return parsed


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
