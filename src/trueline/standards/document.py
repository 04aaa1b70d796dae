"""Threshold standards as code: the keys of a standards file, read and written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from trueline.intake.ledger import SetAsideRow
from trueline.intake.yaml_tree import Node, tree_of
from trueline.inventory.suppliers import (
    CARRYING_KEYS,
    SUPPORT_KIND_KEY,
    SupportKind,
    carried,
    carried_apart,
)
from trueline.offerings.document import each_definition, read_documents
from trueline.offerings.keys import OBJECTIVE
from trueline.offerings.kinds import (
    Choice,
    Day,
    Duration,
    Identifier,
    ListOf,
    Record,
    Text,
    TextByName,
    Whole,
)
from trueline.offerings.meaning import canonical
from trueline.offerings.reading import Key, Site, fields_of, read_keys, write_keys
from trueline.offerings.scope import StandardScope, standard_name
from trueline.offerings.values import Rollout, ServiceLevelObjective


@dataclass(frozen=True)
class Support:
    """One promise that this one rests on. Parts of the same `alternative` stand in for each other;
    that they fail independently has to be asserted. Shares 0 to 1, seconds."""

    name: str
    kind: SupportKind
    availability: Decimal | None = None
    repair_s: int | None = None
    alternative: str | None = None
    independent: bool = False


@dataclass(frozen=True)
class StandardDraft:
    """A proposed version. `corrects`: the version whose record was wrong; `agreed_with`: where
    each customer agreed who would be promised less."""

    scope: StandardScope
    objective: ServiceLevelObjective
    rollout: Rollout = Rollout.NEW
    corrects: int | None = None
    rationale: str = ""
    evidence: str = ""
    review_due: date | None = None
    granularity_s: int | None = None
    supported_by: tuple[Support, ...] = ()
    agreed_with: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        return standard_name(self.scope, self.objective.id)


SCOPE_KEYS = (
    Key("offering", Identifier(), "products of this offering"),
    Key("specification", Identifier(), "products of offerings with this specification"),
    Key("customer_class", Identifier(), "products of customers of this segment"),
)


def _support(**named: Any) -> Support:
    return Support(**carried(**named))


SUPPORT_KEYS = (
    Key("name", Text(200), "what the promise rests on", required=True),
    SUPPORT_KIND_KEY,
    *CARRYING_KEYS,
)
STANDARD_KEYS: tuple[Key, ...] = (
    Key(
        "applies_to",
        Record("scope", SCOPE_KEYS, StandardScope, fields_of),
        "what the standard is for; left out: every offering",
        default=StandardScope(),
    ),
    Key("objective", OBJECTIVE, "the promise, as in a catalogue file", required=True),
    Key(
        "rollout",
        Choice(Rollout),
        "new: products sold or renewed from valid_from on; all: every product",
        default=Rollout.NEW,
    ),
    Key("corrects", Whole(1), "the version whose record was wrong: this one takes its place"),
    Key("rationale", Text(), "why", default=""),
    Key("evidence", Text(), "where the reasons can be looked up", default=""),
    Key("review_due", Day(), "day by which the standard is looked at again"),
    Key("granularity", Duration(), "length of one measured interval; else as measured"),
    Key(
        "supported_by",
        ListOf(Record("support", SUPPORT_KEYS, _support, carried_apart)),
        "the promises that this one rests on",
        default=(),
    ),
    Key(
        "agreed_with",
        TextByName(),
        "by customer who would be promised less: where the customer agreed",
        default={},
    ),
)


def parse_standards(data: bytes, name: str) -> tuple[list[StandardDraft], list[SetAsideRow]]:
    """The drafts of a standards file, and the broken ones with their reasons."""
    drafts: list[StandardDraft] = []
    set_aside: list[SetAsideRow] = []
    for table in read_documents(data, name, ("standards",)):
        set_aside += each_definition(
            table, "standards", name, lambda node, site: drafts.append(read_draft(node, site))
        )
    return drafts, set_aside


def read_draft(node: Node, site: Site) -> StandardDraft:
    values = read_keys(node, STANDARD_KEYS, site, "standard")
    return StandardDraft(
        scope=values.pop("applies_to", StandardScope()),
        granularity_s=values.pop("granularity", None),
        **values,
    )


def draft_plain(draft: StandardDraft) -> dict[str, object]:
    """The draft in the keys of a standards file, defaults left out."""
    values = dict(fields_of(draft))
    values["applies_to"] = values.pop("scope")
    values["granularity"] = values.pop("granularity_s")
    return write_keys(values, STANDARD_KEYS)


def draft_text(draft: StandardDraft) -> str:
    """Canonical text, for keeping and comparing."""
    return canonical(draft_plain(draft))


def draft_of(text: str) -> StandardDraft:
    """The inverse of `draft_text`."""
    return read_draft(tree_of(json.loads(text)), Site("standards"))
