"""What many degradations share: the combinations of attributes that explain an excess.

In: tables with attributes, verdict rows, performance analyses. Out: findings, and problems that
live until they are closed. `localize` needs no workspace and no settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueline.problems.finding import Finding

if TYPE_CHECKING:
    from trueline.problems.localization import localize

__all__ = ["Finding", "localize"]


def __getattr__(name: str) -> object:
    """`localize` when it is first asked for: every command loads the records of this room, and few
    of them need the statistics that it imports."""
    if name != "localize":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from trueline.problems import localization

    return localization.localize
