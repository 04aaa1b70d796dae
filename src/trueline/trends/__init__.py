"""Long-term deterioration: what slowly gets worse, since when, how sure, and when it breaks.

In: series of figures per product, group, offering. Out: tests, slopes, dated changes, rankings,
forecasts and the dates of breaches. The library entry points below need no workspace.
"""

from trueline.trends.breach import (
    BreachDate,
    breach_chances,
    breach_date,
    breach_dates,
    breach_probability,
)
from trueline.trends.change_points import change_points
from trueline.trends.forecast_backtest import ForecastScore
from trueline.trends.forecasting import Forecast, forecast, forecast_many
from trueline.trends.trend_test import TrendTest, trend_test

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
