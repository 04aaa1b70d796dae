"""Long-term deterioration: what slowly gets worse, since when, how sure, and when it breaks.

In: series of figures per product, group, offering. Out: tests, slopes, dated changes, rankings,
forecasts and the dates of breaches. The library entry points below need no workspace.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trueline.trends.breach import (
        BreachDate,
        breach_chances,
        breach_date,
        breach_dates,
        breach_probability,
    )
    from trueline.trends.forecast_backtest import ForecastScore
    from trueline.trends.forecasting import Forecast, forecast, forecast_many
    from trueline.trends.level_changes import change_points
    from trueline.trends.monotone_trend import TrendTest, trend_test

__all__ = [
    "BreachDate",
    "Forecast",
    "ForecastScore",
    "TrendTest",
    "breach_chances",
    "breach_date",
    "breach_dates",
    "breach_probability",
    "change_points",
    "forecast",
    "forecast_many",
    "trend_test",
]

_HOMES = {
    "breach": ("BreachDate", "breach_chances", "breach_date", "breach_dates", "breach_probability"),
    "level_changes": ("change_points",),
    "forecast_backtest": ("ForecastScore",),
    "forecasting": ("Forecast", "forecast", "forecast_many"),
    "monotone_trend": ("TrendTest", "trend_test"),
}


def __getattr__(name: str) -> object:
    """Each when first asked for: every command loads the records of this room, and few of them
    need the statistics that these import."""
    for home, names in _HOMES.items():
        if name in names:
            found: object = getattr(import_module(f"trueline.trends.{home}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
