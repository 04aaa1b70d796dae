"""The weekly view of daily figures, for slow drift: whole weeks up to the newest day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from trueline.errors import InputError
from trueline.trends.daily_history import DailyHistory, ObjectiveHistory
from trueline.trends.observations import Floats

WEEK = 7
LEAST_KNOWN = 4
"""Days of a week with data, for its middle value to stand for it."""


def weekly(history: DailyHistory) -> DailyHistory:
    """Bad and known seconds summed over weeks; of values the middle day of each week.

    Days before the first whole week are left out. A middle day is no figure of service: percentiles
    of days make no percentile of a week; it only shows how a member moved.
    """
    if history.step_days != 1:
        raise InputError("a weekly history is not made weekly again", mend="hand in the daily one")
    weeks = history.days // WEEK
    left_out = history.days - weeks * WEEK
    return DailyHistory(
        history.first + timedelta(days=left_out),
        weeks,
        tuple(_objective(one, left_out, weeks) for one in history.objectives),
        step_days=WEEK,
    )


def _objective(one: ObjectiveHistory, left_out: int, weeks: int) -> ObjectiveHistory:
    return replace(
        one,
        bad_s=_by_week(one.bad_s, left_out, weeks).sum(axis=2),
        known_s=_by_week(one.known_s, left_out, weeks).sum(axis=2),
        samples=_by_week(one.samples, left_out, weeks).sum(axis=2),
        value=_middles(_by_week(one.value, left_out, weeks)),
    )


def _by_week(days: Floats, left_out: int, weeks: int) -> Floats:
    return days[:, left_out:].reshape(len(days), weeks, WEEK)


def _middles(days: Floats) -> Floats:
    enough = np.isfinite(days).sum(axis=2) >= LEAST_KNOWN
    middle = np.full(enough.shape, np.nan)
    middle[enough] = np.nanmedian(days[enough], axis=1)
    return middle
