"""The ways through the engine: table expressions over a scan, and what is made of their results."""

from __future__ import annotations

from trueline.assessment.clipped_granules import without_overlap
from trueline.assessment.granule_sums import sum_granules
from trueline.assessment.histogram_sums import histograms
from trueline.assessment.measured_granules import fetch_measured
from trueline.assessment.state_scan import StateScan, find_states

__all__ = [
    "StateScan",
    "fetch_measured",
    "find_states",
    "histograms",
    "sum_granules",
    "without_overlap",
]
