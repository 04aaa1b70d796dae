"""Standards files in the languages that are read: our own YAML, and OpenSLO v1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trueline.intake.ledger import SetAsideRow
from trueline.intake.record import latest_delivery
from trueline.offerings.catalog import catalog_at
from trueline.offerings.openslo import is_openslo
from trueline.offerings.values import PerformanceParameter
from trueline.standards.document import StandardDraft, parse_standards
from trueline.standards.openslo import parse_openslo_standards


@dataclass(frozen=True)
class ReadStandards:
    """`losses`: what the file says and a standard cannot hold, each with its place and reason."""

    drafts: tuple[StandardDraft, ...]
    set_aside: tuple[SetAsideRow, ...]
    losses: tuple[str, ...] = ()


def read_standards(data: bytes, name: str) -> ReadStandards:
    """The drafts of a file, told apart by its apiVersion."""
    if not is_openslo(data):
        drafts, set_aside = parse_standards(data, name)
        return ReadStandards(tuple(drafts), tuple(set_aside))
    known: Mapping[str, PerformanceParameter] = catalog_at(latest_delivery()).parameters
    found = parse_openslo_standards(data, name, known)
    return ReadStandards(found.drafts, found.set_aside, found.losses)
