"""The same verdicts in straightforward vectorised pandas, from plain long Parquet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.dataset
import pyarrow.parquet  # noqa: F401

from bench.catalogue import comparator, percentile, threshold
from bench.process import Stopwatch
from bench.samples import STEP_S, exclusions, offering_of, product_id

GREATER = ("throughput",)
RUN = 10


def verdicts(path: str, products: int, rows_to: str) -> dict:
    works = pd.DataFrame(list(exclusions(products)), columns=["product_id", "start", "end"])
    watch = Stopwatch()
    samples = pd.read_parquet(path)
    samples = _with_exclusions(samples, works)
    samples["threshold"] = _thresholds(samples)
    found = pd.concat([_shares(samples), _percentiles(samples), _availability(samples)])
    spent = watch.read()
    found["product_id"] = found["product_id"].map(product_id)
    found.sort_values(["product_id", "objective_id"]).to_parquet(rows_to, index=False)
    return {**spent, "rows": len(found)}


def _with_exclusions(samples: pd.DataFrame, works: pd.DataFrame) -> pd.DataFrame:
    """`covered` seconds outside every exclusion, and whether the start `counts`."""
    cut = _excluded_parts(works)
    samples = samples.merge(cut, how="left", on=["product_id", "ts"])
    samples["covered"] = STEP_S - samples["excluded"].fillna(0).astype("int64")
    samples["counts"] = samples["starts_in"].isna()
    return samples.drop(columns=["excluded", "starts_in"])


def _excluded_parts(works: pd.DataFrame) -> pd.DataFrame:
    """Every interval that an exclusion touches, with the seconds it takes from it."""
    works = _merged(works)
    first = works["start"] // STEP_S * STEP_S
    count = (works["end"] - first + STEP_S - 1) // STEP_S
    parts = works.loc[works.index.repeat(count)].copy()
    parts["ts"] = first.repeat(count) + STEP_S * parts.groupby(level=0).cumcount()
    low = np.maximum(parts["start"], parts["ts"])
    high = np.minimum(parts["end"], parts["ts"] + STEP_S)
    parts["excluded"] = high - low
    parts["starts_in"] = np.where(
        (parts["ts"] >= parts["start"]) & (parts["ts"] < parts["end"]), 1.0, np.nan
    )
    sums = parts.groupby(["product_id", "ts"], as_index=False)
    return sums.agg(excluded=("excluded", "sum"), starts_in=("starts_in", "max")).astype(
        {"product_id": "int32"}
    )


def _merged(works: pd.DataFrame) -> pd.DataFrame:
    """Overlapping exclusions of a product as one."""
    works = works.sort_values(["product_id", "start"])
    reach = works.groupby("product_id")["end"].cummax().groupby(works["product_id"]).shift()
    number = (works["start"] > reach.fillna(-1)).cumsum()
    return works.groupby(["product_id", number.rename("run")], as_index=False).agg(
        start=("start", "min"), end=("end", "max")
    )


def _thresholds(samples: pd.DataFrame) -> np.ndarray:
    parameters = list(samples["param"].cat.categories)
    table = np.array([[float(threshold(p, o)) for p in parameters] for o in range(8)])
    return table[offering_of(samples["product_id"].to_numpy()), samples["param"].cat.codes]


def _shares(samples: pd.DataFrame) -> pd.DataFrame:
    good = samples["value"] <= samples["threshold"]
    greater = samples["param"].isin(GREATER)
    good = good.where(~greater, samples["value"] >= samples["threshold"])
    seconds = pd.DataFrame(
        {
            "product_id": samples["product_id"],
            "param": samples["param"],
            "good_s": samples["covered"].where(good, 0),
            "known_s": samples["covered"],
        }
    )
    sums = seconds.groupby(["product_id", "param"], observed=True, as_index=False).sum()
    value = sums["good_s"] / sums["known_s"]
    return pd.DataFrame(
        {
            "product_id": sums["product_id"],
            "objective_id": sums["param"].astype(str) + "-share",
            "value": value,
            "good_s": sums["good_s"],
            "bad_s": sums["known_s"] - sums["good_s"],
            "verdict": np.select([value >= 0.97, value >= 0.95], ["met", "atRisk"], "violated"),
        }
    )


def _percentiles(samples: pd.DataFrame) -> pd.DataFrame:
    counted = samples[samples["counts"]]
    parts = []
    for parameter in counted["param"].cat.categories:
        mine = counted[counted["param"] == parameter]
        grouped = mine.groupby("product_id")
        value = grouped["value"].agg(_ranked(percentile(parameter)))
        bound = grouped["threshold"].first()
        met = value >= bound if comparator(parameter) == "GE" else value <= bound
        parts.append(
            pd.DataFrame(
                {
                    "product_id": value.index,
                    "objective_id": f"{parameter}-p",
                    "value": value.to_numpy(),
                    "verdict": np.where(met, "met", "violated"),
                }
            )
        )
    return pd.concat(parts)


def _ranked(share: int):
    """The smallest sample x with F(x) >= share, for one group."""

    def of(values: pd.Series) -> float:
        rank = -(-len(values) * share // 100) - 1
        return float(np.partition(values.to_numpy(), rank)[rank])

    return of


def _availability(samples: pd.DataFrame) -> pd.DataFrame:
    """Sliding window, two-sided: a run of RUN equal intervals decides the state."""
    loss = samples.loc[samples["param"] == "loss", ["product_id", "value", "counts"]]
    high = loss["value"] > 0.5
    product = loss["product_id"]
    number = ((high != high.shift()) | (product != product.shift())).cumsum()
    length = number.map(number.value_counts())
    state = (~high).astype("float64").where(length >= RUN)
    state = state.groupby(product).ffill().fillna(1.0)
    counted = state[loss["counts"]].groupby(product[loss["counts"]])
    value = counted.mean()
    value = counted.sum() / counted.size() if len(value) else value
    return pd.DataFrame(
        {
            "product_id": value.index,
            "objective_id": "availability",
            "value": value.to_numpy(),
            "verdict": np.where(value >= 0.999, "met", "violated"),
        }
    )
