"""Small histories for tests of trends."""

from __future__ import annotations

from datetime import date

import numpy as np

from trueline.trends.daily_history import DailyHistory, ObjectiveHistory

FIRST = date(2026, 7, 1)
DAY_S = 86_400.0


def objective(
    value: np.ndarray,
    *,
    name: str = "delay-mean",
    bad_share: np.ndarray | None = None,
    samples: np.ndarray | None = None,
) -> ObjectiveHistory:
    """Members P-0, P-1 ... with these values by day; fully known, 96 granules a day."""
    bad = np.zeros(value.shape) if bad_share is None else bad_share * DAY_S
    known = np.where(np.isfinite(value), DAY_S, 0.0)
    counted = np.where(known > 0, 96.0, 0.0) if samples is None else samples
    products = tuple(f"P-{at}" for at in range(len(value)))
    return ObjectiveHistory(name, products, np.where(known > 0, bad, 0.0), known, value, counted)


def history(*objectives: ObjectiveHistory) -> DailyHistory:
    return DailyHistory(FIRST, objectives[0].value.shape[1], objectives)
