"""Strategies of objectives: every statistic with every option the contract names."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Objective = dict[str, Any]
Scale = tuple[str, list[float], float]  # usual comparator, targets, how far safer a warning is

THRESHOLDS = [0, 5, 12.5, 18, 20.1]
LOSS_THRESHOLDS = [0, 0.01, 0.3, 0.5]
SERVICE_HOURS = [
    {"days": ["MO", "TU", "WE", "TH", "FR"], "from": "08:00", "to": "18:00"},
    {"days": ["MO", "TU", "WE", "TH", "FR"], "from": "08:00", "to": "18:00", "holidays": "GB-ENG"},
    {"days": ["SA", "SU"], "from": "00:00", "to": "24:00"},
    {"days": ["SA", "SU"], "from": "22:00", "to": "06:00"},
    {"from": "00:30", "to": "02:30"},
]
MIN_COVERAGES = [0, 0, 0.01, 0.2, 0.6, 1]
ZONES = ["UTC", "Europe/Lisbon", "Europe/Helsinki", "America/New_York", "Asia/Kolkata"]
SHARE: Scale = ("GE", [0.2, 0.5, 0.9, 0.95, 0.999, 1], 0.0005)
DELAY: Scale = ("LE", [5, 12.5, 18, 20.1, 25], -0.5)
LOSS: Scale = ("LE", [0.005, 0.01, 0.3, 0.5], -0.001)


@st.composite
def objectives(draw: st.DrawFn) -> list[Objective]:
    """Two to six objectives of one offering, ids by position and statistic."""
    chosen = draw(st.lists(st.one_of(*STATISTICS), min_size=2, max_size=6))
    return [
        {"id": f"{position}-{one['statistic']}"} | one | draw(options(one))
        for position, one in enumerate(chosen)
    ]


@st.composite
def options(draw: st.DrawFn, objective: Objective) -> Objective:
    """What any objective may carry: period, coverage, policy, hours, zone, dates, rounding."""
    found: Objective = {
        "conformance_period": draw(st.sampled_from(["P1M", "P1M", "P1W", "P1D", "P3M", "P1Y"])),
        "missing_data": draw(st.sampled_from(["exclude", "good", "bad", "hold"])),
        "basis": draw(st.sampled_from(["agreed", "acceptable"])),
    }
    found |= draw(st.sampled_from([{}, *({"min_coverage": one} for one in MIN_COVERAGES)]))
    found |= draw(maybe("service_hours", st.sampled_from(SERVICE_HOURS)))
    found |= draw(maybe("time_zone", st.sampled_from(ZONES)))
    found |= draw(maybe("tolerance", tolerances(objective)))
    found |= draw(maybe("rounding", roundings()))
    if draw(st.integers(0, 4)) == 4:
        found |= draw(effective_dates())
    return found


@st.composite
def effective_dates(draw: st.DrawFn) -> Objective:
    found: Objective = {}
    found |= draw(maybe("valid_from", st.sampled_from(["2026-01-01", "2026-03-12", "2026-10-20"])))
    found |= draw(maybe("valid_to", st.sampled_from(["2026-03-29", "2026-10-25", "2027-01-01"])))
    if found.get("valid_to", "9999") <= found.get("valid_from", ""):
        del found["valid_to"]
    return found


def maybe(key: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Objective]:
    """The key in one case of three."""
    return st.one_of(st.just({}), st.just({}), values.map(lambda value: {key: value}))


@st.composite
def tolerances(draw: st.DrawFn, objective: Objective) -> Objective:
    found: Objective = {}
    by_crossings, by_target = draw(st.sampled_from([(True, False), (False, True), (True, True)]))
    if by_crossings:
        found["allowed_crossings"] = draw(st.integers(0, 3))
        found["period"] = draw(st.sampled_from(["PT60S", "PT2H", "P1D", "P2DT1H"]))
    if by_target:
        found["target"] = objective["conformance_target"] * draw(st.sampled_from([0.5, 1, 2]))
    return found


def roundings() -> st.SearchStrategy[Objective]:
    return st.builds(
        lambda mode, decimals: {"mode": mode, "decimals": decimals},
        st.sampled_from(["truncate", "half_up"]),
        st.integers(0, 4),
    )


@st.composite
def targeted(draw: st.DrawFn, head: Objective, scale: Scale) -> Objective:
    """`head` with comparator, target and perhaps a warning value on the safe side of it."""
    usual, targets, safer = scale
    strict = {"GE": "GT", "LE": "LT"}[usual]
    comparator = draw(st.sampled_from([usual, usual, strict, "EQ", "NEQ"]))
    target = draw(st.sampled_from(targets))
    found = head | {"comparator": comparator, "conformance_target": target}
    if comparator in (usual, strict) and draw(st.booleans()):
        found["threshold_target"] = round(target + safer * draw(st.sampled_from([1, 100])), 6)
    return found


@st.composite
def conformance(draw: st.DrawFn) -> Objective:
    parameter, values = draw(
        st.sampled_from([("frame_delay", THRESHOLDS), ("frame_loss", LOSS_THRESHOLDS)])
    )
    threshold = {
        "comparator": draw(st.sampled_from(["LE", "LT", "GE", "GT", "EQ", "NEQ"])),
        "value": draw(st.sampled_from(values)),
    }
    head = {"parameter": parameter, "statistic": "conformance", "threshold": threshold}
    return draw(targeted(head, SHARE))


@st.composite
def sampled(draw: st.DrawFn) -> Objective:
    """Statistics of samples, of delays or of loss ratios."""
    statistic = draw(
        st.sampled_from(["percentile", "percentile_histogram", "mean", "min", "max", "sum"])
    )
    parameter, scale = draw(st.sampled_from([("frame_delay", DELAY), ("frame_loss", LOSS)]))
    head: Objective = {"parameter": parameter, "statistic": statistic}
    if statistic.startswith("percentile"):
        head["percentile"] = draw(st.sampled_from([0, 1, 5, 50, 90, 95, 99, 99.9, 100]))
    return draw(targeted(head, scale))


def ratio() -> st.SearchStrategy[Objective]:
    return targeted({"parameter": "frame_loss", "statistic": "ratio"}, LOSS)


@st.composite
def machine(draw: st.DrawFn) -> Objective:
    head: Objective = {"parameter": "frame_loss"}
    if draw(st.booleans()):
        head |= {"statistic": "availability_g826"}
        head |= draw(maybe("threshold_c", st.sampled_from([0.01, 0.3, 0.5])))
    else:
        head |= {
            "statistic": "availability_mef",
            "threshold_c": draw(st.sampled_from([0, 0.01, 0.5])),
            "consecutive_interval_n": draw(st.sampled_from([1, 2, 3, 5, 10])),
        }
    return draw(targeted(head, SHARE))


@st.composite
def outage(draw: st.DrawFn) -> Objective:
    head: Objective = {"parameter": "service_outage", "statistic": "availability_outage"}
    denominators = st.sampled_from(["removeFromDenominator", "countAsAvailable"])
    head |= draw(maybe("denominator", denominators))
    return draw(targeted(head, SHARE))


@st.composite
def counted_events(draw: st.DrawFn) -> Objective:
    head: Objective = {
        "parameter": draw(st.sampled_from(["service_outage", "repair"])),
        "statistic": draw(st.sampled_from(["event_count", "longest_event"])),
    }
    head |= draw(maybe("excluded_events", st.sampled_from(["count", "ignore"])))
    scale: Scale = ("LE", [0, 1, 2], -0.5)
    if head["statistic"] == "longest_event":
        scale = ("LE", [600, 14_400], -60)
    return draw(targeted(head, scale))


@st.composite
def repair(draw: st.DrawFn) -> Objective:
    of = draw(st.sampled_from(["mean", "max", "share_within"]))
    head: Objective = {"parameter": "repair", "statistic": "time_to_repair", "of": of}
    head |= draw(maybe("excluded_events", st.sampled_from(["count", "ignore"])))
    if of == "share_within":
        head["within_s"] = draw(st.sampled_from([600, 3_600, 14_400]))
        return draw(targeted(head, SHARE))
    return draw(targeted(head, ("LE", [600, 3_600, 14_400], -60)))


STATISTICS = [
    conformance(),
    conformance(),
    sampled(),
    ratio(),
    machine(),
    outage(),
    counted_events(),
    repair(),
]
