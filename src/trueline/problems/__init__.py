"""What many degradations share: the combinations of attributes that explain an excess.

In: tables with attributes, verdict rows, performance analyses. Out: findings, and problems that
live until they are closed. `localize` needs no workspace and no settings.
"""

from trueline.problems.finding import Finding
from trueline.problems.localization import localize

__all__ = ["Finding", "localize"]
