"""The published JSON Schema: equal to the tables that read the file, and true of real files."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from trueline.errors import InputError
from trueline.intake.yaml_tree import Listing, Node, Scalar, parse_yaml
from trueline.offerings.parse import parse_offerings
from trueline.offerings.schema import PUBLISHED, catalogue_schema, schema_text

VALIDATOR = Draft202012Validator(catalogue_schema())
SOUND = """\
apiVersion: trueline/v1
parameters:
- {id: delay, unit: ms, kind: sampled, direction: lowerIsBetter}
- {id: outage, kind: event, event_kinds: [outage]}
offerings:
- id: gold
  characteristics: {tier: 1}
  objectives:
  - id: a
    parameter: delay
    statistic: conformance
    threshold: {comparator: LE, value: 20.5}
    comparator: GE
    conformance_target: 0.95
    service_hours: {days: [MO, FR], from: 08:00, to: "18:00", holidays: PT}
    tolerance: {allowed_crossings: 1, period: PT60S}
    rounding: {mode: half_up, decimals: 2}
    valid_from: 2026-01-01
    annotations: {clause: 7}
"""


def _as_editors_read_it(node: Node) -> object:
    """YAML 1.2 core types, as an editor sees them: no dates, no base-60 numbers."""
    if isinstance(node, Listing):
        return [_as_editors_read_it(item) for item in node.items]
    if not isinstance(node, Scalar):
        return {key: _as_editors_read_it(child) for key, child in node.entries.items()}
    if not node.plain:
        return node.text
    if node.is_null:
        return None
    try:
        return int(node.text)
    except ValueError:
        pass
    try:
        return float(node.text)
    except ValueError:
        return node.text


def _faults(text: bytes) -> list[str]:
    (root,) = parse_yaml(text, "offerings.yaml")
    return [error.message for error in VALIDATOR.iter_errors(_as_editors_read_it(root))]


def test_published_schema_is_the_one_that_the_tables_make() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()


def test_schema_is_valid_json_schema() -> None:
    Draft202012Validator.check_schema(catalogue_schema())


def test_every_key_is_described_for_an_editor() -> None:
    definitions = catalogue_schema()["$defs"]
    assert isinstance(definitions, dict)
    for definition in definitions.values():
        for name, described in definition["properties"].items():
            assert described["description"], name


def test_contract_example_fits_the_schema(shared: Path) -> None:
    assert _faults((shared / "contracts/example/offerings.yaml").read_bytes()) == []


def test_catalogue_with_every_kind_of_key_fits_the_schema_and_is_read() -> None:
    assert _faults(SOUND.encode()) == []
    assert parse_offerings(SOUND.encode(), "offerings.yaml").set_aside == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("statistic: conformance", "statistic: conformity"),
        ("comparator: GE", "comparator: '>='"),
        ("    threshold: {comparator: LE, value: 20.5}\n", ""),
        ("conformance_target: 0.95", "conformance_traget: 0.95"),
        ("days: [MO, FR]", "days: [MONDAY]"),
        ("from: 08:00", "from: 8 am"),
        ("period: PT60S", "period: 60 s"),
        ("valid_from: 2026-01-01", "valid_from: 1 January"),
        ("kind: sampled", "kind: sample"),
        ("apiVersion: trueline/v1", "apiVersion: trueline/v2"),
        ("decimals: 2", "decimals: -1"),
    ],
)
def test_what_the_schema_refuses_is_refused_when_read(before: str, after: str) -> None:
    text = SOUND.replace(before, after, 1).encode()

    assert _faults(text)
    assert _refused(text)


def _refused(text: bytes) -> bool:
    try:
        return bool(parse_offerings(text, "offerings.yaml").set_aside)
    except InputError:
        return True
