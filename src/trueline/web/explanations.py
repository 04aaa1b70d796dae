"""The one place where a page asks the assessment to open up a stored figure."""

from __future__ import annotations

from trueline.assessment.assess import Known
from trueline.assessment.explain import Explanation, explain
from trueline.assessment.known import intervals_and_reasons
from trueline.calendars.instants import seconds
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.record import recorded_at
from trueline.measurement.lake import open_lake
from trueline.web.evidence import all_events, all_exclusions
from trueline.web.sight import Sight

MEMORY_LIMIT = "500MB"


def explanations_of(sight: Sight, product_id: str, objective_id: str) -> list[Explanation]:
    """One per conformance period, from what was known to the stored assessment; InputError
    where the objective was not assessed."""
    as_of = sight.assessed.facts.as_of or recorded_at(sight.delivery)
    every = all_exclusions(sight.workspace.home, sight.delivery)
    exclusions, agreed_for = intervals_and_reasons({product_id: every.get(product_id, ())})
    engine = DuckDBEngine(spill_dir=sight.workspace.home / "spill", memory_limit=MEMORY_LIMIT)
    try:
        with open_lake(sight.workspace) as lake:
            known = Known(
                delivery=sight.delivery,
                as_of_s=seconds(as_of),
                catalog=sight.records.catalog,
                snapshot=sight.records.inventory,
                exclusions=exclusions,
                events=all_events(sight.workspace.home, sight.delivery),
                lake=lake,
                agreed_for=agreed_for,
            )
            period = parse_period(sight.period)
            return explain(engine, known, product_id, objective_id, period)
    finally:
        engine.close()
