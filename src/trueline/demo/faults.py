"""What is planted in the measurements: which products, from when, and how strongly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trueline.calendars.service_hours import local_instant
from trueline.demo.draws import Floats, Integers
from trueline.demo.population import STILL_ACTIVE_S, Population
from trueline.demo.portfolio import FAULTY_CPE, FAULTY_FIRMWARE, REGIONS
from trueline.demo.scale import DAY_S, DemoScale, Month

Mask = npt.NDArray[np.bool_]
DRIFT_OFFERING, DRIFT_REGION, DRIFT_RISE = "ip-vpn", "north", 0.30
STEP_OFFERING, STEP_REGION, STEP_PROBE, STEP_MS = "dia", "centre", "probe-centre-2", 1.0
DEAD_FEED, DEAD_FEED_DAYS = "pm-south-2", 3
MISSING_SHARE = 0.01
SILENT_SHARE = 0.01
OVERRUN_MINUTES = 150
EMERGENCY_S = 95 * 60
WORK_HOURS = (1, 5)  # local hours of agreed works
POOR_LINES = {  # per segment and access: one line in so many is poor
    ("smallBusiness", "copper"): 5,
    ("smallBusiness", "fibre"): 30,
    ("enterprise", "copper"): 3,
    ("enterprise", "fibre"): 15,
}


@dataclass(frozen=True)
class Silence:
    """Products of which nothing is measured over [start_s, end_s)."""

    products: Integers
    start_s: int
    end_s: int


@dataclass(frozen=True)
class OverrunningWork:
    """A planned work agreed for [start_s, agreed_end_s) that lasts until `end_s`."""

    products: Integers
    node: str
    start_s: int
    agreed_end_s: int
    end_s: int


@dataclass(frozen=True)
class Faults:
    """Masks run along the population's products."""

    drifting: Mask
    drift_from_s: int
    drift_per_day: float  # rise of delay, share of its value at the start of the drift
    stepped: Mask
    step_from_s: int
    faulty: Mask
    faulty_from_s: int
    poor_line: Mask
    silences: tuple[Silence, ...]  # the first is the dead feed
    overrun: OverrunningWork
    restless: Mask  # duplicate, overlapping tickets

    def drift_of(self, products: slice, starts: Integers) -> Floats | None:
        """Factor on delay by product and granule; None where nothing drifts."""
        chosen = self.drifting[products]
        if not chosen.any() or int(starts[-1]) < self.drift_from_s:
            return None
        days = np.maximum(starts - self.drift_from_s, 0) / DAY_S
        rise = 1.0 + days * self.drift_per_day
        return np.where(chosen[:, None], rise[None, :], 1.0)

    def step_of(self, products: slice, starts: Integers) -> Floats | None:
        """Milliseconds that the new probe adds; None where no probe was replaced."""
        chosen = self.stepped[products]
        if not chosen.any() or int(starts[-1]) < self.step_from_s:
            return None
        later = np.where(starts >= self.step_from_s, STEP_MS, 0.0)
        return np.where(chosen[:, None], later[None, :], 0.0)


def plant_faults(scale: DemoScale, population: Population) -> Faults:
    months = scale.months_of_data()
    drift_from_s = scale.share_of_time(0.45)
    drifting = population.sold_as(DRIFT_OFFERING) & population.in_region(DRIFT_REGION)
    stepped = (
        population.sold_as(STEP_OFFERING)
        & population.in_region(STEP_REGION)
        & population.where("probe", STEP_PROBE)
    )
    faulty = population.where("cpe_model", FAULTY_CPE) & population.where(
        "firmware", FAULTY_FIRMWARE
    )
    return Faults(
        drifting=drifting,
        drift_from_s=drift_from_s,
        drift_per_day=DRIFT_RISE / max(1, (months[-1].end_s - drift_from_s) // DAY_S),
        stepped=stepped,
        step_from_s=scale.share_of_time(0.6) + 9 * 3600,
        faulty=faulty,
        faulty_from_s=scale.share_of_time(0.3) + 5 * 3600,
        poor_line=_poor_lines(population),
        silences=(_dead_feed(population, months[-1]), *_silent_products(population, months[-1])),
        overrun=_overrun(population, months[-1]),
        restless=np.arange(len(population.products)) % 67 == 5,
    )


def _poor_lines(population: Population) -> Mask:
    """In each access technology small businesses have the better lines, yet as most of them sit
    on copper they have the worse lines taken together (Simpson's reversal)."""
    segment_of = {customer.id: customer.segment for customer in population.customers}
    seen: dict[tuple[str, str], int] = {}
    poor = np.zeros(len(population.products), dtype=bool)
    for i in np.flatnonzero(population.sold_as("broadband-business")).tolist():
        product = population.products[i]
        stratum = (
            segment_of[product.customer_id],
            product.characteristics["access_technology"],
        )
        seen[stratum] = seen.get(stratum, 0) + 1
        poor[i] = seen[stratum] % POOR_LINES[stratum] == 0
    return poor


def _dead_feed(population: Population, month: Month) -> Silence:
    start_s = month.start_s + 12 * DAY_S
    members = np.flatnonzero(population.where("feed", DEAD_FEED))
    return Silence(members, start_s, start_s + DEAD_FEED_DAYS * DAY_S)


def _silent_products(population: Population, month: Month) -> tuple[Silence, ...]:
    """One product in a hundred of which the last month has hardly any data."""
    active = (population.end_s == STILL_ACTIVE_S) & (population.start_s < month.start_s)
    every = round(1 / SILENT_SHARE)
    members = np.flatnonzero(active)[every // 3 :: every]
    half = members.size // 2
    early, late = members[:half], members[half:]
    return (
        Silence(early, month.start_s + 2 * DAY_S + 7200, month.end_s),
        Silence(late, month.start_s - 2 * DAY_S, month.end_s - 5 * DAY_S),
    )


def _overrun(population: Population, month: Month) -> OverrunningWork:
    """The busiest node of the western region, in the night to the third Wednesday."""
    west = [i for i, region in enumerate(REGIONS) if region.name == "west"]
    nodes = population.node[np.isin(population.region, west)]
    node = int(np.bincount(nodes).argmax())
    members = np.flatnonzero(population.node == node)
    day = month.first.replace(day=15)
    day = day.replace(day=15 + (2 - day.weekday()) % 7)
    time_zone = REGIONS[west[0]].time_zone
    start_s = local_instant(day, WORK_HOURS[0] * 60, time_zone)
    agreed_end_s = local_instant(day, WORK_HOURS[1] * 60, time_zone)
    return OverrunningWork(
        products=members,
        node=population.products[int(members[0])].characteristics["node"],
        start_s=start_s,
        agreed_end_s=agreed_end_s,
        end_s=agreed_end_s + OVERRUN_MINUTES * 60,
    )
