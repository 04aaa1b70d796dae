"""What changed in a promise when a conformance period began: said on its chart and beside it."""

from __future__ import annotations

from dataclasses import dataclass

from trueline.offerings.values import ServiceLevelObjective
from trueline.standards.strictness import differences
from trueline.web.records import Records

CHANGES_TOLD = 3
_NOT_TOLD = frozenset(("valid_from", "valid_to", "name"))


@dataclass(frozen=True)
class VersionNote:
    """`at_s`: the start of the first period under the version. `told`: what stands behind a short
    text."""

    at_s: int
    text: str
    told: str = ""


def version_note(
    records: Records, product_id: str, objective_id: str, period_start: int
) -> VersionNote | None:
    """The change since the period before; None where the product is held to the same version."""
    now = records.objective_of(product_id, objective_id, period_start)
    before = records.objective_of(product_id, objective_id, period_start - 1)
    if now is None or before is None or now == before:
        return None
    text = changes_text(before, now)
    if not text:
        return None
    return VersionNote(period_start, f"version {now.version}: {text}")


def changes_text(before: ServiceLevelObjective, now: ServiceLevelObjective) -> str:
    """The first few keys that changed, before and after; empty where only titles and dates did."""
    changed = [one for one in differences(before, now) if one.key not in _NOT_TOLD]
    told = [
        f"{one.key.replace('_', ' ')} {one.before or 'none'} → {one.after or 'none'}"
        for one in changed[:CHANGES_TOLD]
    ]
    more = len(changed) - CHANGES_TOLD
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")
