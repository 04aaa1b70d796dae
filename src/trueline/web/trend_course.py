"""The course of one group and objective for its page: read and worked out once per assessment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from trueline.assessment.aggregate import Membership
from trueline.errors import InputError
from trueline.inventory.snapshot import snapshot_at
from trueline.offerings.catalog import catalog_at
from trueline.settings.workspace import Workspace
from trueline.trends.asking import USUAL_DAYS, USUAL_SETTING, promises_of, worse_values
from trueline.trends.cohort_course import CohortCourse, cohort_course
from trueline.trends.daily_history import Wanted, newest_assessment, stored_history
from trueline.trends.weekly import weekly
from trueline.trends.workspace_scan import ScanRequest, series_of

KEPT = 32


@dataclass(frozen=True)
class CourseAsked:
    """Which members, objective and measure; by week or by day; as known at a delivery."""

    dimension: str
    key: str
    product_ids: frozenset[str]
    objective_id: str
    measure: str
    by_week: bool
    delivery: int


def course_of(workspace: Workspace, asked: CourseAsked) -> CohortCourse | None:
    """None where the members have no figures of this objective and measure."""
    newest = newest_assessment(workspace.results)
    if newest is None:
        return None
    return _course(workspace, asked, f"{newest.period} {newest.assessed_at}")


@lru_cache(maxsize=KEPT)
def _course(workspace: Workspace, asked: CourseAsked, assessed: str) -> CohortCourse | None:
    """`assessed` makes a new assessment a new question."""
    try:
        daily = stored_history(
            workspace.results,
            last_days=USUAL_DAYS,
            wanted=Wanted(asked.objective_id, asked.product_ids),
        )
    except InputError:
        return None  # nothing is stored of these products and this objective
    history = weekly(daily) if asked.by_week else daily
    if history.days < 2 or not history.objectives:
        return None
    catalog, snapshot = catalog_at(asked.delivery), snapshot_at(asked.delivery)
    over = Membership(asked.dimension, asked.key, asked.product_ids)
    customers = {one.id: one.customer_id for one in snapshot.products.values()}
    request = ScanRequest(
        [over], worse_values(catalog), USUAL_SETTING, {}, promises_of(catalog), customers
    )
    for series in series_of(history.objectives[0], over, request.worse_values):
        if series.measure == asked.measure:
            return cohort_course(history, series, request)
    return None
