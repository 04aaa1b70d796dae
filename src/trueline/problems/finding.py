"""What localization hands out: a combination of attribute values, with its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One combination that explains a deviation.

    `score` is the gain in nats of likelihood over "no cause", less the cost of naming it.
    `actual`, `expected` and `size` are sums over its leaves (`size` is the denominator, or the
    number of leaves); `lift` is actual / expected, None where nothing was expected.
    `not_separable` lists other combinations with exactly the same leaves: the data cannot tell
    them from this one. `rivals` explain nearly as much; `competing` fills them in.
    """

    attributes: dict[str, str]
    score: float
    actual: float
    expected: float
    size: float
    leaves: int
    not_separable: list[dict[str, str]] = field(default_factory=list)
    rivals: list[dict[str, str]] = field(default_factory=list)

    @property
    def lift(self) -> float | None:
        return self.actual / self.expected if self.expected else None
