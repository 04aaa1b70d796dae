"""Labelled series to products and parameters: what remote write and OTLP have in common."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trueline.measurement.formats.mapping import keys_of
from trueline.measurement.formats.mapping_keys import Keys, Template

Integers = NDArray[np.int64]
METRIC_NAME = "__name__"
MAX_SERIES_KEPT = 200_000  # label sets remembered between pushes
MAX_KEY = 4_096  # bytes of a label set that is remembered, characters of a product id


@dataclass(frozen=True)
class MetricRule:
    """What one metric measures: the parameter, or the denominator of a ratio parameter."""

    parameter: str
    duration_s: int
    denominator: bool = False


@dataclass(frozen=True)
class SeriesMapping:
    """`timestamp_is_end`: a sample at t covers [t - duration, t), else [t, t + duration).
    Times are floored to a multiple of `align_s`. With `metrics`, others are not taken."""

    product_id: Template
    parameter: Template
    duration_s: int = 60
    align_s: int = 1
    timestamp_is_end: bool = True
    metrics: Mapping[str, MetricRule] = field(default_factory=dict, hash=False)

    def ratios(self) -> frozenset[str]:
        """Parameters whose denominator comes as a second series."""
        return frozenset(rule.parameter for rule in self.metrics.values() if rule.denominator)


def parse_series_mapping(mapping: Mapping[str, object], name: str, form: str) -> SeriesMapping:
    keys = keys_of(mapping, name, form).only(
        "format", "product_id", "parameter", "duration_s", "align_s", "timestamp", "metrics"
    )
    duration_s = keys.seconds("duration_s", 60)
    return SeriesMapping(
        product_id=_template(keys.text("product_id", "product_id")),
        parameter=_template(keys.text("parameter", METRIC_NAME)),
        duration_s=duration_s,
        align_s=keys.seconds("align_s", 1),
        timestamp_is_end=keys.choice("timestamp", "end", "start") == "end",
        metrics={
            metric: _metric_rule(metric, entry, duration_s)
            for metric, entry in keys.level("metrics")
        },
    )


def _template(text: str) -> Template:
    """A text without places names one label."""
    return Template(text if "{" in text else f"{{{text}}}")


def _metric_rule(metric: str, entry: Keys, duration_s: int) -> MetricRule:
    entry.only("parameter", "denominator_of", "duration_s")
    if "parameter" in entry.values and "denominator_of" in entry.values:
        raise entry.fault("denominator_of", "a metric is a parameter or a denominator, not both")
    denominator = "denominator_of" in entry.values
    key = "denominator_of" if denominator else "parameter"
    return MetricRule(entry.text(key, metric), entry.seconds("duration_s", duration_s), denominator)


@dataclass(frozen=True)
class Target:
    """Where the samples of one series go; with `fault` they go nowhere."""

    product_id: str = ""
    parameter: str = ""
    duration_s: int = 0
    denominator: bool = False
    fault: str = ""
    labels: str = ""  # for messages, only with `fault`


class Targets:
    """Label sets already understood, numbered. Shared by the threads of a server.

    `table` holds one row a target, so that a push looks up all its samples at once."""

    PRODUCT, PARAMETER, DURATION, DENOMINATOR, RATIO, FAULT = range(6)

    def __init__(self, mapping: SeriesMapping) -> None:
        self.mapping = mapping
        self.known: list[Target] = []
        self.by_labels: dict[bytes, int] = {}  # the labels as remote write 1.0 sends them
        self.by_symbols: dict[bytes, int] = {}  # the labels as numbers of `symbols`
        self.symbols = Words()
        self.products = Words()
        self.parameters = Words()
        self._ratios = mapping.ratios()
        self._rows = np.zeros((1024, 6), dtype=np.int64)
        self._lock = threading.Lock()

    def learn(self, labels: Mapping[str, str]) -> int:
        """A number for the target of `labels`."""
        target = target_of(labels, self.mapping)
        with self._lock:
            number = len(self.known)
            if number == len(self._rows):
                self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
            self._rows[number] = (
                self.products.number(target.product_id),
                self.parameters.number(target.parameter),
                target.duration_s,
                target.denominator,
                target.parameter in self._ratios,
                bool(target.fault),
            )
            self.known.append(target)
        return number

    def full(self) -> bool:
        return len(self.known) > MAX_SERIES_KEPT or len(self.symbols.texts) > 4 * MAX_SERIES_KEPT

    def rows(self, numbers: Integers) -> Integers:
        """A row of PRODUCT .. FAULT for each of `numbers`."""
        return self._rows[numbers]


class Words:
    """Distinct texts, numbered in the order they came."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        found = self._numbers.setdefault(text, len(self.texts))
        if found == len(self.texts):
            self.texts.append(text)
        return found

    def dictionary(self, numbers: Integers) -> pa.DictionaryArray:
        """The texts of `numbers`, only those that occur in the dictionary."""
        used, codes = np.unique(numbers, return_inverse=True)
        words = pa.array([self.texts[number] for number in used], pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), words)


def target_of(labels: Mapping[str, str], mapping: SeriesMapping) -> Target:
    """Where samples with these labels go; METRIC_NAME is the name of the metric."""
    metric = labels.get(METRIC_NAME, "")
    rule = mapping.metrics.get(metric)
    if mapping.metrics and rule is None:
        return _nowhere("the mapping does not name the metric", labels)
    product_id = mapping.product_id.fill(labels)
    if not product_id:
        names = ", ".join(mapping.product_id.fields())
        return _nowhere(f"the series has no label {names}", labels)
    parameter = rule.parameter if rule else mapping.parameter.fill(labels)
    if not parameter:
        names = ", ".join(mapping.parameter.fields())
        return _nowhere(f"the series has no label {names}", labels)
    if max(len(product_id), len(parameter)) > MAX_KEY:
        return _nowhere("the product or parameter name is absurdly long", labels)
    duration_s = rule.duration_s if rule else mapping.duration_s
    return Target(product_id, parameter, duration_s, rule is not None and rule.denominator)


def _nowhere(fault: str, labels: Mapping[str, str]) -> Target:
    shown = ", ".join(f"{key[:40]}={value[:60]}" for key, value in list(labels.items())[:8])
    return Target(fault=fault, labels=shown[:300])


_kept: dict[SeriesMapping, Targets] = {}


def targets_for(mapping: SeriesMapping) -> Targets:
    """What earlier pushes under this mapping have taught; forgotten when it grows too large."""
    targets = _kept.get(mapping)
    if targets is None or targets.full():
        if len(_kept) >= 4:
            _kept.clear()
        targets = _kept[mapping] = Targets(mapping)
    return targets
