"""Forecast every series of a set and score what came out."""

from __future__ import annotations

import time

import numpy as np

from bench.forecast_scores import (
    BreachCase,
    auc,
    breach_lines,
    brier,
    date_f1,
    mape,
    mase,
    owa,
    smape,
)
from bench.forecast_sets import SETS, Series
from trueline.trends import breach_chances, breach_date, forecast


def measure(name: str, every: int = 1, back: int = 0) -> dict[str, float]:
    """Figures of the set: accuracy, coverage in percent, breach scores, seconds a series.

    `back` is how many horizons before the published end each series is cut; those that have no
    two seasons and two horizons left are left out.
    """
    kept = next(one for one in SETS if one.name == name)
    least = (2 + back) * kept.horizon + (2 * kept.season if back else 0)
    series = [
        one.earlier(back * kept.horizon)
        for one in kept.series()[::every]
        if back == 0 or len(one.train) >= least
    ]
    scores, cases, crossings, seconds = [], [], [], []
    for one in series:
        began = time.process_time()
        found = forecast(one.train, kept.season, kept.horizon)
        seconds.append(time.process_time() - began)
        scores.append(_accuracy(one, found.mean, kept.season, (found.lower, found.upper)))
        upper, lower = breach_lines(one.train, kept.season, kept.horizon)
        for line, side in ((upper, "above"), (lower, "below")):
            beyond = one.test > upper if side == "above" else one.test < lower
            cases.append(BreachCase(breach_chances(found, line, side), beyond))
            crossed = breach_date(found, line, side).probability
            crossings.append(BreachCase(np.array([crossed]), beyond))
    means = {key: float(np.mean([score[key] for score in scores])) for key in scores[0]}
    if kept.naive2 is not None:
        means["OWA"] = owa(means["sMAPE"], means["MASE"], kept.naive2)
    breaches = {"Brier": brier(cases), "AUC": auc(cases), "date F1": date_f1(cases)}
    breaches["Brier of crossing"] = brier(crossings)
    cost = {"seconds": float(np.mean(seconds)), "slowest": max(seconds), "series": len(series)}
    return means | breaches | cost


def _accuracy(
    one: Series, mean: np.ndarray, season: int, interval: tuple[np.ndarray, np.ndarray]
) -> dict[str, float]:
    inside = (one.test >= interval[0]) & (one.test <= interval[1])
    return {
        "sMAPE": smape(one.test, mean),
        "MASE": mase(one.test, mean, one.train, season),
        "MAPE": mape(one.test, mean),
        "coverage": 100 * float(inside.mean()),
    }
