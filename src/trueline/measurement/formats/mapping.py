"""The mapping files of the formats: which object is which product, which counter which parameter.

A mapping is YAML given with `--mapping`, or kept as `mappings/<format>.yaml` in the workspace,
where the push endpoints find it."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from trueline.calendars.instants import zone
from trueline.errors import InputError, Place
from trueline.measurement.formats.formula import Formula, parse_formula
from trueline.measurement.formats.mapping_keys import Keys, Template
from trueline.settings.workspace import Workspace

MAX_MAPPING_BYTES = 4 * 1024 * 1024
MAX_TABLE_BYTES = 64 * 1024 * 1024


def read_mapping(path: Path) -> Mapping[str, object]:
    """The keys of a mapping file; a `table` named in it is looked up beside it."""
    mend = "Write a YAML mapping as in docs/reference/formats.md"
    try:
        if path.stat().st_size > MAX_MAPPING_BYTES:
            raise InputError("The mapping is too large", place=Place(str(path)), mend=mend)
        keys = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:  # ValueError: 2026-02-30
        raise InputError(f"Cannot read it ({error})", place=Place(str(path)), mend=mend) from None
    if not isinstance(keys, dict):
        raise InputError("It holds no keys and values", place=Place(str(path)), mend=mend)
    rules = keys.get("products")
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict) and isinstance(rule.get("table"), str):
            rule["table"] = str(_beside(path, rule["table"]))
    return keys


def _beside(mapping: Path, name: str) -> Path:
    """A table in the mapping's own folder or below: who may send a mapping may not thereby read
    any file of this machine."""
    folder = os.path.normpath(mapping.parent.absolute())
    table = os.path.normpath(os.path.join(folder, name))
    if os.path.commonpath([folder, table]) != folder or "\0" in name:
        raise InputError(
            f"The table {name!r} does not lie beside the mapping",
            place=Place(str(mapping), field="products.table"),
            mend="Put it into the same folder",
        )
    return Path(table)


def workspace_mapping(workspace: Workspace, format_name: str) -> Mapping[str, object]:
    """The mapping the workspace keeps for a format; empty when there is none."""
    path = workspace.home / "mappings" / f"{format_name}.yaml"
    return read_mapping(path) if path.exists() else {}


def keys_of(mapping: Mapping[str, object], name: str, format_name: str) -> Keys:
    """The top level, once it is known to be meant for this format."""
    keys = Keys(mapping, name)
    if keys.text("format", format_name) != format_name:
        raise keys.fault("format", f"this mapping is not for {format_name}")
    return keys


@dataclass(frozen=True)
class ProductRule:
    """A product by exact object name, or by a pattern whose groups fill the template."""

    product_id: Template
    match: re.Pattern[str] | None = None
    managed_element: re.Pattern[str] | None = None
    exact: Mapping[str, str] = field(default_factory=dict, hash=False)

    def product_of(self, measured_object: str, managed_element: str) -> str | None:
        fields = {"object": measured_object, "managed_element": managed_element}
        for pattern, text in (
            (self.match, measured_object),
            (self.managed_element, managed_element),
        ):
            if pattern is not None:
                found = pattern.search(text)
                if found is None:
                    return None
                fields |= {key: value or "" for key, value in found.groupdict().items()}
        if self.exact:
            return self.exact.get(measured_object)
        return self.product_id.fill(fields)


@dataclass(frozen=True)
class ParameterFormula:
    parameter: str
    value: Formula
    denominator: Formula | None = None

    @property
    def counters(self) -> tuple[str, ...]:
        extra = self.denominator.counters if self.denominator else ()
        return tuple(dict.fromkeys(self.value.counters + extra))


@dataclass(frozen=True)
class ObjectMapping:
    """Measured objects to products, counters to parameters."""

    products: tuple[ProductRule, ...]
    parameters: tuple[ParameterFormula, ...]
    zone: ZoneInfo | None = None

    def product_of(self, measured_object: str, managed_element: str) -> str | None:
        """The first rule that names a product."""
        for rule in self.products:
            product = rule.product_of(measured_object, managed_element)
            if product:
                return product
        return None


def parse_object_mapping(mapping: Mapping[str, object], name: str, form: str) -> ObjectMapping:
    if not mapping:
        raise InputError(
            "This format needs a mapping from objects to products and counters to parameters",
            place=Place(name or None),
            mend="Give one with --mapping FILE.yaml (docs/reference/formats.md)",
        )
    keys = keys_of(mapping, name, form).only("format", "products", "parameters", "time_zone")
    products = tuple(_product_rule(entry) for entry in keys.items("products"))
    parameters = tuple(_parameter_formula(entry) for entry in keys.items("parameters"))
    for key, entries in (("products", products), ("parameters", parameters)):
        if not entries:
            raise keys.fault(key, "expected at least one entry")
    zone_name = keys.maybe_text("time_zone")
    return ObjectMapping(products, parameters, zone(zone_name) if zone_name else None)


def _product_rule(entry: Keys) -> ProductRule:
    if "table" in entry.values:
        entry.only("table", "object_column", "product_id_column")
        return ProductRule(Template(""), exact=_table(entry))
    entry.only("object", "match", "managed_element", "product_id")
    rule = ProductRule(
        Template(entry.text("product_id")),
        match=_pattern(entry, "match"),
        managed_element=_pattern(entry, "managed_element"),
    )
    if "object" in entry.values:
        return replace(rule, exact={entry.text("object"): rule.product_id.text})
    if rule.match is None and rule.managed_element is None and not rule.product_id.fields():
        raise entry.fault("match", "expected `object`, `match`, `managed_element` or `table`")
    return rule


def _pattern(entry: Keys, key: str) -> re.Pattern[str] | None:
    text = entry.maybe_text(key)
    if text is None:
        return None
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise entry.fault(key, f"not a regular expression ({error})") from None


def _table(entry: Keys) -> dict[str, str]:
    path = Path(entry.text("table"))
    columns = entry.text("object_column", "object"), entry.text("product_id_column", "product_id")
    try:
        if path.stat().st_size > MAX_TABLE_BYTES:
            raise entry.fault("table", "the table is too large")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not set(columns) <= set(rows.fieldnames or ()):
                raise entry.fault("table", f"the table has no columns {' and '.join(columns)}")
            return {row[columns[0]]: row[columns[1]] for row in rows if row[columns[1]]}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise entry.fault("table", f"cannot read the table ({error})") from None


def _parameter_formula(entry: Keys) -> ParameterFormula:
    entry.only("parameter", "value", "denominator")
    parsed: dict[str, Formula | None] = {"denominator": None}
    for key in ("value", "denominator"):
        if key == "value" or key in entry.values:
            try:
                parsed[key] = parse_formula(entry.text(key))
            except InputError as error:
                raise entry.fault(key, error.what, error.mend) from None
    value = parsed["value"]
    assert value is not None
    return ParameterFormula(entry.text("parameter"), value, parsed["denominator"])
