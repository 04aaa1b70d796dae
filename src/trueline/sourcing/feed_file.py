"""What is asked of each feed, from `feeds.yaml` in the workspace."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from trueline.intake.yaml_tree import Node
from trueline.offerings.kinds import Duration, Number, Text
from trueline.offerings.reading import Key, Site, read_keys
from trueline.sourcing.feeds import DEFAULT, FeedObjective
from trueline.sourcing.own_file import read_own_file

_KEYS = (
    Key("feed", Text(200), "value of the characteristic; * = every other feed", required=True),
    Key("max_age", Duration(), "how old the newest granule may be"),
    Key("min_completeness", Number(Decimal(0), Decimal(1)), "share of owed time, 0 to 1"),
)


def read_feed_objectives(path: Path) -> list[FeedObjective]:
    """Objectives of feeds; none where there is no file. InputError names line and field."""
    found: list[FeedObjective] = []

    def take(node: Node, site: Site) -> None:
        values = read_keys(node, _KEYS, site, "feed")
        if any(one.feed == values["feed"] for one in found):
            raise site.error(node.line, f"The feed {values['feed']!r} stands twice in this file")
        found.append(
            FeedObjective(
                values["feed"],
                values.get("max_age") or DEFAULT.max_age_s,
                values.get("min_completeness") or DEFAULT.min_completeness,
            )
        )

    read_own_file(path, "feeds", take)
    return found
