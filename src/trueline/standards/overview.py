"""What standards there are: every version with its state, proposals on their way, review debt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trueline.errors import unknown_name
from trueline.intake.record import latest_delivery
from trueline.offerings.catalog import loaded_catalog, published_standards, scope_of
from trueline.offerings.scope import StandardScope, standard_name
from trueline.offerings.values import PerformanceParameter, ScopedObjective, ServiceLevelObjective
from trueline.standards.life_cycle import State
from trueline.standards.models import StandardProposal

OPEN = (State.DRAFT, State.REVIEW, State.APPROVED)


@dataclass(frozen=True)
class VersionLine:
    """One version in force at some time. `proposal`: the number it was approved under; None for
    one that came in a catalogue file, which counts as published."""

    objective: ServiceLevelObjective
    state: State
    proposal: int | None
    review_due: date | None

    @property
    def version(self) -> int:
        return self.objective.version


@dataclass(frozen=True)
class StandardLine:
    """One objective in one scope with its versions, newest first, and its open proposals."""

    name: str
    scope: StandardScope
    objective_id: str
    parameter: PerformanceParameter | None
    versions: tuple[VersionLine, ...]
    proposals: tuple[StandardProposal, ...]

    @property
    def newest(self) -> VersionLine | None:
        return self.versions[0] if self.versions else None

    def review_owed(self, today: date) -> bool:
        """Whether the newest version is past its review, or has none planned."""
        newest = self.newest
        if newest is None or newest.state is not State.PUBLISHED:
            return False
        return newest.review_due is None or newest.review_due < today


def standards_known(delivery: int | None = None) -> tuple[StandardLine, ...]:
    """Every standard known after `delivery` (the newest), by name; open proposals as of now."""
    known = latest_delivery() if delivery is None else delivery
    catalog = loaded_catalog(known)
    found: dict[tuple[StandardScope, str], list[ScopedObjective]] = {}
    loaded = [
        ScopedObjective(StandardScope(offering=offering.id), objective)
        for offering in catalog.offerings.values()
        for objective in offering.objectives
    ]
    for one in (*loaded, *published_standards(known)):
        found.setdefault((one.scope, one.objective.id), []).append(one)
    proposals: dict[tuple[StandardScope, str], list[StandardProposal]] = {}
    for proposal in StandardProposal.objects.order_by("-pk"):
        key = (scope_of(proposal.scope), proposal.objective_id)
        proposals.setdefault(key, []).append(proposal)
        if proposal.state in OPEN:
            found.setdefault(key, [])
    lines = [
        _line(key, versions, proposals.get(key, []), catalog.parameters)
        for key, versions in found.items()
    ]
    return tuple(sorted(lines, key=lambda line: line.name))


def standard_named(name: str) -> StandardLine:
    """The standard that people call `name`."""
    lines = standards_known()
    for line in lines:
        if line.name == name:
            return line
    known = [line.name for line in lines]
    raise unknown_name("standard", name, known, see="See `trueline standards list`")


def _line(
    key: tuple[StandardScope, str],
    versions: Sequence[ScopedObjective],
    proposals: Sequence[StandardProposal],
    parameters: Mapping[str, PerformanceParameter],
) -> StandardLine:
    scope, objective_id = key
    by_version = {p.version: p for p in proposals if p.version is not None}
    highest = max((one.objective.version for one in versions), default=0)
    lines = []
    for one in sorted(versions, key=lambda v: -v.objective.version):
        proposal = by_version.get(one.objective.version)
        loaded = State.PUBLISHED if one.objective.version == highest else State.SUPERSEDED
        lines.append(
            VersionLine(
                one.objective,
                State(proposal.state) if proposal else loaded,
                proposal.pk if proposal else None,
                proposal.review_due if proposal else None,
            )
        )

    measured = lines[0].objective.parameter if lines else ""
    return StandardLine(
        standard_name(scope, objective_id),
        scope,
        objective_id,
        parameters.get(measured),
        tuple(lines),
        tuple(p for p in proposals if p.state in OPEN),
    )
