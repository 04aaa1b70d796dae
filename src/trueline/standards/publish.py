"""Publishing an approved standard, and retiring one: new records, never an edit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from trueline.errors import InputError
from trueline.intake.ledger import Ledger
from trueline.intake.load import LoadOptions
from trueline.intake.models import Delivery, known_at
from trueline.intake.record import DeliverySource
from trueline.intake.recorded_load import Outcome, record_load, supersede
from trueline.inventory.snapshot import snapshot_at
from trueline.offerings.catalog import catalog_at, scope_text
from trueline.offerings.meaning import canonical, objective_plain
from trueline.offerings.models import ObjectiveVersion, PublishedStandard
from trueline.offerings.scope import Level
from trueline.offerings.values import Basis, Rollout, ServiceLevelObjective
from trueline.people.people import may
from trueline.settings.workspace import Workspace
from trueline.standards.acts import Deed, move, proposal_numbered
from trueline.standards.approve import refuse_faults
from trueline.standards.document import StandardDraft, draft_of
from trueline.standards.facts import Examined, examine
from trueline.standards.life_cycle import PUBLISHERS, Act, State, moved, refuse_author
from trueline.standards.models import StandardProposal
from trueline.standards.proposed import held_by, holders, in_force_s, versions_in, with_standard
from trueline.standards.reissue import Reissue, to_reissue
from trueline.standards.stored import stored_periods


@dataclass(frozen=True)
class Published:
    """`reissue`: figures of assessed periods that rest on another version now."""

    proposal: StandardProposal
    delivery: int
    version: int
    reissue: tuple[Reissue, ...]


def publish(workspace: Workspace, number: int, deed: Deed) -> Published:
    """Put an approved standard into the product offering repository. What is wrong with it by now
    is refused, also what customers would have to agree to first."""
    may(deed.by, PUBLISHERS, "publish standards")
    proposal = proposal_numbered(number)
    refuse_author(proposal.author, deed.by, Act.PUBLISH)
    moved(State(proposal.state), Act.PUBLISH)
    draft = draft_of(proposal.document)
    seen: list[Examined] = []

    def write(delivery: Delivery) -> Outcome:
        examined = examine(workspace, draft, delivery.id)
        refuse_faults(examined)
        seen.append(examined)
        _record(delivery, examined, proposal, deed)
        return Outcome(Ledger(accepted=1, corrected=int(draft.corrects is not None)))

    source = DeliverySource("standards", proposal.standard, recorded_by=deed.by)
    report = record_load(workspace, source, LoadOptions(deed.now, deed.by), write)
    reissue = reissue_of(workspace, seen[0])
    return Published(proposal, report.delivery, seen[0].proposed.version, reissue)


def reissue_of(workspace: Workspace, examined: Examined) -> tuple[Reissue, ...]:
    """Figures of the assessed periods that publishing the draft changes, or changed."""
    draft = examined.proposed.draft
    after = with_standard(examined.catalog, examined.proposed)
    reached = holders(draft.scope, after, examined.snapshot, 0)
    since = draft.objective.valid_from
    periods = [p for p in stored_periods(workspace.results) if since is None or p.end > since]
    return to_reissue(examined.catalog, after, examined.snapshot, reached, periods)


def _record(delivery: Delivery, examined: Examined, proposal: StandardProposal, deed: Deed) -> None:
    draft, version = examined.proposed.draft, examined.proposed.version
    rollout = draft.rollout
    if draft.corrects is not None:
        rollout = _supersede_version(delivery, draft, draft.corrects, examined)
    PublishedStandard.objects.create(
        delivery=delivery,
        scope=scope_text(draft.scope),
        objective_id=draft.objective.id,
        version=version,
        rollout=rollout,
        definition=canonical(objective_plain(draft.objective)),
        published_by=deed.by,
    )
    for earlier in StandardProposal.objects.filter(
        standard=proposal.standard, state=State.PUBLISHED
    ):
        move(earlier, Act.SUPERSEDE, Deed(deed.by, deed.now, f"by version {version}"))
    move(proposal, Act.PUBLISH, deed)
    StandardProposal.objects.filter(pk=proposal.pk).update(version=version)
    proposal.version = version


def _supersede_version(
    delivery: Delivery, draft: StandardDraft, version: int, examined: Examined
) -> Rollout:
    """End the record of the version that was wrong; to whom it reached, its correction reaches."""
    known = known_at(delivery.id)
    rows = PublishedStandard.objects.filter(
        known, scope=scope_text(draft.scope), objective_id=draft.objective.id, version=version
    )
    supersede(PublishedStandard, list(rows.values_list("pk", flat=True)), delivery)
    if draft.scope.level is Level.OFFERING:
        loaded = ObjectiveVersion.objects.filter(
            known,
            offering_id=draft.scope.offering or "",
            objective_id=draft.objective.id,
            version=version,
        )
        supersede(ObjectiveVersion, list(loaded.values_list("pk", flat=True)), delivery)
    held = versions_in(examined.catalog, draft.scope, draft.objective.id)
    return next((one.rollout for one in held if one.version == version), draft.rollout)


def retire(workspace: Workspace, number: int, last: date, deed: Deed) -> int:
    """End a published version: from the local day `last` on it holds for nobody. Refused while
    products would lose what was agreed. The number of the delivery."""
    may(deed.by, PUBLISHERS, "retire standards")
    proposal = proposal_numbered(number)
    refuse_author(proposal.author, deed.by, Act.RETIRE)
    moved(State(proposal.state), Act.RETIRE)
    draft = draft_of(proposal.document)

    def write(delivery: Delivery) -> Outcome:
        row = PublishedStandard.objects.filter(
            known_at(delivery.id),
            scope=proposal.scope,
            objective_id=proposal.objective_id,
            version=proposal.version or 0,
        ).first()
        if row is None:
            raise InputError(f"Version {proposal.version} of {proposal.standard} is not in force")
        ended = _ended(draft.objective, last)
        _refuse_losers(draft, proposal.version or 0, last, delivery.id)
        supersede(PublishedStandard, [row.pk], delivery)
        PublishedStandard.objects.create(
            delivery=delivery,
            scope=row.scope,
            objective_id=row.objective_id,
            version=row.version,
            rollout=row.rollout,
            definition=canonical(objective_plain(ended)),
            published_by=deed.by,
        )
        move(proposal, Act.RETIRE, Deed(deed.by, deed.now, f"from {last}. {deed.note}"))
        return Outcome(Ledger(accepted=1, corrected=1))

    source = DeliverySource("standards", f"retire {proposal.standard}", recorded_by=deed.by)
    return record_load(workspace, source, LoadOptions(deed.now, deed.by), write).delivery


def _ended(objective: ServiceLevelObjective, last: date) -> ServiceLevelObjective:
    start = objective.valid_from
    if start is not None and last <= start:
        raise InputError(f"It is in force from {start}: it cannot end on {last}")
    return replace(objective, valid_to=last)


def _refuse_losers(draft: StandardDraft, version: int, last: date, delivery: int) -> None:
    """InputError while products in service after `last` hold the version by then."""
    if draft.objective.basis is Basis.ACCEPTABLE:
        return
    catalog, snapshot = catalog_at(delivery), snapshot_at(delivery)
    on_that_day = replace(draft, objective=replace(draft.objective, valid_from=last))
    losers = []
    for product in holders(draft.scope, catalog, snapshot, 0):
        at_s = in_force_s(on_that_day, product)
        if product.end is not None and product.end.timestamp() <= at_s:
            continue
        held = held_by(product, catalog, snapshot, draft.objective.id, at_s)
        if held is not None and held.objective.version == version:
            losers.append(product.id)
    if losers:
        raise InputError(
            f"{len(losers)} products still hold version {version} on {last}: {losers[0]} first",
            mend="Publish a later version for them, or migrate them, then retire this one",
        )
