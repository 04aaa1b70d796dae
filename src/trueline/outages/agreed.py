"""How much of an outage is excluded: only the part that was agreed; an overrun counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trueline.calendars.intervals import Interval, intersect, subtract, total, union


@dataclass(frozen=True)
class AgreedPart:
    """An outage split: `excluded` does not count, `counted` does. Disjoint, in order of time."""

    excluded: tuple[Interval, ...]
    counted: tuple[Interval, ...]

    @property
    def excluded_s(self) -> int:
        return total(self.excluded)

    @property
    def counted_s(self) -> int:
        return total(self.counted)


def agreed_part(
    agreed: Iterable[Interval], actual: Interval, *, notice_given: bool = True
) -> AgreedPart:
    """Split the outage `actual` by the windows that were agreed. Without sufficient notice
    nothing is excluded: the whole outage counts as unplanned."""
    windows = union(agreed) if notice_given else []
    ran = union([actual])
    return AgreedPart(tuple(intersect(ran, windows)), tuple(subtract(ran, windows)))
