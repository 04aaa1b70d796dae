"""What is asked of each feed, from `feeds.yaml` in the workspace."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from trueline.errors import InputError, Place
from trueline.intake.yaml_tree import Node
from trueline.offerings.document import each_definition, read_documents
from trueline.offerings.kinds import Duration, Number, Text
from trueline.offerings.reading import Key, Site, read_keys
from trueline.sourcing.feeds import DEFAULT, FeedObjective

MAX_BYTES = 1 << 20
_KEYS = (
    Key("feed", Text(200), "value of the characteristic; * = every other feed", required=True),
    Key("max_age", Duration(), "how old the newest granule may be"),
    Key("min_completeness", Number(Decimal(0), Decimal(1)), "share of owed time, 0 to 1"),
)


def read_feed_objectives(path: Path) -> list[FeedObjective]:
    """Objectives of feeds; none where there is no file. InputError names line and field."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputError(str(error.strerror), place=Place(str(path))) from None
    if len(data) > MAX_BYTES:
        raise InputError(f"The file is over {MAX_BYTES:,} bytes", place=Place(str(path)))
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

    for table in read_documents(data, path.name, ("feeds",)):
        for row in each_definition(table, "feeds", path.name, take):
            raise InputError(row.reason, place=Place(path.name, row.line, row.field))
    return found
