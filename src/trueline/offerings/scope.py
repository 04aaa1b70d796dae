"""What a threshold standard applies to, from a class of customers down to everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from trueline.errors import InputError

SPECIFICATION = "specification"  # the offering's characteristic that names its specification


class Level(IntEnum):
    """Who comes first: the smaller number, after what one customer negotiated."""

    CUSTOMER_CLASS = 1
    OFFERING = 2
    SPECIFICATION = 3
    GLOBAL = 4


@dataclass(frozen=True)
class StandardScope:
    """Products of one offering, of offerings of one specification, of customers of one class (the
    customer's segment), or, where nothing is named, of all."""

    offering: str | None = None
    specification: str | None = None
    customer_class: str | None = None

    def __post_init__(self) -> None:
        if self.offering is not None and self.specification is not None:
            raise InputError(
                "A standard applies to an offering or to a specification, not to both",
                mend="Leave one of them out",
            )

    @property
    def level(self) -> Level:
        if self.customer_class is not None:
            return Level.CUSTOMER_CLASS
        if self.offering is not None:
            return Level.OFFERING
        return Level.GLOBAL if self.specification is None else Level.SPECIFICATION

    @property
    def rank(self) -> tuple[int, int]:
        """Order of precedence; of two classes the one that also names an offering comes first."""
        named = sum(one is not None for one in (self.offering, self.specification))
        return int(self.level), -named

    @property
    def words(self) -> str:
        """`customer class enterprise of offering eline-gold`, as explanations say it."""
        own = None
        if self.offering is not None:
            own = f"offering {self.offering}"
        elif self.specification is not None:
            own = f"specification {self.specification}"
        if self.customer_class is None:
            return own or "every offering"
        return f"customer class {self.customer_class}" + (f" of {own}" if own else "")

    def covers(
        self, offering_id: str, characteristics: Mapping[str, str], customer_class: str
    ) -> bool:
        """Whether a product of that offering sold to a customer of that class is meant."""
        return (
            self.offering in (None, offering_id)
            and self.specification in (None, characteristics.get(SPECIFICATION))
            and self.customer_class in (None, customer_class)
        )


def standard_name(scope: StandardScope, objective_id: str) -> str:
    """`eline-gold/gold-delay-p99`, `class=enterprise/delay`, `global/delay`: what people type."""
    parts = []
    if scope.customer_class is not None:
        parts.append(f"class={scope.customer_class}")
    if scope.specification is not None:
        parts.append(f"specification={scope.specification}")
    if scope.offering is not None:
        parts.append(scope.offering)
    return "/".join([*(parts or ["global"]), objective_id])
