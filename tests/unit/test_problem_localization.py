"""Localization on small tables whose cause is planted, in every form that callers use."""

from __future__ import annotations

import inspect
import itertools
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from trueline.errors import InputError
from trueline.problems import localize


def _grid(seed: int = 1, noise: float = 0.03) -> pd.DataFrame:
    """6 x 5 x 8 leaves of about 100, expected within the noise."""
    rng = np.random.default_rng(seed)
    cells = itertools.product(range(6), range(5), range(8))
    table = pd.DataFrame(
        [(f"r{a}", f"m{b}", f"v{c}") for a, b, c in cells],
        columns=["region", "model", "version"],
    )
    table["predict"] = rng.uniform(50, 150, len(table))
    table["real"] = table["predict"] * (1 + rng.normal(0, noise, len(table)))
    return table


def _plant(table: pd.DataFrame, factor: float, **where: str) -> None:
    rows = np.logical_and.reduce([table[name] == value for name, value in where.items()])
    table.loc[rows, "real"] = table.loc[rows, "predict"] * factor


NAMES = ["region", "model", "version"]


@pytest.mark.parametrize("factor", [0.0, 0.5, 2.0, 10.0])
def test_one_cause_is_found_in_either_direction(factor: float) -> None:
    table = _grid()
    _plant(table, factor, model="m2", version="v3")
    found = localize(table, NAMES)
    assert [one.attributes for one in found] == [{"model": "m2", "version": "v3"}]
    assert found[0].leaves == 6


def test_three_causes_of_different_width_are_found_together() -> None:
    table = _grid()
    _plant(table, 0.5, region="r1")
    _plant(table, 0.2, model="m4", version="v7")
    _plant(table, 3.0, region="r5", model="m0", version="v0")
    found = {frozenset(one.attributes.items()) for one in localize(table, NAMES)}
    assert found == {
        frozenset({("region", "r1")}),
        frozenset({("model", "m4"), ("version", "v7")}),
        frozenset({("region", "r5"), ("model", "m0"), ("version", "v0")}),
    }


def test_noise_alone_gives_no_cause_over_many_seeds() -> None:
    claimed = [localize(_grid(seed, 0.1), NAMES) for seed in range(40)]
    assert sum(map(len, claimed)) <= 1


def test_two_names_of_the_same_leaves_are_not_separable() -> None:
    table = _grid()
    table["firmware"] = table["region"].map(lambda region: "fw9" if region == "r1" else "fw1")
    _plant(table, 0.5, region="r1")
    found = localize(table, [*NAMES, "firmware"])
    assert len(found) == 1
    named = [found[0].attributes, *found[0].not_separable]
    assert {"region": "r1"} in named
    assert {"firmware": "fw9"} in named


def test_nulls_zeros_negatives_and_missing_numbers_do_not_disturb() -> None:
    table = _grid()
    _plant(table, 0.5, region="r1")
    table.loc[table.index % 7 == 0, "model"] = None
    table.loc[table.index % 11 == 0, ["real", "predict"]] = 0.0
    table.loc[table.index % 13 == 0, ["real", "predict"]] *= -1
    table.loc[3, "real"] = np.nan
    assert [one.attributes for one in localize(table, NAMES)] == [{"region": "r1"}]


def test_arrow_and_pandas_tables_give_the_same() -> None:
    table = _grid()
    _plant(table, 0.4, version="v1")
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    assert localize(arrow, NAMES) == localize(table, NAMES)


def _minutes(bad_rate: float) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = []
    for minute in range(0, 660, 60):
        for cdn, bitrate in itertools.product(["c1", "c2", "c3"], [500, 2000, 4000]):
            viewers = int(rng.integers(800, 1200))
            rate = bad_rate if (minute, bitrate) == (600, 2000) else 0.02
            rows.append((minute, cdn, bitrate, rng.binomial(viewers, rate), viewers))
    return pd.DataFrame(rows, columns=["min", "cdn", "bitrate", "value", "cnt"])


def test_rates_are_compared_with_their_history() -> None:
    found = localize(
        _minutes(0.2), ["cdn", "bitrate"], actual="value", denominator="cnt", time="min", at=600
    )
    assert [one.attributes for one in found] == [{"bitrate": "2000"}]
    assert found[0].lift is not None
    assert found[0].lift > 5


def test_counts_without_expectation_are_compared_with_their_history() -> None:
    table = _minutes(0.2)
    table["value"] = np.where(
        (table["min"] == 600) & (table["cdn"] == "c2"), table["cnt"] // 3, table["cnt"]
    )
    found = localize(table, ["cdn", "bitrate"], actual="value", time="min", at=600)
    assert [one.attributes for one in found] == [{"cdn": "c2"}]


def test_limit_gives_so_many_with_claims_first() -> None:
    table = _grid()
    _plant(table, 0.5, region="r1")
    found = localize(table, NAMES, limit=3)
    assert len(found) == 3
    assert found[0].attributes == {"region": "r1"}


def test_empty_table_gives_no_findings() -> None:
    assert localize(_grid().iloc[:0], NAMES) == []


def test_a_handful_of_leaves_claims_what_is_plain_only() -> None:
    slight = pd.DataFrame({"region": ["a", "b"], "real": [95.0, 90.0], "predict": [100.0, 100.0]})
    assert localize(slight, ["region"]) == []


def test_rates_within_their_usual_range_give_no_cause() -> None:
    found = localize(
        _minutes(0.02), ["cdn", "bitrate"], actual="value", denominator="cnt", time="min", at=600
    )
    assert found == []


def test_missing_column_is_refused_with_its_name() -> None:
    with pytest.raises(InputError, match="no column 'supplier'"):
        localize(_grid(), ["supplier"])


def test_moment_that_no_row_has_is_refused() -> None:
    with pytest.raises(InputError, match="no row is of the moment 601"):
        localize(_minutes(0.1), ["cdn"], actual="value", denominator="cnt", time="min", at=601)


def test_importing_the_library_sets_up_no_django() -> None:
    program = "import sys, trueline.problems; print('django' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert told.stdout.strip() == "False", told.stderr


def test_the_signature_names_every_keyword_for_help_and_inspection() -> None:
    keywords = {
        name: one.default
        for name, one in inspect.signature(localize).parameters.items()
        if one.kind is inspect.Parameter.KEYWORD_ONLY
    }
    assert keywords == {
        "actual": "real",
        "expected": "predict",
        "denominator": None,
        "time": None,
        "at": None,
        "limit": None,
    }


def _counts(seed: int, mean: float, factor: float = 1.0) -> pd.DataFrame:
    """Poisson counts about one mean; those of region r1 about `factor` times it."""
    table = _grid(seed)
    means = np.where(table["region"] == "r1", mean * factor, mean)
    table["predict"] = mean
    table["real"] = np.random.default_rng([seed, 5]).poisson(means)
    return table


@pytest.mark.parametrize("mean", [0.05, 0.3, 1.0, 5.0, 40.0])
def test_counts_that_scatter_by_chance_give_no_cause(mean: float) -> None:
    claimed = [localize(_counts(seed, mean), NAMES) for seed in range(12)]
    assert claimed == [[]] * 12


@pytest.mark.parametrize(("mean", "factor"), [(1.0, 4.0), (5.0, 3.0), (5.0, 0.2), (40.0, 2.0)])
def test_a_cause_is_found_among_small_counts(mean: float, factor: float) -> None:
    found = localize(_counts(3, mean, factor), NAMES)
    assert [one.attributes for one in found] == [{"region": "r1"}]


def test_faults_where_none_were_expected_are_a_cause() -> None:
    table = _grid().assign(predict=0.0, real=0.0)
    table.loc[table["region"] == "r1", "real"] = 5.0
    assert [one.attributes for one in localize(table, NAMES)] == [{"region": "r1"}]
    table["real"] *= 0.3  # amounts, not counts
    assert [one.attributes for one in localize(table, NAMES)] == [{"region": "r1"}]


def test_everything_off_alike_is_one_cause_without_attributes() -> None:
    table = _grid()
    table["real"] *= 0.5
    assert [one.attributes for one in localize(table, NAMES)] == [{}]


def test_half_of_the_values_off_are_named_one_by_one() -> None:
    table = _grid()
    for region in ("r0", "r2", "r4"):
        _plant(table, 0.5, region=region)
    names = [one.attributes["region"] for one in localize(table, NAMES)]
    assert sorted(names) == ["r0", "r2", "r4"]


def test_figures_around_zero_are_not_compared_by_their_share() -> None:
    table = _grid()
    table["predict"] -= 100
    table["real"] = table["predict"] + np.random.default_rng(4).normal(0, 3, len(table))
    assert localize(table, NAMES) == []
    _plant(table, 0.4, model="m2")
    assert [one.attributes for one in localize(table, NAMES)] == [{"model": "m2"}]


def test_many_attributes_are_searched_as_far_as_time_allows() -> None:
    rng = np.random.default_rng(6)
    names = [f"a{place}" for place in range(14)]
    table = pd.DataFrame({name: rng.integers(0, 4, 2000).astype(str) for name in names})
    table["predict"] = rng.uniform(50, 150, len(table))
    table["real"] = table["predict"] * (1 + rng.normal(0, 0.05, len(table)))
    _plant(table, 0.3, a3="1", a7="2", a9="0")
    assert [one.attributes for one in localize(table, names)] == [{"a3": "1", "a7": "2", "a9": "0"}]


def test_order_of_rows_and_columns_is_of_no_importance() -> None:
    table = _grid()
    _plant(table, 0.4, model="m2", version="v3")
    _plant(table, 0.6, region="r4")
    mixed = table.sample(frac=1, random_state=3)[["real", "version", "predict", "region", "model"]]
    assert localize(mixed, NAMES) == localize(table, NAMES)


def test_rows_of_one_leaf_are_added_up() -> None:
    table = _grid()
    _plant(table, 0.4, version="v1")
    halves = pd.concat([table.assign(real=table["real"] / 2, predict=table["predict"] / 2)] * 2)
    assert localize(halves, NAMES)[0].attributes == {"version": "v1"}
    assert localize(halves, NAMES)[0].leaves == 30


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (lambda number: number, "3"),
        (lambda number: number if number else None, "3"),
        (lambda number: float(number), "3.0"),
        (lambda number: number == 3, "True"),
        (lambda number: b"v%d" % number, "v3"),
        (lambda number: number if number else "none", "3"),
    ],
    ids=["integer", "integer with a null", "float", "bool", "bytes", "mixed"],
)
def test_values_are_named_as_a_file_holds_them(kind: Callable[[int], object], text: str) -> None:
    table = _grid()
    _plant(table, 0.4, version="v3")
    table["version"] = pd.Series([kind(int(one[1:])) for one in table["version"]])
    table["region"] = table["region"].astype("category")
    assert [one.attributes for one in localize(table, NAMES)] == [{"version": text}]


def test_a_dict_of_columns_will_do_and_no_table_is_changed() -> None:
    table = _grid()
    _plant(table, 0.4, version="v1")
    kept = table.copy(deep=True)
    columns = {name: table[name].to_numpy() for name in table}
    assert localize(columns, NAMES) == localize(table, NAMES)
    pd.testing.assert_frame_equal(table, kept)


@pytest.mark.parametrize(
    ("moments", "at"),
    [
        (lambda n: n, 9),
        (lambda n: str(n + 5), 14),  # read as text, "14" sorts before "5"
        (lambda n: f"2026-01-01 00:0{n}", "2026-01-01 00:09"),
        (lambda n: pd.Timestamp(2026, 1, 1, 0, n), "2026-01-01 00:09"),
        (lambda n: pd.Timestamp(2026, 1, 1, 0, n), np.datetime64("2026-01-01T00:09")),
        (
            lambda n: pd.Timestamp(2026, 1, 1, 0, n, tz="Europe/Berlin"),
            datetime(2025, 12, 31, 23, 9, tzinfo=UTC),
        ),
    ],
    ids=["integer", "number as text", "text", "time and text", "numpy", "zoned"],
)
def test_moments_of_every_kind_are_found(moments: Callable[[int], object], at: object) -> None:
    rng = np.random.default_rng(8)
    parts = [_grid().assign(time=n) for n in (3, 0, 9, 7, 8)]  # not in order, with gaps
    table = pd.concat(parts, ignore_index=True)
    table["real"] = table["predict"] * (1 + rng.normal(0, 0.03, len(table)))
    table.loc[(table["time"] == 9) & (table["region"] == "r1"), "real"] *= 0.5
    table["time"] = [moments(n) for n in table["time"]]
    found = localize(table, NAMES, time="time", at=at)
    assert [one.attributes for one in found] == [{"region": "r1"}]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"attributes": "region"}, "attributes is a text"),
        ({"attributes": []}, "attributes is empty"),
        ({"attributes": ["region", "region"]}, "attribute 'region' is named twice"),
        ({"attributes": ["region", "real"]}, "'real' is named as an attribute and as a figure"),
        ({"attributes": NAMES, "limit": 2.5}, "limit is 2.5"),
        ({"attributes": NAMES, "actual": "model"}, "'model' holds values that are no numbers"),
        ({"attributes": NAMES, "expected": "forecast"}, "no column 'forecast'"),
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(asked: dict[str, Any], told: str) -> None:
    if asked.get("actual") == "model":
        asked = {**asked, "attributes": ["region"]}
    with pytest.raises(InputError, match=told):
        localize(_grid(), **asked)


def test_a_moment_without_an_offset_is_refused_where_the_table_has_them() -> None:
    table = _grid().assign(time=pd.Timestamp(2026, 1, 1, tz="Europe/Berlin"))
    with pytest.raises(InputError, match="without an offset"):
        localize(table, NAMES, time="time", at=pd.Timestamp(2026, 1, 1))


def test_a_little_more_everywhere_does_not_widen_a_cause() -> None:
    """1.5 times the usual rate everywhere, ten times at 2000 on c1."""
    table = _minutes(0.03)
    here = table["min"] == 600
    table.loc[here, "value"] = (table.loc[here, "cnt"] * 0.03).astype(int)
    worst = here & (table["cdn"] == "c1") & (table["bitrate"] == 2000)
    table.loc[worst, "value"] = (table.loc[worst, "cnt"] * 0.2).astype(int)
    found = localize(
        table, ["cdn", "bitrate"], actual="value", denominator="cnt", time="min", at=600
    )
    assert [one.attributes for one in found] == [{"cdn": "c1", "bitrate": "2000"}]


def test_names_that_only_add_to_a_shorter_one_are_not_told_as_inseparable() -> None:
    table = _grid()
    table["firmware"] = table["region"].map({"r1": "fw9"}).fillna("fw1")
    table["always"] = "x"
    _plant(table, 0.5, region="r1")
    found = localize(table, [*NAMES, "firmware", "always"])
    assert found[0].not_separable == [{"region": "r1"}] or found[0].attributes == {"region": "r1"}
    assert len(found[0].not_separable) == 1
