"""Whether two programs gave the same answers."""

from __future__ import annotations


def compare_rows(ours: str, theirs: str) -> dict:
    """Rows of two Parquet files with product_id, objective_id, value, verdict (good_s, bad_s where
    the other knows them): how many differ, and by how much at most."""
    import pandas as pd

    left, right = pd.read_parquet(ours), pd.read_parquet(theirs)
    both = left.merge(right, on=["product_id", "objective_id"], how="outer", suffixes=("", "_2"))
    alone = both["value"].isna() | both["value_2"].isna()
    apart = (both["value"] - both["value_2"]).abs()
    differs = alone | (apart > 1e-9 * both["value"].abs().clip(lower=1e-9))
    differs |= both["verdict"] != both["verdict_2"]
    for column in ("good_s", "bad_s"):
        told = both[f"{column}_2"].notna()
        differs |= told & (both[column] != both[f"{column}_2"])
    return {
        "rows": len(both),
        "differ": int(differs.sum()),
        "largest": float(apart.max()),
        "examples": both[differs].head(3).astype(str).to_dict("records"),
    }
