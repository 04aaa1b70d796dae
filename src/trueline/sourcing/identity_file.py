"""Which characteristics name one sold offering, from `identities.yaml` in the workspace, and which
of them may decide by themselves what a name in a feed stands for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trueline.intake.yaml_tree import Node
from trueline.offerings.kinds import Choice, Text
from trueline.offerings.reading import Key, Site, read_keys
from trueline.sourcing.own_file import read_own_file

FILE = "identities.yaml"
_KEYS = (
    Key("characteristic", Text(200), "circuit_id, msisdn, interface ...", required=True),
    Key("apply", Choice(("certain", "never")), "certain: exact values apply by themselves"),
)


@dataclass(frozen=True)
class Identifiers:
    """`named`: characteristics that name one sold offering. `applying`: those of them whose exact
    values are applied without a person; none unless the file says so."""

    named: frozenset[str] = frozenset()
    applying: frozenset[str] = frozenset()


def read_identifiers(path: Path) -> Identifiers:
    """None where there is no file. InputError names line and field."""
    found: dict[str, bool] = {}

    def take(node: Node, site: Site) -> None:
        values = read_keys(node, _KEYS, site, "identifier")
        name = values["characteristic"]
        if name in found:
            raise site.error(node.line, f"The characteristic {name!r} stands twice in this file")
        found[name] = values.get("apply") == "certain"

    read_own_file(path, "identifiers", take)
    return Identifiers(frozenset(found), frozenset(name for name in found if found[name]))
