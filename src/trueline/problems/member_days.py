"""Which days of which products kept their line, from the stored daily figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trueline.offerings.values import Catalog

# A daily figure this close to the target, relative to it, is on the line: targets are worked out
# from stored value and margin, which are binary floats.
ON_THE_LINE = 1e-9
_KEYS = ["product_id", "objective_id"]


@dataclass(frozen=True)
class MemberDays:
    """One entry per product and day with a figure: whether every objective kept its line."""

    product: npt.NDArray[Any]  # ids, as objects
    day: npt.NDArray[np.datetime64]
    kept: npt.NDArray[np.bool_]


def higher_is_better(catalog: Catalog) -> dict[str, bool]:
    """By objective: whether a larger figure is a better one."""
    objectives = [one for own in catalog.offerings.values() for one in own.objectives]
    objectives += [one.objective for one in catalog.standards]
    return {one.id: one.comparator.higher_is_better for one in objectives}


def stored_days(
    results: Path,
    better: Mapping[str, bool],
    *,
    objective_id: str | None,
    period: str | None = None,
) -> MemberDays:
    """Days of one objective (all with None) in one stored period (all with None).

    Each day's figure is held to the target that the product had in the period, worked out from
    its stored row: the value less the margin, in the direction of the objective. Days without a
    figure, and objectives that are neither ceiling nor floor, say nothing. A day that was
    assessed twice counts as it was assessed last.
    """
    judged = [
        _judged(folder, better, objective_id)
        for folder in _by_time_assessed(results)
        if period is None or folder.name == period
    ]
    if not judged:
        return _as_arrays(_NONE)
    every = pa.concat_tables(judged).combine_chunks()
    once = every.group_by([*_KEYS, "day"], use_threads=False).aggregate([("kept", "last")])
    days = once.group_by(["product_id", "day"]).aggregate([("kept_last", "all")])
    return _as_arrays(days.rename_columns(["product_id", "day", "kept"]))


_NONE = pa.table(
    {
        "product_id": pa.array([], pa.string()),
        "day": pa.array([], pa.date32()),
        "kept": pa.array([], pa.bool_()),
    }
)


def _as_arrays(table: pa.Table) -> MemberDays:
    return MemberDays(
        np.asarray(table["product_id"].to_numpy(), dtype=object),
        np.asarray(table["day"].to_numpy(), dtype="datetime64[D]"),
        np.asarray(table["kept"].to_numpy(), dtype=np.bool_),
    )


def _by_time_assessed(results: Path) -> list[Path]:
    told = [
        (str(json.loads(about.read_text(encoding="utf-8")).get("assessed_at", "")), about.parent)
        for about in results.glob("*/assessment.json")
    ]
    return [folder for _, folder in sorted(told)]


def _judged(folder: Path, better: Mapping[str, bool], objective_id: str | None) -> pa.Table:
    """`product_id, objective_id, day, kept` of one stored period."""
    daily = pq.read_table(folder / "daily.parquet", columns=[*_KEYS, "day", "value"])
    rows = pq.read_table(folder / "rows.parquet", columns=[*_KEYS, "value", "margin"])
    chosen = pa.array([objective_id] if objective_id else list(better), pa.string())
    daily, rows = (
        one.filter(pc.is_in(one["objective_id"], value_set=chosen)) for one in (daily, rows)
    )
    up = pa.array([one for one, higher in better.items() if higher], pa.string())
    floor = pc.is_in(rows["objective_id"], value_set=up)
    target = pc.if_else(
        floor,
        pc.subtract(rows["value"], rows["margin"]),
        pc.add(rows["value"], rows["margin"]),
    )
    rows = rows.append_column("target", target).group_by(_KEYS).aggregate([("target", "max")])
    both = daily.join(rows, _KEYS, join_type="inner")
    value, target = both["value"], both["target_max"]
    slack = pc.multiply(pc.abs(target), ON_THE_LINE)
    kept = pc.if_else(
        pc.is_in(both["objective_id"], value_set=up),
        pc.greater_equal(value, pc.subtract(target, slack)),
        pc.less_equal(value, pc.add(target, slack)),
    )
    judged = both.select([*_KEYS, "day"]).append_column("kept", kept)
    return judged.filter(pc.is_valid(judged["kept"]))
