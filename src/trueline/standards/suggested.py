"""Suggestions for a standard from the stored figures of its products."""

from __future__ import annotations

from fractions import Fraction

import pyarrow.compute as pc

from trueline.assessment.values import Verdict
from trueline.errors import InputError
from trueline.intake.record import latest_delivery
from trueline.inventory.snapshot import snapshot_at
from trueline.offerings.catalog import catalog_at
from trueline.settings.workspace import Workspace
from trueline.standards.overview import StandardLine
from trueline.standards.proposed import holders
from trueline.standards.replay import exact_value
from trueline.standards.stored import stored_periods, stored_rows
from trueline.standards.suggestion import Suggestion, suggest_target

_DECIDED = (Verdict.MET, Verdict.AT_RISK, Verdict.WITHIN_TOLERANCE, Verdict.VIOLATED)


def suggest_for(
    workspace: Workspace, line: StandardLine, months: int, levels: tuple[Fraction, Fraction]
) -> Suggestion:
    """From the newest `months` stored periods; `levels`: share and confidence. Figures that could
    not be assessed take no part."""
    if line.newest is None:
        raise InputError(f"{line.name} has no version: nothing was measured against it")
    objective = line.newest.objective
    known = latest_delivery()
    sold = holders(line.scope, catalog_at(known), snapshot_at(known), 0)
    ids = {product.id for product in sold}
    figures: list[Fraction] = []
    stored = stored_periods(workspace.results)
    alike = [period for period in stored if period.length == objective.conformance_period]
    for period in alike[-months:]:
        rows = stored_rows(workspace.results, period.label)
        rows = rows.filter(pc.equal(rows["objective_id"], objective.id))
        decided = [verdict.value for verdict in _DECIDED]
        for row in rows.select(["product_id", "verdict", "value"]).to_pylist():
            value = exact_value(row["value"])
            if value is not None and row["product_id"] in ids and row["verdict"] in decided:
                figures.append(value)
    return suggest_target(figures, objective.comparator, *levels)
