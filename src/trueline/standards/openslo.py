"""Threshold standards as OpenSLO v1 documents, both ways.

Each objective of an SLO is a draft for the offering that its Service names. What OpenSLO has no
words for (what the standard applies to, its rollout, why, what it rests on, who agreed) travels in
the annotation `trueline/standard`, so that reading an export back gives the same drafts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from trueline.intake.ledger import SetAsideRow
from trueline.intake.yaml_tree import parse_yaml, tree_of
from trueline.offerings.meaning import objective_plain
from trueline.offerings.openslo import parse_openslo
from trueline.offerings.openslo_documents import Document, Plain, document_of, list_at, text_at
from trueline.offerings.openslo_export import beyond_openslo, openslo_documents
from trueline.offerings.reading import Site
from trueline.offerings.render import render_documents
from trueline.offerings.scope import StandardScope
from trueline.offerings.values import (
    PerformanceParameter,
    ProductOffering,
    ServiceLevelObjective,
)
from trueline.standards.document import StandardDraft, draft_plain, read_draft

_Key = tuple[str, str]  # service or offering, objective
_OBJECTIVE = "objective"


@dataclass(frozen=True)
class OpenSloStandards:
    """`losses`: what the documents say and a standard cannot hold."""

    drafts: tuple[StandardDraft, ...]
    set_aside: tuple[SetAsideRow, ...]
    losses: tuple[str, ...]


def parse_openslo_standards(
    data: bytes, name: str, known: Mapping[str, PerformanceParameter]
) -> OpenSloStandards:
    """Drafts of every objective of the file. `known`: the parameters of the catalogue, which a
    standard uses and does not define."""
    read = parse_openslo(data, name, known)
    documents = [document_of(node, name) for node in parse_yaml(data, name)]
    notes = _notes(documents)
    losses = [str(one) for one in read.unmapped]
    drafts: list[StandardDraft] = []
    for offering in read.catalogue.offerings:
        drafts += [_draft(offering, one, notes) for one in offering.objectives]
    for parameter in read.catalogue.parameters:
        if parameter.id not in known:
            losses.append(
                f"parameter {parameter.id}: a standard defines none; load the file with "
                "`trueline load offerings` first"
            )
        elif parameter != known[parameter.id]:
            losses.append(f"parameter {parameter.id}: the catalogue's own definition counts")
    return OpenSloStandards(tuple(drafts), tuple(read.catalogue.set_aside), tuple(losses))


def _draft(
    offering: ProductOffering,
    objective: ServiceLevelObjective,
    notes: Mapping[_Key, Mapping[str, object]],
) -> StandardDraft:
    """What its annotation says, held by the offering where that names nothing else."""
    plain: dict[str, object] = {"applies_to": {"offering": offering.id}}
    plain |= notes.get((offering.id, objective.id), {})
    plain[_OBJECTIVE] = objective_plain(objective)
    return read_draft(tree_of(plain), Site(f"standard of {objective.id}"))


def _notes(documents: Sequence[Document]) -> dict[_Key, Mapping[str, object]]:
    """What annotations keep with objectives, by the offering they come out with and by id."""
    found: dict[_Key, Mapping[str, object]] = {}
    offerings = {d.name: _offering_of(d) for d in documents if d.kind == "Service"}
    for document in documents:
        if document.kind == "Service":
            for objective_id, note in document.annotation("standards").items():
                if isinstance(note, dict):
                    found[_offering_of(document), objective_id] = note
        elif document.kind == "SLO":
            service = text_at(document.spec, "service")
            note = document.annotation("standard")
            for objective_id in _objective_ids(document) if note else ():
                found[offerings.get(service, service), objective_id] = note
    return found


def _offering_of(service: Document) -> str:
    return str(service.annotation("offering").get("id", service.name))


def _objective_ids(document: Document) -> Iterator[str]:
    """As the catalogue import names them."""
    own = document.annotation("objective").get("id")
    count = len(list_at(document.spec, "objectives"))
    for number in range(1, count + 1):
        yield str(own) if own else document.name if count == 1 else f"{document.name}-{number}"


def render_openslo_standards(
    drafts: Iterable[StandardDraft], parameters: Mapping[str, PerformanceParameter]
) -> tuple[str, tuple[str, ...]]:
    """The documents, and what stands in annotations only because OpenSLO has no words for it."""
    by_scope: dict[StandardScope, list[StandardDraft]] = defaultdict(list)
    for draft in drafts:
        by_scope[draft.scope].append(draft)
    documents: list[dict[str, object]] = []
    losses: list[str] = []
    for scope, mine in by_scope.items():
        service = ProductOffering(
            _service_name(scope), objectives=tuple(draft.objective for draft in mine)
        )
        notes = {draft.objective.id: _note(draft) for draft in mine}
        documents += openslo_documents(service, parameters, notes)
        beyond = set(beyond_openslo(service, parameters))
        for draft in mine:
            kept = sorted(notes[draft.objective.id])
            if draft.objective.id in beyond:
                losses.append(f"{draft.name}: the promise itself")
            elif kept:
                losses.append(f"{draft.name}: {', '.join(kept)}")
    return render_documents(documents), tuple(losses)


def _service_name(scope: StandardScope) -> str:
    """An offering under its own name; other scopes under words, their keys in the annotation."""
    alone = scope.specification is None and scope.customer_class is None
    return scope.offering if scope.offering is not None and alone else scope.words


def _note(draft: StandardDraft) -> Plain:
    plain = {key: value for key, value in draft_plain(draft).items() if key != _OBJECTIVE}
    applies = plain.get("applies_to")
    if applies == {"offering": draft.scope.offering}:
        del plain["applies_to"]
    elif applies is None:
        plain["applies_to"] = {}  # every offering, and not only the one that the Service names
    return plain
