"""An offering as OpenSLO v1 documents: what OpenSLO can say in its own words, the rest in
`trueline/...` annotations, so that reading it back gives the same objectives.

OpenSLO can say: a ratio, a share of granules within a threshold, a mean of ratios, a percentile
(as the share of samples within its target). Other objectives travel in the Service document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from trueline.offerings.meaning import canonical, objective_plain, parameter_plain
from trueline.offerings.openslo import OPERATORS, OWN_SOURCE
from trueline.offerings.openslo_documents import ANNOTATION, API_VERSION
from trueline.offerings.openslo_window import EPOCH, shorthand
from trueline.offerings.render import render_documents
from trueline.offerings.values import (
    Comparator,
    ParameterKind,
    PerformanceParameter,
    ProductOffering,
    ServiceLevelObjective,
    Statistic,
)

_Parameters = Mapping[str, PerformanceParameter]
_PERCENTILES = (Statistic.PERCENTILE, Statistic.PERCENTILE_HISTOGRAM)
_WORDS = {comparator: op for op, comparator in OPERATORS.items()}
_METHODS = {Statistic.RATIO: "Occurrences", Statistic.MEAN: "RatioTimeslices"}
_SAID_NATIVELY = frozenset(
    {"parameter", "name", "conformance_target", "conformance_period", "time_zone", "valid_from"}
)
_SLICE = "openslo/timeSliceWindow"


def export_openslo(offering: ProductOffering, parameters: _Parameters) -> str:
    """`offering` as YAML documents: one Service, an SLI per parameter, an SLO per objective."""
    return render_documents(openslo_documents(offering, parameters, {}))


def openslo_documents(
    offering: ProductOffering, parameters: _Parameters, notes: Mapping[str, Mapping[str, object]]
) -> list[dict[str, object]]:
    """The same as mappings. `notes`: what else is to be kept with an objective, by its id; it
    stands in the annotation `trueline/standard` of its SLO, or in `trueline/standards` of the
    Service where OpenSLO has no words for the objective."""
    said: list[tuple[int, ServiceLevelObjective]] = []
    beyond: list[tuple[int, ServiceLevelObjective]] = []
    for position, objective in enumerate(offering.objectives):
        (said if expressible(objective, parameters) else beyond).append((position, objective))
    used = sorted({objective.parameter for _, objective in said})
    indicators = dict(zip(used, _unique_names(used), strict=True))
    service = _service(offering, beyond, parameters)
    travelling = {o.id: notes[o.id] for _, o in beyond if notes.get(o.id)}
    if travelling:
        _annotate(service, "standards", travelling)
    documents = [service]
    documents += [_indicator(parameters[name], slug) for name, slug in indicators.items()]
    names = _unique_names(f"{offering.id}-{objective.id}" for _, objective in said)
    for (position, objective), name in zip(said, names, strict=True):
        parameter = parameters[objective.parameter]
        note = _note(objective) | {"position": position}
        spec: dict[str, object] = {
            "service": slug_of(offering.id),
            "indicatorRef": indicators[objective.parameter],
        } | _spec(objective, ratio=parameter.kind is ParameterKind.RATIO)
        document = _document("SLO", name, objective.name, ("objective", canonical(note)), spec)
        if notes.get(objective.id):
            _annotate(document, "standard", notes[objective.id])
        documents.append(document)
    return documents


def beyond_openslo(offering: ProductOffering, parameters: _Parameters) -> tuple[str, ...]:
    """Ids of the objectives that OpenSLO has no words for."""
    return tuple(o.id for o in offering.objectives if not expressible(o, parameters))


def expressible(objective: ServiceLevelObjective, parameters: _Parameters) -> bool:
    """True when an SLO document says what the objective's value is compared with."""
    ratio = parameters[objective.parameter].kind is ParameterKind.RATIO
    statistic = objective.statistic
    if statistic in _METHODS:
        return ratio and objective.comparator is Comparator.GE
    if statistic in _PERCENTILES:
        return not ratio and objective.comparator.value in _WORDS
    if statistic is not Statistic.CONFORMANCE or objective.threshold is None:
        return False
    if objective.comparator is not Comparator.GE:
        return False
    wanted = objective.threshold.comparator
    return wanted is Comparator.GE if ratio else wanted.value in _WORDS


def _service(
    offering: ProductOffering,
    beyond: list[tuple[int, ServiceLevelObjective]],
    parameters: _Parameters,
) -> dict[str, object]:
    used = sorted({objective.parameter for _, objective in beyond})
    note = {
        "id": offering.id,
        "characteristics": dict(offering.characteristics),
        "parameters": [parameter_plain(parameters[name]) for name in used],
        "objectives": [dict(objective_plain(o)) | {"position": at} for at, o in beyond],
    }
    return _document(
        "Service", slug_of(offering.id), offering.name, ("offering", canonical(note)), {}
    )


def _indicator(parameter: PerformanceParameter, name: str) -> dict[str, object]:
    source = {"metricSource": {"type": OWN_SOURCE, "spec": {"parameter": parameter.id}}}
    metric: dict[str, object] = {"thresholdMetric": source}
    if parameter.kind is ParameterKind.RATIO:
        metric = {"ratioMetric": {"counter": False, "good": source, "total": source}}
    note = ("parameter", canonical(parameter_plain(parameter)))
    return _document("SLI", name, parameter.name, note, metric)


def _note(objective: ServiceLevelObjective) -> dict[str, object]:
    """What the SLO document does not say in OpenSLO's own words."""
    said = set(_SAID_NATIVELY)
    if objective.statistic is Statistic.CONFORMANCE:
        said.add("threshold")
    elif objective.statistic in _PERCENTILES:
        said.add("percentile")
    plain = objective_plain(objective)
    rest = {key: value for key, value in plain.items() if key not in said}
    return {"annotations": {}} | rest


def _spec(objective: ServiceLevelObjective, *, ratio: bool) -> dict[str, object]:
    start = objective.valid_from.isoformat() if objective.valid_from else EPOCH
    calendar: dict[str, object] = {"startTime": f"{start} 00:00:00"}
    if objective.time_zone:
        calendar["timeZone"] = objective.time_zone
    window = {
        "duration": shorthand(objective.conformance_period),
        "isRolling": False,
        "calendar": calendar,
    }
    method = _METHODS.get(objective.statistic, "Occurrences")
    if objective.statistic is Statistic.CONFORMANCE:
        method = "Timeslices"
    return {
        "timeWindow": [window],
        "budgetingMethod": method,
        "objectives": [_objective(objective, ratio=ratio)],
    }


def _objective(objective: ServiceLevelObjective, *, ratio: bool) -> dict[str, object]:
    written: dict[str, object] = {}
    if objective.name:
        written["displayName"] = objective.name
    if objective.statistic in _PERCENTILES:
        assert objective.percentile is not None
        written["op"] = _WORDS[objective.comparator.value]
        written["value"] = objective.conformance_target
        return written | {"target": objective.percentile / Decimal(100)}
    threshold = objective.threshold
    if objective.statistic is Statistic.CONFORMANCE and threshold is not None:
        if not ratio:
            written["op"] = _WORDS[threshold.comparator.value]
            written["value"] = threshold.value
        written["timeSliceTarget"] = threshold.value if ratio else Decimal(1)
        written["timeSliceWindow"] = str(objective.annotations.get(_SLICE, "1m"))
    elif objective.statistic is Statistic.MEAN:
        written["timeSliceWindow"] = str(objective.annotations.get(_SLICE, "1m"))
    return written | {"target": objective.conformance_target}


def _document(
    kind: str, name: str, title: str, note: tuple[str, str], spec: dict[str, object]
) -> dict[str, object]:
    metadata: dict[str, object] = {"name": name}
    if title:
        metadata["displayName"] = title
    metadata["annotations"] = {ANNOTATION + note[0]: note[1]}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _annotate(document: dict[str, object], name: str, note: Mapping[str, object]) -> None:
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    metadata["annotations"][ANNOTATION + name] = canonical(note)


def slug_of(text: str) -> str:
    """A name as OpenSLO wants it: lower case letters, digits and hyphens, at most 63."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-") or "x"


def _unique_names(texts: Iterable[str]) -> list[str]:
    names: list[str] = []
    for text in texts:
        slug, name, number = slug_of(text), slug_of(text), 1
        while name in names:
            number += 1
            name = f"{slug[:58]}-{number}"
        names.append(name)
    return names
