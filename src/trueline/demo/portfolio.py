"""What the demo operator sells, to whom, and how each offering behaves when it is measured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Shape(Enum):
    """How a series is made."""

    DELAY = "delay"  # rises with load, heavy tail
    RATE = "rate"  # falls with load
    LOSS = "loss"  # lost or errored of so many, in bursts
    SUCCESS = "success"  # succeeded of so many


@dataclass(frozen=True)
class SeriesModel:
    """One parameter of one offering: `base` is the quiet value of the median product, `spread`
    the deviation of its logarithm between products, `load` the change at the busiest hour."""

    parameter: str
    shape: Shape
    base: float
    spread: float = 0.12
    load: float = 0.12
    noise: float = 0.05
    attempts: int = 0  # frames, packets, seconds or sessions of an interval
    measured_when_down: bool = False  # a sender counts its lost frames; a timer has no sample


@dataclass(frozen=True)
class Sold:
    """One offering of the portfolio. `outages` and `reports` are means per product and month:
    service outages, and degradation reports without one."""

    offering: str
    prefix: str
    share: float
    series: tuple[SeriesModel, ...]
    outages: float
    reports: float
    charge: int  # monthly recurring charge in EUR of the smallest bandwidth
    sla_type: str
    tier: str
    segments: tuple[str, ...]
    access: tuple[str, ...]
    amounts: tuple[str, ...] = ()  # daily parameters: credits_paid, reopened_reports


SEGMENTS = ("enterprise", "smallBusiness", "public", "wholesale")
SEGMENT_WEIGHTS = (0.36, 0.36, 0.16, 0.12)
INDUSTRIES = {
    "enterprise": ("finance", "manufacturing", "retail", "logistics", "media"),
    "smallBusiness": ("retail", "hospitality", "crafts", "services"),
    "public": ("health", "education", "administration"),
    "wholesale": ("carrier", "cloud"),
}


@dataclass(frozen=True)
class Region:
    name: str
    time_zone: str
    distance: float  # factor on delay
    weight: float


REGIONS = (
    Region("west", "Europe/Lisbon", 1.0, 0.27),
    Region("centre", "Europe/Madrid", 0.97, 0.33),
    Region("south", "Europe/Madrid", 1.04, 0.2),
    Region("north", "Europe/Helsinki", 1.07, 0.2),
)
CPE_MODELS = ("CX-110", "CX-210", "EdgeBox-4", "Aero-R7", "LumenPort-2")
CPE_WEIGHTS = (0.3, 0.25, 0.2, 0.15, 0.1)
FAULTY_CPE, FAULTY_FIRMWARE = "CX-210", "4.2.1"
FIRMWARES = {
    "CX-110": ("3.8.0", "3.9.2"),
    "CX-210": ("4.1.7", "4.2.0"),
    "EdgeBox-4": ("2026.3", "2026.5"),
    "Aero-R7": ("7.4", "7.5"),
    "LumenPort-2": ("1.12", "1.13"),
}
SUPPLIERS = ("own", "carrier-a", "carrier-b", "carrier-c")
SUPPLIER_WEIGHTS = (0.62, 0.18, 0.12, 0.08)
SUPPLIER_CIRCUITS = 40
BANDWIDTHS = (100, 200, 500, 1000, 10_000)

_ALL = SEGMENTS
_LOSS = SeriesModel("frame_loss", Shape.LOSS, 0.05, attempts=9000)
_PACKET_LOSS = SeriesModel("packet_loss", Shape.LOSS, 0.25, attempts=4500)
PORTFOLIO = (
    Sold(
        "eline-gold",
        "EG",
        0.12,
        (
            SeriesModel("frame_delay", Shape.DELAY, 12.9, 0.11),
            SeriesModel("frame_delay_variation", Shape.DELAY, 1.52, 0.14, 0.2, 0.12),
            SeriesModel("frame_loss", Shape.LOSS, 0.05, attempts=9000, measured_when_down=True),
        ),
        outages=0.06,
        reports=0.06,
        charge=900,
        sla_type="premium",
        tier="gold",
        segments=("enterprise", "public", "wholesale"),
        access=("fibre", "fibre", "microwave"),
        amounts=("credits_paid",),
    ),
    Sold(
        "eline-silver",
        "ES",
        0.16,
        (SeriesModel("frame_delay", Shape.DELAY, 23.0), _LOSS),
        outages=0.1,
        reports=0.07,
        charge=520,
        sla_type="standard",
        tier="silver",
        segments=_ALL,
        access=("fibre", "fibre", "microwave"),
    ),
    Sold(
        "eline-bronze",
        "EB",
        0.14,
        (SeriesModel("frame_delay", Shape.DELAY, 26.5), _LOSS),
        outages=0.18,
        reports=0.06,
        charge=290,
        sla_type="basic",
        tier="bronze",
        segments=_ALL,
        access=("fibre", "microwave", "copper"),
    ),
    Sold(
        "ip-vpn",
        "VPN",
        0.18,
        (
            SeriesModel("packet_delay", Shape.DELAY, 29.0, 0.11),
            SeriesModel("packet_delay_variation", Shape.DELAY, 4.0, 0.14, 0.2, 0.12),
            _PACKET_LOSS,
        ),
        outages=0.12,
        reports=0.12,
        charge=640,
        sla_type="standard",
        tier="silver",
        segments=("enterprise", "public", "smallBusiness"),
        access=("fibre", "fibre", "copper"),
        amounts=("credits_paid", "reopened_reports"),
    ),
    Sold(
        "dia",
        "DIA",
        0.14,
        (SeriesModel("packet_delay", Shape.DELAY, 20.5, 0.09), _PACKET_LOSS),
        outages=0.1,
        reports=0.06,
        charge=450,
        sla_type="standard",
        tier="silver",
        segments=("enterprise", "public", "wholesale"),
        access=("fibre", "microwave"),
    ),
    Sold(
        "wavelength-protected",
        "WL",
        0.06,
        (SeriesModel("errored_seconds", Shape.LOSS, 0.02, attempts=900),),
        outages=0.012,
        reports=0.03,
        charge=3800,
        sla_type="premium",
        tier="platinum",
        segments=("wholesale", "enterprise"),
        access=("fibre",),
    ),
    Sold(
        "broadband-business",
        "BB",
        0.15,
        (
            SeriesModel("download_rate", Shape.RATE, 310.0, 0.05, 0.25, 0.06),
            SeriesModel("packet_delay", Shape.DELAY, 27.0, 0.18, 0.3, 0.1),
        ),
        outages=0.3,
        reports=0.15,
        charge=75,
        sla_type="basic",
        tier="bronze",
        segments=("enterprise", "smallBusiness"),
        access=("fibre", "copper"),
        amounts=("reopened_reports",),
    ),
    Sold(
        "slice-5g",
        "SL",
        0.05,
        (
            SeriesModel("packet_delay", Shape.DELAY, 10.1, 0.11, 0.18, 0.08),
            SeriesModel("session_success", Shape.SUCCESS, 0.22, 0.1, attempts=400),
            SeriesModel("download_rate", Shape.RATE, 92.0, 0.1, 0.3, 0.08),
        ),
        outages=0.08,
        reports=0.08,
        charge=1500,
        sla_type="premium",
        tier="gold",
        segments=("enterprise", "public"),
        access=("5g",),
    ),
)


def products_of(total: int) -> tuple[int, ...]:
    """How many products of each offering make `total`; protected wavelengths come in pairs."""
    counts = [max(2, int(total * sold.share)) for sold in PORTFOLIO]
    wave = next(i for i, sold in enumerate(PORTFOLIO) if sold.prefix == "WL")
    counts[wave] -= counts[wave] % 2
    largest = max(range(len(counts)), key=counts.__getitem__)
    counts[largest] += total - sum(counts)
    return tuple(counts)
