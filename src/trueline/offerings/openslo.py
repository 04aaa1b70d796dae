"""OpenSLO v1 documents to parameters, offerings and objectives; what does not map is named.

A Service becomes an offering, an SLI a performance parameter, each objective of an SLO a service
level objective:

    ratioMetric, Occurrences        ratio of good to total over the period >= target
    ratioMetric, Timeslices         conformance: share of granules with ratio >= timeSliceTarget
    ratioMetric, RatioTimeslices    mean of the granules' ratios >= target
    thresholdMetric                 conformance: share of granules with `op` value >= target

Annotations `trueline/...` carry what OpenSLO has no words for; see `openslo_export`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from trueline.errors import InputError, Place
from trueline.intake.yaml_tree import Table, parse_yaml, tree_of
from trueline.offerings.openslo_documents import (
    Document,
    Plain,
    Unmapped,
    decimal_of,
    document_of,
    list_at,
    mapping_at,
    text_at,
)
from trueline.offerings.openslo_window import Window, read_window
from trueline.offerings.parse import ParsedCatalogue, parse_tables
from trueline.offerings.values import PerformanceParameter

OWN_SOURCE = "Trueline"  # the metric source that an export writes
OPERATORS = {"lt": "LT", "lte": "LE", "gt": "GT", "gte": "GE"}
_NOT_MAPPED = {
    "DataSource": "how a monitoring system is queried stays there: deliver its series as "
    "measurements",
    "AlertPolicy": "alerting is no part of a standard; burn rate stands in every result",
    "AlertCondition": "alerting is no part of a standard; burn rate stands in every result",
    "AlertNotificationTarget": "whom to tell is kept with notification lists",
}


@dataclass(frozen=True)
class OpenSloImport:
    catalogue: ParsedCatalogue
    unmapped: tuple[Unmapped, ...]


def is_openslo(data: bytes) -> bool:
    """True when a YAML file speaks OpenSLO, by its first apiVersion."""
    for line in data[:65_536].decode("utf-8", errors="replace").splitlines():
        if line.startswith("apiVersion:"):
            return "openslo" in line
    return False


def parse_openslo(
    data: bytes, name: str, known: Mapping[str, PerformanceParameter] | None = None
) -> OpenSloImport:
    """Read OpenSLO v1 documents; InputError when the file is something else."""
    documents = [document_of(node, name) for node in parse_yaml(data, name)]
    if not documents:
        raise InputError("The file is empty", place=Place(name))
    mapper = _Mapper(documents)
    catalogue = mapper.catalogue()
    parsed = parse_tables([catalogue], name, known)
    return OpenSloImport(parsed, tuple(mapper.unmapped))


@dataclass
class _Mapper:
    """Maps the documents of one file; collects what does not map."""

    documents: list[Document]
    unmapped: list[Unmapped] = field(default_factory=list)
    parameters: dict[str, dict[str, object]] = field(default_factory=dict)
    objectives: dict[str, list[object]] = field(default_factory=dict)

    def catalogue(self) -> Table:
        self._extra_parameters()
        for document in self.documents:
            if document.kind == "SLO":
                self._slo(document)
            elif document.kind in _NOT_MAPPED:
                self._skip(document, "kind", _NOT_MAPPED[document.kind])
            elif document.kind not in ("SLI", "Service"):
                self._skip(document, "kind", "not a kind of OpenSLO v1")
        catalogue = tree_of(
            {
                "apiVersion": "trueline/v1",
                "parameters": list(self.parameters.values()),
                "offerings": list(self._offerings()),
            }
        )
        assert isinstance(catalogue, Table)
        return catalogue

    def _extra_parameters(self) -> None:
        """Parameters of objectives that OpenSLO cannot express, from our own annotations."""
        for document in self.documents:
            if document.kind == "Service":
                for extra in list_at(document.annotation("offering"), "parameters"):
                    if isinstance(extra, dict):
                        self.parameters[str(extra.get("id"))] = extra

    def _offerings(self) -> Iterator[dict[str, object]]:
        services = {d.name: d for d in self.documents if d.kind == "Service"}
        for name in {**services, **self.objectives}:
            document = services.get(name)
            offering: dict[str, object] = {"id": name}
            extra: dict[str, object] = {}
            if document is not None:
                extra = document.annotation("offering")
                offering["id"] = extra.get("id", name)
                offering["name"] = text_at(document.metadata, "displayName") or None
                offering["characteristics"] = extra.get("characteristics", {})
            own = self.objectives.get(name, [])
            offering["objectives"] = _in_order([*own, *list_at(extra, "objectives")])
            yield offering

    def _skip(self, document: Document, name: str, reason: str) -> None:
        self.unmapped.append(Unmapped(document.line, document.title, name, reason))

    def _slo(self, document: Document) -> None:
        spec = document.spec
        parameter, bad_counted = self._indicator(document)
        if parameter is None:
            return
        window = read_window(list_at(spec, "timeWindow"))
        for name, reason in window.unmapped:
            self._skip(document, name, reason)
        if spec.get("alertPolicies"):
            self._skip(document, "alertPolicies", _NOT_MAPPED["AlertPolicy"])
        if text_at(spec, "description"):
            self._skip(document, "description", "objectives have a title only")
        service = text_at(spec, "service")
        if not service:
            self._skip(document, "service", "without a service there is no offering to attach to")
            return
        objectives = list_at(spec, "objectives")
        for index, objective in enumerate(objectives):
            if not isinstance(objective, Mapping):
                continue
            shape = _Shape(document, objective, index, len(objectives))
            mapped = self._objective(shape, parameter, window, bad_counted=bad_counted)
            if mapped is not None:
                self.objectives.setdefault(service, []).append(mapped)

    def _indicator(self, document: Document) -> tuple[dict[str, object] | None, bool]:
        """The parameter of an SLO, and whether its ratio counts bad instead of good."""
        inline = mapping_at(document.spec, "indicator")
        ref = text_at(document.spec, "indicatorRef")
        if ref:
            found = next((d for d in self.documents if d.kind == "SLI" and d.name == ref), None)
            if found is None:
                self._skip(document, "indicatorRef", f"no SLI {ref!r} in this file")
                return None, False
            metadata, spec = found.metadata, found.spec
            extra = found.annotation("parameter")
        else:
            metadata, spec, extra = mapping_at(inline, "metadata"), mapping_at(inline, "spec"), {}
        ratio, threshold = mapping_at(spec, "ratioMetric"), mapping_at(spec, "thresholdMetric")
        if not ratio and not threshold:
            self._skip(document, "indicator", "neither a ratioMetric nor a thresholdMetric")
            return None, False
        if "raw" in ratio:
            self._skip(document, "indicator.ratioMetric.raw", "a raw ratio has no denominator")
            return None, False
        parameter = {
            "id": text_at(metadata, "name") or document.name,
            "name": text_at(metadata, "displayName") or None,
            "kind": "ratio" if ratio else "sampled",
        } | extra
        if parameter["id"] not in self.parameters:
            self._note_queries(document, ratio or threshold, str(parameter["id"]))
        self.parameters[str(parameter["id"])] = parameter
        return parameter, "bad" in ratio

    def _note_queries(self, document: Document, metric: Plain, parameter: str) -> None:
        sources = [
            mapping_at(metric, part, "metricSource")
            for part in ("good", "bad", "total")
            if part in metric
        ] or [mapping_at(metric, "metricSource")]
        if any(source and source.get("type") != OWN_SOURCE for source in sources):
            self._skip(
                document,
                "indicator.metricSource",
                f"{_NOT_MAPPED['DataSource']} of the parameter {parameter}",
            )

    def _objective(
        self, shape: _Shape, parameter: Plain, window: Window, *, bad_counted: bool
    ) -> dict[str, object] | None:
        target = shape.target()
        if target is None:
            self._skip(shape.document, shape.path("target"), "no target that is a number")
            return None
        rule = self._rule(shape, parameter["kind"] == "ratio", bad_counted=bad_counted)
        if rule is None:
            return None
        mapped: dict[str, object] = {
            "id": shape.id,
            "name": text_at(shape.objective, "displayName") or None,
            "parameter": parameter["id"],
            "conformance_target": f"{1 - target if bad_counted else target:f}",
            "comparator": "LE" if bad_counted else "GE",
            "conformance_period": window.period,
            "time_zone": window.time_zone,
            "valid_from": window.valid_from,
        } | rule
        if bad_counted and rule["statistic"] == "conformance":
            mapped |= {"conformance_target": f"{target:f}", "comparator": "GE"}
        slice_window = text_at(shape.objective, "timeSliceWindow")
        if slice_window:
            mapped["annotations"] = {"openslo/timeSliceWindow": slice_window}
        return _with_extra(mapped, shape.extra())

    def _rule(self, shape: _Shape, ratio: bool, *, bad_counted: bool) -> dict[str, object] | None:
        """Statistic and threshold by the budgeting method."""
        method = text_at(shape.document.spec, "budgetingMethod") or "Occurrences"
        objective = shape.objective
        operator = OPERATORS.get(text_at(objective, "op"))
        if not ratio:
            return self._threshold_rule(shape, operator, method)
        if operator is not None:
            self._skip(shape.document, shape.path("op"), "only a thresholdMetric uses op")
        if method == "Occurrences":
            return {"statistic": "ratio"}
        if method == "RatioTimeslices":
            return {"statistic": "mean"}
        share = decimal_of(text_at(objective, "timeSliceTarget"))
        if method != "Timeslices" or share is None:
            part = "timeSliceTarget" if method == "Timeslices" else "budgetingMethod"
            self._skip(shape.document, shape.path(part), "missing, or not known to OpenSLO v1")
            return None
        comparator, bound = ("LE", 1 - share) if bad_counted else ("GE", share)
        return {
            "statistic": "conformance",
            "threshold": {"comparator": comparator, "value": f"{bound:f}"},
        }

    def _threshold_rule(
        self, shape: _Shape, operator: str | None, method: str
    ) -> dict[str, object] | None:
        value = text_at(shape.objective, "value")
        if operator is None or decimal_of(value) is None:
            self._skip(shape.document, shape.path("op"), "a thresholdMetric needs op and value")
            return None
        if method == "RatioTimeslices":
            self._skip(shape.document, "budgetingMethod", "RatioTimeslices needs a ratioMetric")
            return None
        if method == "Occurrences" and not shape.extra():
            self._skip(
                shape.document,
                "budgetingMethod",
                "occurrences are weighed by the time their granules cover",
            )
        if "timeSliceTarget" in shape.objective and not shape.extra():
            self._skip(
                shape.document,
                shape.path("timeSliceTarget"),
                "a granule of a thresholdMetric is one value, good or bad as a whole",
            )
        return {"statistic": "conformance", "threshold": {"comparator": operator, "value": value}}


@dataclass(frozen=True)
class _Shape:
    """One objective of an SLO document."""

    document: Document
    objective: Plain
    index: int
    count: int

    @property
    def id(self) -> str:
        name = self.document.name
        return name if self.count == 1 else f"{name}-{self.index + 1}"

    def path(self, name: str) -> str:
        return f"objectives[{self.index}].{name}"

    def target(self) -> Decimal | None:
        share = decimal_of(text_at(self.objective, "target"))
        percent = decimal_of(text_at(self.objective, "targetPercent"))
        return share if share is not None or percent is None else percent / 100

    def extra(self) -> dict[str, object]:
        return self.document.annotation("objective")


def _with_extra(mapped: dict[str, object], extra: dict[str, object]) -> dict[str, object]:
    """Add what our annotation says beyond OpenSLO. A percentile was written as the share of
    granules within its target: P95 <= 20 is 95 % of the samples <= 20."""
    threshold = mapped.get("threshold")
    if str(extra.get("statistic", "")).startswith("percentile") and isinstance(threshold, dict):
        share = Decimal(str(mapped["conformance_target"]))
        mapped |= {
            "percentile": f"{share * 100:f}",
            "comparator": threshold["comparator"],
            "conformance_target": threshold["value"],
        }
        del mapped["threshold"]
    return mapped | extra


def _in_order(objectives: list[object]) -> list[object]:
    """By the place in the offering that an export noted, which is taken off again."""

    def place(objective: object) -> int:
        noted = objective.get("position") if isinstance(objective, dict) else None
        return int(noted) if isinstance(noted, (int, str)) else 0

    ordered = sorted(objectives, key=place)
    return [
        {key: value for key, value in item.items() if key != "position"}
        if isinstance(item, dict)
        else item
        for item in ordered
    ]
