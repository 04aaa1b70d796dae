"""Jobs of the peers' sections: their input files, and what their answers should be."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.catalogue import comparator, threshold
from bench.samples import PARAMETERS, Block, blocks, offering_of, product_id, starts


def write_openmetrics(products: int, path: str) -> dict:
    """`m` is the samples, `t` the threshold of each series at every interval of the month."""
    samples = 0
    with open(path, "wb") as file:
        for metric in ("m", "t"):
            file.write(f"# TYPE {metric} gauge\n".encode())
            for block in blocks(products):
                samples += _write_block(file, metric, block)
        file.write(b"# EOF\n")
    return {"samples": samples}


def _write_block(file: object, metric: str, block: Block) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    every = pa.array(starts()).cast(pa.string())
    count = 0
    for row, parameter, values in _series(block):
        number = block.first + row
        kept = pa.array(block.present[row])
        head = f'{metric}{{product="{product_id(number)}",param="{parameter}"}} '
        if metric == "m":
            times, told = every.filter(kept), pa.array(values).cast(pa.string())
        else:
            bound = str(threshold(parameter, offering_of(number)))
            times, told = every, pa.array([bound] * len(every))
        lines = pc.binary_join_element_wise(pa.scalar(head), told, pa.scalar(" "), times, "")
        file.write("\n".join(lines.to_pylist()).encode() + b"\n")
        count += len(lines)
    return count


def _series(block: Block) -> Iterator[tuple[int, str, np.ndarray]]:
    for row in range(block.products):
        for parameter in PARAMETERS:
            yield row, parameter, block.values(parameter)[row][block.present[row]]


def write_json_lines(products: int, path: str) -> dict:
    """VictoriaMetrics' import format, one series a line."""
    samples = 0
    with open(path, "w", encoding="utf-8") as file:
        for block in blocks(products):
            for row, parameter, values in _series(block):
                times = (starts()[block.present[row]] * 1000).tolist()
                labels = {
                    "__name__": "m",
                    "product": product_id(block.first + row),
                    "param": parameter,
                }
                line = {"metric": labels, "values": values.tolist(), "timestamps": times}
                file.write(json.dumps(line) + "\n")
                samples += len(times)
    return {"samples": samples}


def expected(products: int, question: str, path: str) -> dict:
    """What each series should be answered, by plain NumPy: `own` and `filled` shares against its
    own threshold (a missing interval after a sample filled with it), `interpolated` p95."""
    found = {}
    for block in blocks(products):
        for row, parameter, values in _series(block):
            number = block.first + row
            key = f"{product_id(number)} {parameter}"
            if question == "interpolated":
                found[key] = _interpolated(values)
                continue
            if question == "filled":
                values = _filled(block.values(parameter)[row], block.present[row])
            bound = float(threshold(parameter, offering_of(number)))
            good = values >= bound if comparator(parameter) == "GE" else values <= bound
            found[key] = float(good.mean())
    Path(path).write_text(json.dumps(found))
    return {"series": len(found)}


def _filled(values: np.ndarray, present: np.ndarray) -> np.ndarray:
    after = np.append(False, present[:-1]) & ~present
    whole = np.where(after, np.append(0.0, values[:-1]), values)
    return whole[present | after]


def _interpolated(values: np.ndarray) -> float:
    ordered = np.sort(values)
    place = 0.95 * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    weight = place - low
    return float(ordered[low] * (1 - weight) + ordered[high] * weight)


def rows_as_answers(rows: str, path: str) -> dict:
    """Trueline's rows as {series: value}; an objective is named after its parameter."""
    import pyarrow.parquet as pq

    table = pq.read_table(rows, columns=["product_id", "objective_id", "value"])
    columns = [table[name].to_pylist() for name in table.column_names]
    found = {f"{p} {o.partition('-')[0]}": v for p, o, v in zip(*columns, strict=True)}
    Path(path).write_text(json.dumps(found))
    return {"series": len(found)}
