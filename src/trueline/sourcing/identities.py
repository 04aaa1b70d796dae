"""Names in feeds: proposed, decided by a person or by the operator's own file, ended; and what
waited under them taken in. Every decision is a delivery of its own and stays on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from trueline.calendars.instants import seconds
from trueline.calendars.intervals import Interval, subtract, union
from trueline.errors import InputError, Place
from trueline.intake.ledger import Ledger, SetAsideRow
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.models import Delivery
from trueline.intake.record import DeliverySource, latest_delivery
from trueline.intake.recorded_load import Outcome, record_load, record_versions, supersede
from trueline.inventory.identities import (
    ACCEPTED,
    ENDED,
    REJECTED,
    identities_at,
    identity_of,
    rejected_at,
)
from trueline.inventory.models import IdentityVersion
from trueline.inventory.snapshot import product_ids_at, snapshot_at
from trueline.inventory.values import Identity, Product
from trueline.measurement.extents import measured_extents
from trueline.measurement.lake import open_lake
from trueline.measurement.mapped import MAX_START_S, MappedSeries, mapped_series, withdraw
from trueline.measurement.unknown import replay_unknown, waiting_series
from trueline.offerings.catalog import catalog_at
from trueline.people.people import may_where_known
from trueline.people.roles import Role
from trueline.settings.workspace import Workspace
from trueline.sourcing.identity_file import FILE, Identifiers, read_identifiers
from trueline.sourcing.matching import (
    Candidate,
    ForeignName,
    IdentityProposal,
    Matches,
    Sought,
    propose,
)

KIND = "identities"  # of deliveries
DECIDERS = frozenset({Role.DATA_STEWARD, Role.SERVICE_LEVEL_MANAGER})


@dataclass(frozen=True)
class Decision:
    """Who decides, when, and what they say to it."""

    by: str
    now: datetime
    note: str = ""


@dataclass(frozen=True)
class Decided:
    """What was decided, and what that took in or took back; None where nothing waited. `recorded`:
    the delivery that holds the decisions, where names were accepted."""

    identities: tuple[Identity, ...]
    load: LoadReport | None = None
    series: tuple[MappedSeries, ...] = ()
    recorded: LoadReport | None = None


def identifiers_of(workspace: Workspace) -> Identifiers:
    return read_identifiers(workspace.home / FILE)


def proposals(workspace: Workspace) -> list[IdentityProposal]:
    """What every name that waits may stand for, from what is known now."""
    names = waiting_names_of(workspace)
    if not names:
        return []
    delivery = latest_delivery()
    sought = Sought(
        snapshot_at(delivery).products,
        identifiers_of(workspace).named,
        rejected=rejected_at(delivery),
    )
    matches = Matches.of(names, sought)
    ids = {product_id for one in names for product_id in matches.fitting(one.name)}
    with open_lake(workspace) as lake:
        measured = measured_extents(lake, ids)
    return propose(names, replace(sought, measured=measured), matches)


def waiting_names_of(workspace: Workspace) -> list[ForeignName]:
    """Names of no sold offering under which granules of known parameters wait."""
    delivery = latest_delivery()
    parameters = catalog_at(delivery).parameters
    products = product_ids_at(delivery)
    found: dict[str, tuple[int, Interval, list[str]]] = {}
    for (name, parameter), one in sorted(waiting_series(workspace).items()):
        if name in products or parameter not in parameters:
            continue
        rows, (first, end), names = found.get(name, (0, (one.first_s, one.end_s), []))
        span = (min(first, one.first_s), max(end, one.end_s))
        found[name] = (rows + one.rows, span, [*names, parameter])
    return [ForeignName(name, n, span, tuple(own)) for name, (n, span, own) in found.items()]


def accept(
    workspace: Workspace, name: str, decision: Decision, product_id: str | None = None
) -> Decided:
    """Take a proposal: what waits under `name` is taken in. Without `product_id` the name must not
    be ambiguous; with it, the product must be among those proposed and be the only one."""
    may_decide(decision)
    proposal = next((one for one in proposals(workspace) if one.name.name == name), None)
    if proposal is None:
        raise InputError(f"Nothing waits under the name {name!r}", mend=_SEE)
    if proposal.ambiguous:
        fitting = ", ".join(one.product_id for one in proposal.candidates)
        raise InputError(
            f"{name!r} is ambiguous: it fits {fitting} equally",
            mend="Say which it is: trueline identities set NAME PRODUCT",
        )
    chosen = [one for one in proposal.best if product_id in (None, one.product_id)]
    if not chosen:
        raise InputError(
            f"{name!r} is not proposed to be {product_id or 'any sold offering'}",
            mend="Say what it is: trueline identities set NAME PRODUCT",
        )
    return take_in(workspace, [identity_from(name, one) for one in chosen], decision)


def put(workspace: Workspace, identity: Identity, decision: Decision) -> Decided:
    """Set by hand what a name stands for, whatever is proposed."""
    may_decide(decision)
    products = snapshot_at(latest_delivery()).products
    return take_in(workspace, [sound(identity, products)], decision)


def sound(identity: Identity, products: Mapping[str, Product]) -> Identity:
    """The identity within its product's time in service; InputError where it can be none."""
    product = products.get(identity.product_id)
    if product is None:
        raise InputError(
            f"There is no sold offering {identity.product_id!r}",
            place=Place(field="product"),
            mend="Load it, or check the id",
        )
    if not identity.name or len(identity.name) > 255 or not identity.name.isprintable():
        raise InputError(
            "That is no name: 1 to 255 printable characters", place=Place(field="name")
        )
    if identity.name in products:
        raise InputError(
            f"{identity.name!r} is itself a sold offering; its measurements are its own",
            place=Place(field="name"),
        )
    return _within_service(identity, product)


def _within_service(identity: Identity, product: Product) -> Identity:
    """A name never stands for a product that is not in service."""
    start_s = seconds(product.start)
    end_s = None if product.end is None else seconds(product.end)
    from_s = max(start_s, identity.valid_from_s or start_s)
    ends = [one for one in (end_s, identity.valid_to_s) if one is not None]
    to_s = min(ends, default=None)
    if to_s is not None and to_s <= from_s:
        raise InputError(f"{product.id} is not in service in that time", place=Place(field="from"))
    return replace(identity, valid_from_s=from_s, valid_to_s=to_s)


def reject(workspace: Workspace, name: str, product_id: str, decision: Decision) -> Decided:
    """Say that a name does not stand for a product: it is not proposed again."""
    may_decide(decision)
    if product_id not in product_ids_at(latest_delivery()):
        raise InputError(f"There is no sold offering {product_id!r}", place=Place(field="product"))
    for one in identities_at(latest_delivery()).get(name, ()):
        if one.product_id == product_id:
            raise InputError(
                f"{name!r} stands for {product_id} already",
                mend="End it: trueline identities end NAME",
            )
    identity = Identity(name, product_id)
    _record(
        workspace, f"{name} is not {product_id}", decision, lambda: ([(identity, REJECTED)], ())
    )
    return Decided((identity,))


def end(workspace: Workspace, name: str, decision: Decision, from_s: int | None = None) -> Decided:
    """`name` no longer stands for what it stood for, from `from_s` on or, where None, never did.
    What came in under it since then is taken back, and waits again. Asked again after a crash, it
    finishes."""
    may_decide(decision)
    rows = list(IdentityVersion.objects.filter(superseded_by=None, state=ACCEPTED, name=name))
    ending = [row for row in rows if _ends(row, from_s)]
    if ending:
        kept = [_ended(identity_of(row), from_s) for row in ending]
        gone = [row.pk for row in ending]
        _record(workspace, f"{name} ends", decision, lambda: (kept, gone))
    over = _standing_for_nothing(name)
    series = tuple(found for one in over for found in mapped_series(workspace, one))
    if not ending and not series:
        raise InputError(f"{name!r} stands for nothing then", mend=_SEE)
    options = LoadOptions(decision.now, decision.by)
    reports = [withdraw(workspace, one, options) for one in over]
    told = [report for report in reports if report is not None]
    return Decided(tuple(over), told[-1] if told else None, series)


def _ended(one: Identity, from_s: int | None) -> tuple[Identity, str]:
    if from_s is None or (one.valid_from_s or 0) >= from_s:
        return one, ENDED
    return replace(one, valid_to_s=from_s), ACCEPTED


def _standing_for_nothing(name: str) -> list[Identity]:
    """What `name` once stood for, in the time in which it does no longer."""
    ever = IdentityVersion.objects.filter(name=name, state__in=(ACCEPTED, ENDED))
    now = identities_at(latest_delivery()).get(name, ())
    found: list[Identity] = []
    for product_id in sorted(set(ever.values_list("product_id", flat=True))):
        held = [
            (one.valid_from_s or 0, MAX_START_S if one.valid_to_s is None else one.valid_to_s)
            for one in now
            if one.product_id == product_id
        ]
        for first, last in subtract([(0, MAX_START_S)], union(held)):
            found.append(Identity(name, product_id, first, None if last == MAX_START_S else last))
    return found


def apply_certain(workspace: Workspace, decision: Decision) -> Decided:
    """Accept what is certain by an identifier that the operator's file lets decide by itself."""
    applying = identifiers_of(workspace).applying
    if not applying:
        return Decided(())
    chosen = [
        identity_from(proposal.name.name, one)
        for proposal in proposals(workspace)
        for one in proposal.best
        if all(best.is_certain for best in proposal.best) and applying & set(one.named_by)
    ]
    named = ", ".join(sorted(applying))
    chosen = [one for one in chosen if other_meaning(one) is None]
    if not chosen:
        return Decided(())
    note = decision.note or f"applied by itself: {FILE} lets {named} decide"
    return take_in(workspace, chosen, Decision(decision.by, decision.now, note))


def identity_from(name: str, one: Candidate) -> Identity:
    return Identity(name, one.product_id, one.from_s, one.to_s, one.confidence, one.reasons)


def decisions(name: str | None = None) -> Sequence[IdentityVersion]:
    """Every decision ever recorded, the newest first."""
    rows = IdentityVersion.objects.select_related("delivery", "superseded_by").order_by("-pk")
    return list(rows if name is None else rows.filter(name=name))


_SEE = "See `trueline identities list` and `trueline identities propose`"


def may_decide(decision: Decision) -> None:
    may_where_known(decision.by, DECIDERS, "decide what a name stands for")


def _ends(row: IdentityVersion, from_s: int | None) -> bool:
    return from_s is None or row.valid_to_s is None or from_s < row.valid_to_s


def take_in(
    workspace: Workspace,
    chosen: Sequence[Identity],
    decision: Decision,
    set_aside: Sequence[SetAsideRow] = (),
) -> Decided:
    """Record sound identities as one delivery, then take in what waits under their names."""
    told = ", ".join(f"{one.name} is {one.product_id}" for one in chosen[:3])
    more = f" and {len(chosen) - 3} more" if len(chosen) > 3 else ""

    def content() -> _Content:
        for one in chosen:
            if (meaning := other_meaning(one)) is not None:
                raise InputError(meaning, mend="End that first: trueline identities end NAME")
        pairs = {(one.name, one.product_id) for one in chosen}
        refused = IdentityVersion.objects.filter(superseded_by=None, state=REJECTED)
        gone = [row.pk for row in refused if (row.name, row.product_id) in pairs]
        return [(one, ACCEPTED) for one in chosen], gone

    recorded = _record(workspace, told + more or "none", decision, content, set_aside)
    names = frozenset(one.name for one in chosen)
    waiting = {name for name, _ in waiting_series(workspace)}
    load = None
    if not names.isdisjoint(waiting):
        load = replay_unknown(workspace, LoadOptions(decision.now, decision.by), names)
    return Decided(tuple(chosen), load, recorded=recorded)


def other_meaning(identity: Identity) -> str | None:
    """What the name stands for already in that time, in words."""
    rows = IdentityVersion.objects.filter(superseded_by=None, state=ACCEPTED, name=identity.name)
    for row in rows:
        if identity_of(row).meets(identity):
            return f"{identity.name!r} stands for {row.product_id} already in that time"
    return None


_Content = tuple[Sequence[tuple[Identity, str]], Sequence[int]]  # new versions, what they replace


def _record(
    workspace: Workspace,
    told: str,
    decision: Decision,
    content: Callable[[], _Content],
    set_aside: Sequence[SetAsideRow] = (),
) -> LoadReport:
    """One delivery with new versions; `content` is asked once the workspace is held."""
    source = DeliverySource(KIND, told[:512], recorded_by=decision.by)

    def write(delivery: Delivery) -> Outcome:
        versions, gone = content()
        supersede(IdentityVersion, gone, delivery)
        record_versions([_version(delivery, *one, decision) for one in versions])
        return Outcome(Ledger(accepted=len(versions), set_aside=len(set_aside)), set_aside)

    return record_load(workspace, source, LoadOptions(decision.now, decision.by), write)


def _version(
    delivery: Delivery, identity: Identity, state: str, decision: Decision
) -> IdentityVersion:
    return IdentityVersion(
        delivery=delivery,
        name=identity.name,
        product_id=identity.product_id,
        state=state,
        valid_from_s=identity.valid_from_s,
        valid_to_s=identity.valid_to_s,
        confidence=identity.confidence,
        reasons=list(identity.reasons),
        decided_by=decision.by,
        note=decision.note,
    )
