"""Agreement rows, one negotiated change each, from CSV or Parquet rows or from YAML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from trueline.calendars.instants import parse_day
from trueline.errors import InputError, Place
from trueline.intake.ledger import SetAsideRow
from trueline.intake.tables import Columns, TableRow
from trueline.intake.yaml_tree import Listing, Node, Scalar, Table
from trueline.inventory.rows import fault, id_of
from trueline.inventory.values import Agreement, AgreementTerm
from trueline.offerings.document import each_definition, read_documents
from trueline.offerings.kinds import Day, Identifier, ListOf, Text
from trueline.offerings.override import check_change, with_changes
from trueline.offerings.reading import Key, Site, read_keys, scalar_text
from trueline.offerings.values import Catalog

AGREEMENT_COLUMNS = Columns(
    ("agreement_id", "customer_id", "objective_id", "key", "value"),
    ("name", "product_id", "valid_from", "valid_to"),
)


@dataclass(frozen=True)
class Change:
    """One row: in `agreement_id`, `key` of `objective_id` is `value` for `product_ids` (None =
    every product) over local days [valid_from, valid_to)."""

    line: int
    agreement_id: str
    customer_id: str
    name: str
    objective_id: str
    key: str
    value: str
    product_ids: tuple[str, ...] | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        return (self.objective_id, self.key, self.product_ids, self.valid_from)

    @property
    def content(self) -> tuple[object, ...]:
        return (self.value, self.valid_to)


def change_of(row: TableRow) -> Change:
    """A change from a row of the agreements table."""
    cells = row.cells
    product = id_of(cells, "product_id") if cells.get("product_id") else ""
    change = Change(
        row.line,
        id_of(cells, "agreement_id"),
        id_of(cells, "customer_id"),
        cells.get("name", "")[:500],
        id_of(cells, "objective_id"),
        id_of(cells, "key"),
        cells["value"],
        (product,) if product else None,
        _day(cells, "valid_from"),
        _day(cells, "valid_to"),
    )
    check_validity(change.valid_from, change.valid_to)
    try:
        check_change(change.key, change.value, Site("", "value"))
    except InputError as error:
        raise fault(
            "key" if "negotiated" in error.what else "value", error.what, error.mend
        ) from None
    return change


def check_validity(start: date | None, end: date | None) -> None:
    if start is not None and end is not None and start >= end:
        raise fault("valid_to", f"valid_to {end} is not after valid_from {start}")


def changes_of_yaml(data: bytes, name: str) -> tuple[list[Change], list[SetAsideRow]]:
    """Changes of the agreements in a trueline/v1 YAML file, and those that were set aside."""
    found: list[Change] = []
    set_aside: list[SetAsideRow] = []
    for table in read_documents(data, name, ("agreements",)):
        set_aside += each_definition(
            table, "agreements", name, lambda node, site: found.extend(_agreement(node, site))
        )
    return found, set_aside


@dataclass(frozen=True)
class _Changes:
    """Objective keys, nested or dotted, with their values as text and the line of each."""

    def read(self, node: Node, site: Site) -> dict[str, tuple[str, int]]:
        return dict(self._flat(node, site, ""))

    def _flat(self, node: Node, site: Site, prefix: str) -> Iterator[tuple[str, tuple[str, int]]]:
        if not isinstance(node, Table):
            raise site.error(node.line, "A mapping of objective keys to values belongs here")
        for key, child in node.entries.items():
            path, place = prefix + key, site.child(key)
            if isinstance(child, Table):
                yield from self._flat(child, place, f"{path}.")
                continue
            text = _text_of(child, place)
            try:
                check_change(path, text, place)
            except InputError as error:
                raise place.error(node.lines[key], error.what, error.mend) from None
            yield path, (text, node.lines[key])

    def plain(self, value: object) -> object:
        return value

    def schema(self) -> dict[str, object]:
        return {"type": "object"}


_TERM_KEYS = (
    Key("objective", Identifier(), "id of the objective", required=True),
    Key("products", ListOf(Identifier()), "products the term is about; else all"),
    Key("valid_from", Day(), "first local day in force"),
    Key("valid_to", Day(), "first local day no longer in force"),
    Key("changes", _Changes(), "objective keys and their negotiated values", required=True),
)


@dataclass(frozen=True)
class _Term:
    def read(self, node: Node, site: Site) -> dict[str, object]:
        values = read_keys(node, _TERM_KEYS, site, "term")
        try:
            check_validity(values.get("valid_from"), values.get("valid_to"))
        except InputError as error:
            raise site.error(node.line, error.what) from None
        return values

    def plain(self, value: object) -> object:
        return value

    def schema(self) -> dict[str, object]:
        return {"type": "object"}


_AGREEMENT_KEYS = (
    Key("id", Identifier(), "name of the agreement", required=True),
    Key("customer", Identifier(), "id of the customer", required=True),
    Key("name", Text(500), "title for people"),
    Key("terms", ListOf(_Term()), "what was negotiated", required=True),
)


def _agreement(node: Node, site: Site) -> list[Change]:
    values = read_keys(node, _AGREEMENT_KEYS, site, "agreement")
    return [
        Change(
            line,
            values["id"],
            values["customer"],
            values.get("name", ""),
            term["objective"],
            key,
            text,
            term.get("products"),
            term.get("valid_from"),
            term.get("valid_to"),
        )
        for term in values["terms"]
        for key, (text, line) in term["changes"].items()
    ]


def _text_of(node: Node, site: Site) -> str:
    if isinstance(node, Listing):
        return " ".join(scalar_text(item, site) for item in node.items)
    if isinstance(node, Scalar) and node.is_null:
        return ""
    return scalar_text(node, site)


def changes_in(agreement: Agreement) -> list[Change]:
    """The rows that an agreement was made of."""
    return [
        Change(
            0,
            agreement.id,
            agreement.customer_id,
            agreement.name,
            term.objective_id,
            key,
            value,
            term.product_ids,
            term.valid_from,
            term.valid_to,
        )
        for term in agreement.terms
        for key, value in term.changes.items()
    ]


def terms_from(changes: Iterable[Change]) -> tuple[AgreementTerm, ...]:
    """Rows of one objective, the same products and the same validity make one term."""
    terms: dict[tuple[object, ...], AgreementTerm] = {}
    for change in changes:
        key = (change.objective_id, change.product_ids, change.valid_from, change.valid_to)
        known = terms.get(key)
        values = dict(known.changes) if known else {}
        values[change.key] = change.value
        terms[key] = AgreementTerm(
            change.objective_id, values, change.product_ids, change.valid_from, change.valid_to
        )
    return tuple(terms.values())


def unfit_terms(agreement: Agreement, catalog: Catalog) -> Mapping[tuple[object, ...], str]:
    """Reasons why terms make no sound objective with any offering, by the term's rows: objective,
    products, validity. A term for an objective that no offering has must define a whole one."""
    unfit: dict[tuple[object, ...], str] = {}
    by_id = {
        objective.id: objective
        for offering in catalog.offerings.values()
        for objective in offering.objectives
    }
    for term in agreement.terms:
        try:
            with_changes(by_id.get(term.objective_id), term.objective_id, term.changes)
        except InputError as error:
            reason = error.what
            if term.objective_id not in by_id:
                reason = f"No offering has the objective {term.objective_id!r}"
            unfit[term.objective_id, term.product_ids, term.valid_from, term.valid_to] = reason
    return unfit


def _day(cells: Mapping[str, str], column: str) -> date | None:
    text = cells.get(column, "")
    if not text:
        return None
    try:
        return parse_day(text)
    except ValueError:
        raise InputError(
            f"{text[:60]!r} is not a date",
            place=Place(field=column),
            mend="Write a local day such as 2026-07-01",
        ) from None
