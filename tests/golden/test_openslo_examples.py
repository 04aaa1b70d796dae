"""The OpenSLO examples beside what they mean here, worked out by hand in openslo/*.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.openslo_examples import openslo_examples

from trueline.offerings.meaning import offering_plain, parameter_plain
from trueline.offerings.openslo import parse_openslo

EXPECTED = json.loads((Path(__file__).parent / "openslo" / "expected.json").read_text())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_example_maps_as_worked_out(shared: Path, name: str) -> None:
    imported = parse_openslo(openslo_examples(shared)[name], name)

    assert imported.catalogue.set_aside == []
    (parameter,) = imported.catalogue.parameters
    (offering,) = imported.catalogue.offerings
    found = json.loads(
        json.dumps(
            {
                "parameter": parameter_plain(parameter),
                "offering": offering_plain(offering),
                "not_mapped": [item.field for item in imported.unmapped],
            },
            default=str,
        )
    )
    assert found == EXPECTED[name]


def test_every_shared_example_has_its_expectation(shared: Path) -> None:
    assert set(openslo_examples(shared)) == set(EXPECTED)
