"""The before/after test of a resolved problem, from stored daily figures."""

from __future__ import annotations

from datetime import UTC, date, timedelta

import numpy as np

from trueline.intake.record import latest_delivery
from trueline.offerings.catalog import catalog_at
from trueline.problems.before_after import BeforeAfter, Phases, before_after
from trueline.problems.member_days import MemberDays, higher_is_better, stored_days
from trueline.problems.models import ProductProblem
from trueline.problems.scan import ANY
from trueline.problems.states import ProblemState
from trueline.settings.workspace import Workspace


def verified(workspace: Workspace, problem: ProductProblem) -> BeforeAfter | None:
    """Members of the problem, affected and exposed, against all other products.

    The problem was there from the middle one of the affected members' first violated days in the
    period that raised it, until the day it was last resolved. None where no daily figure says when
    it began, or it was never resolved.
    """
    resolved = problem.steps.filter(act=ProblemState.RESOLVED.value).order_by("-pk").first()
    members = set(problem.members.values_list("product_id", flat=True))
    affected = problem.members.filter(affected=True)
    period = affected.order_by("joined_at", "pk").values_list("period", flat=True).first()
    if resolved is None or period is None:
        return None
    objective = None if problem.objective_id == ANY else problem.objective_id
    better = higher_is_better(catalog_at(latest_delivery()))
    first = stored_days(workspace.results, better, objective_id=objective, period=period)
    onset = _onset(first, set(affected.values_list("product_id", flat=True)))
    if onset is None:
        return None
    every = stored_days(workspace.results, better, objective_id=objective)
    return before_after(every, members, Phases(onset, resolved.at.astimezone(UTC).date()))


def _onset(days: MemberDays, affected: set[str]) -> date | None:
    """The middle one of the affected products' first violated days."""
    bad = ~days.kept & np.isin(days.product.astype(str), sorted(affected))
    if not bad.any():
        return None
    _, product = np.unique(days.product[bad].astype(str), return_inverse=True)
    first = np.full(int(product.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, product, days.day[bad].astype(np.int64))
    return date(1970, 1, 1) + timedelta(days=int(np.sort(first)[len(first) // 2]))
