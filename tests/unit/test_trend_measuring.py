"""A change of the measuring is found in the figures, and is not claimed of a fault."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from tests.trend_builders import FIRST, history, objective

from trueline.assessment.aggregate import Membership
from trueline.trends.course_kind import Kind
from trueline.trends.deterioration import ScanSetting
from trueline.trends.measuring import (
    MeasuredBy,
    MeasuringChange,
    granules_changed,
    merged,
    probes_changed,
)
from trueline.trends.measuring_records import new_source, source_family
from trueline.trends.workspace_scan import EVERY_PRODUCT, Promises, ScanRequest, scan_history

DAYS, MEMBERS, CHANGE = 90, 40, 50
PARAMETERS = {"delay-mean": "delay"}
WORSE = {"delay-mean": 1}


def _values(seed: int) -> np.ndarray:
    """About 20 ms, each member at its own level, with a common day and noise of its own."""
    rng = np.random.default_rng(seed)
    level = 20 * np.exp(0.2 * rng.normal(size=(MEMBERS, 1)))
    common = 0.02 * rng.normal(size=DAYS)
    found: np.ndarray = level * np.exp(common + 0.03 * rng.normal(size=(MEMBERS, DAYS)))
    return found


def _by(nodes: int = 5) -> dict[str, MeasuredBy]:
    """Half of the members by each of two probes; either probe's over so many nodes."""
    return {
        f"P-{at}": MeasuredBy(f"probe-{at % 2}", "line north", f"node-{at % 2}-{at // 2 % nodes}")
        for at in range(MEMBERS)
    }


def _stepped(values: np.ndarray, rows: slice | list[int]) -> np.ndarray:
    changed = values.copy()
    changed[rows, CHANGE:] *= 1.1
    return changed


@pytest.mark.parametrize("seed", range(5))
def test_a_step_of_all_that_one_probe_measures_is_a_change_of_the_measuring(seed: int) -> None:
    values = _stepped(_values(seed), slice(0, None, 2))

    found = probes_changed(history(objective(values)), _by(), PARAMETERS, WORSE)

    assert set(found) == {f"P-{at}" for at in range(0, MEMBERS, 2)}
    (change,) = found["P-0"]
    assert abs((change.day - FIRST).days - CHANGE) <= 1
    assert change.parameter == "delay"
    assert "of the 20 products that probe-0 measures stepped at once" in change.what
    assert "20 of the same service measured by others did not" in change.what


@pytest.mark.parametrize(
    ("case", "rows", "nodes"),
    [
        ("everything steps: the service did", slice(None), 5),
        ("half of the probe's products step", list(range(0, MEMBERS, 4)), 5),
        ("the probe's products hang on two nodes", slice(0, None, 2), 2),
        ("nothing steps", [], 5),
    ],
)
def test_what_is_not_of_one_probe_alone_is_left_as_a_fault(
    case: str, rows: slice | list[int], nodes: int
) -> None:
    for seed in range(5):
        values = _stepped(_values(seed), rows)

        assert probes_changed(history(objective(values)), _by(nodes), PARAMETERS, WORSE) == {}, case


def test_the_fewer_the_products_the_more_others_have_to_stand_still() -> None:
    """Three of one probe stepped: among 18 of the service the chance is 1 in 816, of 7 1 in 35."""
    values = _values(1)
    values[[0, 2, 4], CHANGE:] *= 1.1
    by = {
        product: replace(one, probe="probe-0" if product in ("P-0", "P-2", "P-4") else "probe-1")
        for product, one in _by().items()
    }
    few = history(objective(values[:7]))
    more = history(objective(values[:18]))

    assert probes_changed(few, by, PARAMETERS, WORSE) == {}
    assert set(probes_changed(more, by, PARAMETERS, WORSE)) == {"P-0", "P-2", "P-4"}


def test_a_drift_of_one_probes_products_is_no_step() -> None:
    values = _values(1)
    values[::2] *= np.exp(np.maximum(np.arange(DAYS) - 20, 0) * 0.002)

    assert probes_changed(history(objective(values)), _by(), PARAMETERS, WORSE) == {}


def test_noise_of_many_operators_shows_no_replaced_probe() -> None:
    for seed in range(100, 140):
        found = probes_changed(history(objective(_values(seed))), _by(), PARAMETERS, WORSE)
        assert found == {}


def test_bad_time_steps_with_its_probe_where_no_value_is_looked_at() -> None:
    rng = np.random.default_rng(6)
    share = 0.02 * np.exp(0.1 * rng.normal(size=(MEMBERS, DAYS)))
    share[::2, CHANGE:] *= 2
    shares = objective(np.ones((MEMBERS, DAYS)), name="delay-share", bad_share=share)

    found = probes_changed(history(shares), _by(), {"delay-share": "delay"}, {})

    assert set(found) == {f"P-{at}" for at in range(0, MEMBERS, 2)}


def test_granules_of_another_length_are_a_change_of_the_measuring() -> None:
    """96 granules of 900 s a day, then 288 of 300 s; one day with half of its granules is none."""
    samples = np.full((3, 60), 96.0)
    samples[0, 30:] = 288.0
    samples[1, 20] = 48.0
    samples[2, 30] = 0.0

    found = granules_changed(history(objective(np.ones((3, 60)), samples=samples)), PARAMETERS)

    assert found == {
        "P-0": [
            MeasuringChange(
                FIRST + timedelta(days=30),
                "granules of 900 s before, of 300 s since",
                "delay",
            )
        ]
    }


def _request(changed: dict[str, list[MeasuringChange]]) -> ScanRequest:
    group = Membership("group", "G", frozenset(f"P-{at}" for at in range(0, MEMBERS, 2)))
    quiet = [Membership("group", f"Q-{at}", frozenset([f"P-{at}"])) for at in range(1, 20, 2)]
    promises = Promises(parameters=PARAMETERS)
    return ScanRequest([group, *quiet], WORSE, ScanSetting(), changed, promises)


def test_a_scan_tells_the_change_with_its_evidence_and_only_for_its_parameter() -> None:
    past = history(objective(_stepped(_values(2), slice(0, None, 2))))
    changed = probes_changed(past, _by(), PARAMETERS, WORSE)
    other = {
        product: [replace(one, parameter="loss") for one in own] for product, own in changed.items()
    }

    told = scan_history(past, _request(changed)).findings[0]
    untold = scan_history(past, _request(other)).findings[0]

    assert (told.kind, untold.kind) == (Kind.MEASUREMENT_CHANGE.value, Kind.STEP.value)
    assert "probe-0" in told.because
    assert "(20 products)" in told.because
    assert untold.because == ""


def test_what_a_parameter_means_reaches_every_product() -> None:
    past = history(objective(_stepped(_values(3), slice(0, None, 2))))
    day = FIRST + timedelta(days=CHANGE)
    changed = {EVERY_PRODUCT: [MeasuringChange(day, "unit s became ms", "delay")]}

    told = scan_history(past, _request(changed)).findings[0]

    assert told.kind == Kind.MEASUREMENT_CHANGE.value
    assert told.since == day.isoformat()
    assert told.because == "unit s became ms (20 products)"


def test_a_source_that_changes_once_is_told_and_a_single_late_file_is_not() -> None:
    days = [date(2026, 7, 1) + timedelta(days=at) for at in range(40)]
    once = [(day, "m a" if at < 25 else "m b") for at, day in enumerate(days)]
    late = [(day, "m b" if at == 25 else "m a") for at, day in enumerate(days)]

    assert new_source(once) == MeasuringChange(
        days[25], "granules came from m a before, from m b since"
    )
    assert new_source(late) is None
    assert new_source(once[:10]) is None


def test_files_that_differ_in_their_digits_are_one_source() -> None:
    assert source_family("in/probe-a-2026-07.csv") == source_family("in/probe-a-2026-08-01.csv")
    assert source_family("probe-a-2026-07.csv") != source_family("probe-b-2026-07.csv")
    assert source_family("remote-write") == "remote-write"


def test_changes_of_one_day_are_told_once_the_first_source_first() -> None:
    day = date(2026, 7, 1)
    one, two = MeasuringChange(day, "one"), MeasuringChange(day, "two")
    later = MeasuringChange(day + timedelta(days=1), "two")

    assert merged({"P": [one]}, {"P": [two, later]}) == {"P": [one, later]}
