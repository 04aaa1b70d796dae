"""In: series of measured values. Out: where they are going, and when they break their promise."""

from trueline.trends.breach import (
    BreachDate,
    breach_chances,
    breach_date,
    breach_dates,
    breach_probability,
)
from trueline.trends.forecast_backtest import ForecastScore
from trueline.trends.forecasting import Forecast, forecast, forecast_many

__all__ = [
    "BreachDate",
    "Forecast",
    "ForecastScore",
    "breach_chances",
    "breach_date",
    "breach_dates",
    "breach_probability",
    "forecast",
    "forecast_many",
]
