"""Granules in memory, scanned like the lake: for `trueline test` and for specs on any engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import pyarrow as pa

from trueline.engine import Engine
from trueline.measurement.columns import GranuleColumn, ScanRequest
from trueline.measurement.granule_arrays import GranuleArrays
from trueline.measurement.scan import GranuleScan

MAX_DECIMALS = 6


@dataclass(frozen=True)
class ShortGranule:
    """One granule; a ratio has a denominator."""

    product_id: str
    parameter: str
    start_s: int
    duration_s: int
    value: Decimal
    denominator: Decimal | None = None
    suspect: bool = False


class ShortSeries:
    """A lake of a few granules. A later granule of the same product, parameter and start takes the
    place of an earlier one, as a correction does."""

    def __init__(self, granules: Sequence[ShortGranule]) -> None:
        newest = {(g.product_id, g.parameter, g.start_s): g for g in granules}
        self.granules = [newest[key] for key in sorted(newest)]
        ids = sorted({g.product_id for g in self.granules})
        self._keys = {product_id: key for key, product_id in enumerate(ids, start=1)}

    def product_keys(self, ids: Sequence[str]) -> Mapping[str, int]:
        return {i: self._keys[i] for i in ids if i in self._keys}

    def extent(self, parameters: Sequence[str] | None = None) -> tuple[int, int] | None:
        mine = [g for g in self.granules if parameters is None or g.parameter in parameters]
        if not mine:
            return None
        return min(g.start_s for g in mine), max(g.start_s + g.duration_s for g in mine)

    def arrays(self, request: ScanRequest) -> GranuleArrays | None:
        """None: so few granules are only scanned."""
        return None

    def longest_s(self, request: ScanRequest) -> int:
        return max((g.duration_s for g in self.granules), default=0)

    def scan(self, engine: Engine, request: ScanRequest) -> GranuleScan:
        columns = {
            parameter: self._column(number, parameter)
            for number, parameter in enumerate(request.parameters)
        }
        lo, hi = request.product_keys or (0, len(self._keys) + 1)
        mine = [
            g
            for g in self.granules
            if request.start_s <= g.start_s < request.end_s
            and lo <= self._keys[g.product_id] < hi
            and g.parameter in columns
        ]
        return GranuleScan(
            table=engine.table(self._table(mine, columns)),
            columns=columns,
            overlapping=_overlapping(mine),
            max_duration_s=max((g.duration_s for g in mine), default=0),
        )

    def _column(self, number: int, parameter: str) -> GranuleColumn:
        mine = [g for g in self.granules if g.parameter == parameter]
        numbers = [n for g in mine for n in (g.value, g.denominator) if n is not None]
        places = max((max(0, -_exponent(n)) for n in numbers), default=0)
        ratio = any(g.denominator is not None for g in mine)
        return GranuleColumn(
            value=f"value_{number}",
            denominator=f"denominator_{number}" if ratio else None,
            decimals=places if places <= MAX_DECIMALS else None,
        )

    def _table(
        self, granules: Sequence[ShortGranule], columns: Mapping[str, GranuleColumn]
    ) -> pa.Table:
        out: dict[str, pa.Array] = {
            "product_key": pa.array([self._keys[g.product_id] for g in granules], pa.int32()),
            "start_s": pa.array([g.start_s for g in granules], pa.int64()),
            "duration_s": pa.array([g.duration_s for g in granules], pa.int32()),
            "suspect": pa.array([g.suspect for g in granules], pa.bool_()),
        }
        for parameter, column in columns.items():
            kind = pa.float64() if column.decimals is None else pa.int64()
            for name, pick in ((column.value, "value"), (column.denominator, "denominator")):
                if name is not None:
                    numbers = [
                        getattr(g, pick) if g.parameter == parameter else None for g in granules
                    ]
                    out[name] = pa.array([_stored(n, column.decimals) for n in numbers], kind)
        return pa.table(out)


def _exponent(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _stored(number: Decimal | None, decimals: int | None) -> int | float | None:
    if number is None:
        return None
    return float(number) if decimals is None else int(number.scaleb(decimals))


def _overlapping(granules: Sequence[ShortGranule]) -> bool:
    trusted = sorted(
        (g.product_id, g.parameter, g.start_s, g.duration_s) for g in granules if not g.suspect
    )
    return any(
        one[:2] == other[:2] and one[2] + one[3] > other[2] for one, other in pairwise(trusted)
    )
