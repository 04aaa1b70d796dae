"""What is done to a regime: draft, approve, start, suspend, retire. Every act is recorded with who
did it; the author of a version is not its approver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from trueline.errors import InputError, unknown_name
from trueline.intake.ledger import Ledger
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.models import Delivery, known_at
from trueline.intake.record import DeliverySource
from trueline.intake.recorded_load import Outcome, record_load
from trueline.monitoring.models import RegimeVersion
from trueline.monitoring.parse import content_of, regime_of
from trueline.monitoring.values import Regime, RegimeState
from trueline.settings.workspace import Workspace

DELIVERY_KIND = "regimes"
_FROM = {
    RegimeState.APPROVED: (RegimeState.DRAFT,),
    RegimeState.ACTIVE: (RegimeState.APPROVED, RegimeState.SUSPENDED),
    RegimeState.SUSPENDED: (RegimeState.ACTIVE,),
    RegimeState.RETIRED: (
        RegimeState.DRAFT,
        RegimeState.APPROVED,
        RegimeState.ACTIVE,
        RegimeState.SUSPENDED,
    ),
}


@dataclass(frozen=True)
class Act:
    """Who does it, when, and why."""

    by: str
    now: datetime
    reason: str = ""


@dataclass(frozen=True)
class StandingRegime:
    """A regime as it stands."""

    regime: Regime
    content: str
    version: int
    state: RegimeState
    author: str
    approver: str
    acted_by: str
    acted_at: datetime
    delivery: int


def standing_regimes(delivery: int | None = None) -> dict[str, StandingRegime]:
    """Every regime by id; as known at a delivery, or now."""
    rows = (
        RegimeVersion.objects.filter(superseded_by=None)
        if delivery is None
        else RegimeVersion.objects.filter(known_at(delivery))
    )
    return {row.regime_id: _standing(row) for row in rows.order_by("regime_id")}


def standing_regime(regime_id: str) -> StandingRegime:
    row = RegimeVersion.objects.filter(regime_id=regime_id, superseded_by=None).first()
    if row is None:
        known = RegimeVersion.objects.filter(superseded_by=None)
        names = known.values_list("regime_id", flat=True)
        raise unknown_name("regime", regime_id, names, see="`trueline regimes list` names them")
    return _standing(row)


def _standing(row: RegimeVersion) -> StandingRegime:
    return StandingRegime(
        regime_of(row.content),
        row.content,
        row.version,
        RegimeState(row.state),
        row.author,
        row.approver,
        row.acted_by,
        row.acted_at,
        row.delivery_id,
    )


def draft_regimes(workspace: Workspace, regimes: Sequence[Regime], act: Act) -> LoadReport:
    """Record regimes as drafts. What says nothing new is left as it stands; a changed regime is a
    draft again, and the version before it stays on record."""
    _named(act)

    def write(delivery: Delivery) -> Outcome:
        ledger = Ledger()
        known = standing_regimes()
        for regime in regimes:
            content, before = content_of(regime), known.get(regime.id)
            if before is not None and before.content == content:
                ledger.duplicate += 1
                continue
            ledger.accepted += 1
            ledger.corrected += before is not None
            version = before.version + 1 if before else 1
            _supersede(regime.id, delivery)
            RegimeVersion.objects.create(
                delivery=delivery,
                regime_id=regime.id,
                version=version,
                content=content,
                state=RegimeState.DRAFT,
                author=act.by,
                acted_by=act.by,
                acted_at=act.now,
                reason=act.reason,
            )
        return Outcome(ledger)

    return _recorded(workspace, act, "draft", write)


def approve_regime(workspace: Workspace, regime_id: str, act: Act) -> LoadReport:
    """By somebody other than its author."""
    if act.by == standing_regime(regime_id).author:
        raise InputError(
            f"{act.by} wrote this version of {regime_id}: somebody else has to approve it"
        )
    return move_regime(workspace, regime_id, RegimeState.APPROVED, act)


def move_regime(workspace: Workspace, regime_id: str, to: RegimeState, act: Act) -> LoadReport:
    """One step of its life, guarded by the state before."""
    _named(act)

    def write(delivery: Delivery) -> Outcome:
        before = standing_regime(regime_id)
        if before.state not in _FROM[to]:
            allowed = " or ".join(state.value for state in _FROM[to])
            raise InputError(
                f"{regime_id} is {before.state.value}; it becomes {to.value} from {allowed} only"
            )
        if to is RegimeState.APPROVED and act.by == before.author:
            raise InputError(f"{act.by} wrote this version of {regime_id}")
        _supersede(regime_id, delivery)
        RegimeVersion.objects.create(
            delivery=delivery,
            regime_id=regime_id,
            version=before.version,
            content=before.content,
            state=to,
            author=before.author,
            approver=act.by if to is RegimeState.APPROVED else before.approver,
            acted_by=act.by,
            acted_at=act.now,
            reason=act.reason,
        )
        return Outcome(Ledger(accepted=1))

    return _recorded(workspace, act, f"{to.value} {regime_id}", write)


def _named(act: Act) -> None:
    if not act.by.strip():
        raise InputError("Nobody is named who does this", mend="Say who with --by NAME")


def _supersede(regime_id: str, delivery: Delivery) -> None:
    RegimeVersion.objects.filter(regime_id=regime_id, superseded_by=None).update(
        superseded_by=delivery
    )


def _recorded(
    workspace: Workspace, act: Act, what: str, write: Callable[[Delivery], Outcome]
) -> LoadReport:
    source = DeliverySource(DELIVERY_KIND, what, recorded_by=act.by)
    return record_load(workspace, source, LoadOptions(act.now, act.by), write)
