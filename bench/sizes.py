"""How much a run measures, by the name of its scale."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Products, rows and rounds of every section; pairs are (products, rounds)."""

    name: str
    main: tuple[tuple[int, int], ...]  # products, rounds
    pandas: tuple[int, int] = (500, 3)
    prometheus: tuple[int, int] = (200, 3)
    victoriametrics: tuple[int, int] = (500, 7)
    csv_rows: int = 2_000_000
    parquet_rows: int = 10_000_000
    load_rounds: int = 5
    pushes: int = 40
    push_samples: int = 10_000
    batch_products: int = 20_000
    batches: int = 288
    summed_batches: int = 120
    studio: tuple[int, int, int] = (2_000, 12, 3)  # products, months, rounds
    histogram_values: int = 4_000_000
    histogram_rounds: int = 5
    trend_series: int = 20_000
    trend_peer_series: int = 40
    localizations: int = 60
    enrichment_products: int = 100_000


SCALES = {
    "small": Scale(
        "small",
        main=((25, 1), (50, 1)),
        pandas=(25, 1),
        prometheus=(4, 2),
        victoriametrics=(25, 2),
        csv_rows=60_000,
        parquet_rows=120_000,
        load_rounds=1,
        pushes=4,
        push_samples=400,
        batch_products=500,
        batches=44,
        summed_batches=30,
        studio=(20, 3, 1),
        histogram_values=100_000,
        histogram_rounds=2,
        trend_series=256,
        trend_peer_series=4,
        localizations=3,
        enrichment_products=2_000,
    ),
    "default": Scale("default", main=((1_000, 5), (5_000, 3))),
    "full": Scale(
        "full",
        main=((1_000, 7), (5_000, 5)),
        pandas=(500, 5),
        prometheus=(500, 5),
        victoriametrics=(500, 9),
        batches=288 * 30,
        trend_series=100_000,
        trend_peer_series=200,
    ),
}
