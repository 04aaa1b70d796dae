"""The history as a forecaster takes it: finite, without gaps, on the scales that fit it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trueline.errors import InputError, Place

LARGEST = 1e100  # squares of larger values overflow
SMALLEST = 1e-100  # squares of smaller ones vanish: they are taken for 0
OFFSET = 0.01  # of the mean size: where the root scale becomes a straight line

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Form:
    """A scale on which a series may be steadier; `back` is kept within `ceiling` on that scale."""

    name: str
    there: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]


def _same(values: Floats) -> Floats:
    return values


def _squared(values: Floats) -> Floats:
    return np.square(np.maximum(values, 0.0))


RAW = Form("raw", _same, _same)
ROOT = Form("root", np.sqrt, _squared)
LOG = Form("log", np.log, np.exp)


def forms_of(values: Floats) -> Sequence[Form]:
    """Raw always; root and logarithm where every value allows them."""
    lowest = values.min()
    if lowest > 0:
        return (RAW, ROOT, LOG)
    return (RAW, ROOT) if lowest == 0 and values.max() > 0 else (RAW,)


def history_of(values: ArrayLike, season: int) -> Floats:
    """Finite values in time order, without the gaps before the first one.

    A gap later on is filled in a straight line after the season was taken out, and the season put
    back; a gap at the end keeps the last level.
    """
    raw = np.asarray(values, dtype=np.float64)
    if raw.ndim != 1:
        raise InputError(
            f"values have {raw.ndim} dimensions",
            place=Place(field="values"),
            mend="Give one series.",
        )
    known = np.flatnonzero(np.isfinite(raw))
    if not len(known):
        raise InputError(
            "there is no finite value", place=Place(field="values"), mend="Give at least one value."
        )
    if np.abs(raw[known]).max() > LARGEST:
        raise InputError(
            f"a value is larger than {LARGEST:g}",
            place=Place(field="values"),
            mend="Give the values in a larger unit.",
        )
    kept = np.where(np.abs(raw[known[0] :]) < SMALLEST, 0.0, raw[known[0] :])
    known = known - known[0]
    gaps = np.flatnonzero(~np.isfinite(kept))
    if len(gaps):
        usual = _usual_by_phase(kept, known, season)[np.arange(len(kept)) % season]
        kept[gaps] = np.interp(gaps, known, (kept - usual)[known]) + usual[gaps]
    return kept


def _usual_by_phase(values: Floats, known: Ints, season: int) -> Floats:
    """Mean of the known values of each phase of the season; zeros where a phase was never seen."""
    phases = known % season
    seen = np.bincount(phases, minlength=season)
    if season == 1 or seen.min() < 2:
        return np.zeros(season)
    return np.bincount(phases, values[known], minlength=season) / seen


def root_offset(values: Floats) -> float | None:
    """Of the root scale for a series that is never negative; None: there is no such scale."""
    if values.min() < 0 or values.max() <= 0:
        return None
    return OFFSET * float(values.mean())


def scaled(values: Floats, offset: float | None) -> Floats:
    """sign(y) (sqrt(|y| + offset) - sqrt(offset)); without an offset, y."""
    if offset is None:
        return values
    grown: Floats = np.sign(values) * (np.sqrt(np.abs(values) + offset) - np.sqrt(offset))
    return grown


def unscaled(values: Floats, offset: float | None) -> Floats:
    """The way back from `scaled`."""
    if offset is None:
        return values
    back: Floats = np.sign(values) * (np.square(np.abs(values) + np.sqrt(offset)) - offset)
    return back
