"""What many degradations share: the combinations of attributes that explain an excess.

In: tables with attributes, verdict rows, performance analyses. Out: findings, and problems that
live until they are closed. `localize` needs no workspace and no settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueline.problems.finding import Finding

if TYPE_CHECKING:
    from trueline.problems.localization import localize
    from trueline.problems.rivals import competing

__all__ = ["Finding", "competing", "localize"]


def __getattr__(name: str) -> object:
    """`localize` and `competing` when first asked for: every command loads the records of this
    room, and few of them need the statistics that these import."""
    if name == "localize":
        from trueline.problems import localization

        return localization.localize
    if name == "competing":
        from trueline.problems import rivals

        return rivals.competing
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
