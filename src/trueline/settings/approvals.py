"""From which exposure on a threshold standard needs every part of an approval."""

from __future__ import annotations

import os
from decimal import Decimal, InvalidOperation

from trueline.errors import InputError

DEFAULT_EXPOSURE_LIMIT = Decimal(10_000)


def exposure_limit() -> Decimal:
    """TRUELINE_EXPOSURE_LIMIT: monthly charges together, in the currency of the inventory."""
    text = os.environ.get("TRUELINE_EXPOSURE_LIMIT")
    if not text:
        return DEFAULT_EXPOSURE_LIMIT
    try:
        limit = Decimal(text)
    except InvalidOperation:
        limit = Decimal(-1)
    if not limit.is_finite() or limit < 0:
        raise InputError(
            f"TRUELINE_EXPOSURE_LIMIT is {text[:40]!r}", mend="Write an amount such as 10000"
        )
    return limit
