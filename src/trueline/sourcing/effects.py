"""Which stored figures rest on measurements that came in under a name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trueline.calendars.periods import parse_period
from trueline.errors import InputError
from trueline.measurement.mapped import MappedSeries

_EDGE_S = 86_400  # a period in some zone begins or ends up to a day from the one in UTC


def periods_touched(results: Path, series: Sequence[MappedSeries]) -> list[str]:
    """Labels of stored assessments whose period meets what was taken in or back, in order."""
    if not series or not results.is_dir():
        return []
    first = min(one.first_s for one in series)
    last = max(one.last_s for one in series)
    found = []
    for folder in sorted(results.iterdir()):
        try:
            start_s, end_s = parse_period(folder.name).bounds("UTC")
        except InputError:
            continue  # another kind of folder
        if start_s - _EDGE_S <= last and first < end_s + _EDGE_S:
            found.append(folder.name)
    return found
