"""Many names at once, from a table that the operator keeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from trueline.calendars.instants import parse_instant, seconds
from trueline.errors import InputError, Place
from trueline.intake.ledger import SetAsideRow
from trueline.intake.record import latest_delivery
from trueline.intake.tables import Columns, TableReader, TableRow, set_aside_row
from trueline.inventory.identities import identities_at
from trueline.inventory.snapshot import snapshot_at
from trueline.inventory.values import Identity, Product
from trueline.settings.workspace import Workspace
from trueline.sourcing.identities import (
    Decided,
    Decision,
    may_decide,
    other_meaning,
    sound,
    take_in,
)

IDENTITY_COLUMNS = Columns(("name", "product_id"), ("valid_from", "valid_to"))


def put_table(workspace: Workspace, path: Path, decision: Decision) -> Decided:
    """Set what every row says, as one delivery; a row that cannot be is set aside with its reason,
    one that is known already is passed over."""
    may_decide(decision)
    known = latest_delivery()
    products, standing = snapshot_at(known).products, identities_at(known)
    reader = TableReader(path, IDENTITY_COLUMNS)
    chosen: dict[str, list[Identity]] = {}
    set_aside: list[SetAsideRow] = []
    for row in reader:
        try:
            identity = _identity(row, products)
            held = (*standing.get(identity.name, ()), *chosen.get(identity.name, ()))
            if any(_same(one, identity) for one in held):
                continue
            meaning = other_meaning(identity)
            if meaning is not None or any(one.meets(identity) for one in held):
                raise InputError(
                    meaning or f"{identity.name!r} stands twice in this file for the same time",
                    place=Place(field="name"),
                )
        except InputError as error:
            set_aside.append(set_aside_row(row, error))
            continue
        chosen.setdefault(identity.name, []).append(identity)
    found = [one for own in chosen.values() for one in own]
    return take_in(workspace, found, decision, [*set_aside, *reader.set_aside])


def _identity(row: TableRow, products: Mapping[str, Product]) -> Identity:
    cells = row.cells
    first, last = (_instant(cells, name) for name in ("valid_from", "valid_to"))
    return sound(Identity(cells["name"], cells["product_id"], first, last), products)


def _instant(cells: Mapping[str, str], column: str) -> int | None:
    text = cells.get(column, "")
    if not text:
        return None
    try:
        return seconds(parse_instant(text))
    except InputError as error:
        raise InputError(error.what, place=Place(field=column), mend=error.mend) from None


def _same(one: Identity, other: Identity) -> bool:
    return (one.product_id, one.valid_from_s, one.valid_to_s) == (
        other.product_id,
        other.valid_from_s,
        other.valid_to_s,
    )
