"""Naming dimensions and keeping some verdicts only; a wrong name is told with the right ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trueline.aggregates.cube import Dimension, Facts
from trueline.errors import InputError, nearest, unknown_name


@dataclass(frozen=True)
class Selected:
    """Verdicts whose `dimension` has this value."""

    dimension: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Selected:
        """`region=north`; InputError otherwise."""
        dimension, equals, value = text.partition("=")
        if not equals or not dimension.strip():
            raise InputError(f"{text!r} is no selection", mend="Write dimension=value")
        return cls(dimension.strip(), value.strip())


def dimension_of(facts: Facts, name: str) -> Dimension:
    """The dimension, with the values that occur in these verdicts only."""
    found = facts.dimensions.get(name)
    if found is None:
        raise unknown_name("dimension", name, facts.dimensions)
    occurring = np.unique(found.codes)
    move = np.zeros(len(found.labels), np.int32)
    move[occurring] = np.arange(len(occurring), dtype=np.int32)
    labels = tuple(found.labels[i] for i in occurring)
    return Dimension(name, move[found.codes], labels)


def selected(facts: Facts, wanted: Sequence[Selected]) -> Facts:
    """Verdicts for which every selection holds; InputError where a value does not occur."""
    for one in wanted:
        dimension = dimension_of(facts, one.dimension)
        if one.value not in dimension.labels:
            raise InputError(
                f"No verdict here has {one.dimension} {one.value!r}",
                mend=nearest(one.value, dimension.labels),
            )
        facts = facts.only(dimension.codes == dimension.labels.index(one.value))
    return facts
