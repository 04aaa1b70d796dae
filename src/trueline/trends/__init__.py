"""Long-term deterioration: what slowly gets worse, since when, how sure.

In: series of figures per product, group, offering. Out: tests, slopes, dated changes, rankings.
The library entry points below need no workspace.
"""

from trueline.trends.change_points import change_points
from trueline.trends.trend_test import TrendTest, trend_test

__all__ = ["TrendTest", "change_points", "trend_test"]
