"""Two versions side by side, and what a proposal changes of what was assessed."""

from __future__ import annotations

from dataclasses import dataclass

from trueline.errors import InputError
from trueline.inventory.snapshot import snapshot_at
from trueline.offerings.catalog import catalog_at, scope_of
from trueline.offerings.models import PublishedStandard
from trueline.settings.workspace import Workspace
from trueline.standards.acts import proposal_numbered
from trueline.standards.document import draft_of
from trueline.standards.facts import examine
from trueline.standards.overview import standard_named, standards_known
from trueline.standards.proposed import holders
from trueline.standards.publish import reissue_of
from trueline.standards.reissue import Reissue, to_reissue
from trueline.standards.stored import stored_periods
from trueline.standards.strictness import Difference, Strictness, differences, strictness


@dataclass(frozen=True)
class Compared:
    """`after_version` None: a proposal that has no version yet."""

    before_name: str
    after_name: str
    before_version: int
    after_version: int | None
    differences: tuple[Difference, ...]
    strictness: Strictness


def compared_versions(name: str, versions: tuple[int, ...]) -> Compared:
    """Two versions of one standard; by default the newest with the one before it."""
    line = standard_named(name)
    known = {one.version: one.objective for one in line.versions}
    newest = sorted(known)[-2:] if not versions else sorted(versions)
    if len(newest) == 1:
        newest = [newest[0], max(known)] if versions else newest
    if len(newest) != 2 or any(version not in known for version in newest):
        told = ", ".join(str(version) for version in sorted(known))
        raise InputError(f"{name} has the versions {told}", mend="Name two of them")
    before, after = (known[version] for version in newest)
    return Compared(
        f"version {newest[0]}",
        f"version {newest[1]}",
        newest[0],
        newest[1],
        differences(before, after),
        strictness(before, after),
    )


def compared_proposal(number: int) -> Compared:
    """A proposal with the version that is newest beside it."""
    proposal = proposal_numbered(number)
    draft = draft_of(proposal.document)
    lines = [line for line in standards_known() if line.name == proposal.standard]
    known = [
        one.objective
        for line in lines
        for one in line.versions
        if proposal.version is None or one.version < proposal.version
    ]
    if not known:
        raise InputError(f"{proposal.standard} has no version before proposal {number}")
    before = max(known, key=lambda objective: objective.version)
    return Compared(
        f"version {before.version}",
        f"proposal {number}",
        before.version,
        proposal.version,
        differences(before, draft.objective),
        strictness(before, draft.objective),
    )


def reissue_of_proposal(workspace: Workspace, number: int) -> tuple[Reissue, ...]:
    """Assessed figures that publishing a proposal would change or, where it is published, that its
    publication changed."""
    proposal = proposal_numbered(number)
    if proposal.version is None:
        return reissue_of(workspace, examine(workspace, draft_of(proposal.document)))
    published = PublishedStandard.objects.filter(
        scope=proposal.scope, objective_id=proposal.objective_id, version=proposal.version
    )
    first = published.order_by("pk").first()
    if first is None:
        raise InputError(f"Version {proposal.version} of {proposal.standard} was never published")
    scope = scope_of(proposal.scope)
    before, after = catalog_at(first.delivery_id - 1), catalog_at(first.delivery_id)
    snapshot = snapshot_at(first.delivery_id)
    reached = holders(scope, after, snapshot, 0)
    return to_reissue(before, after, snapshot, reached, stored_periods(workspace.results))
