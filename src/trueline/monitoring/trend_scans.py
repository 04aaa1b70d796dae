"""What a regime that names its trends has scanned: its group, and each member by itself."""

from __future__ import annotations

from dataclasses import replace

from trueline.monitoring.values import Regime
from trueline.trends.ask_workspace import WorkspaceScan
from trueline.trends.asking import USUAL


def regime_trends(regime: Regime) -> WorkspaceScan:
    """The usual scan of the regime's group and its members."""
    return WorkspaceScan(replace(USUAL, group=regime.group))
