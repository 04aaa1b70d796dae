"""Outages, tickets and agreed works of the demo operator, month by month."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from trueline.calendars.instants import instant
from trueline.calendars.service_hours import local_instant
from trueline.demo.draws import Integers, draw, draw_counts, heavy_tailed, lognormal
from trueline.demo.faults import EMERGENCY_S, WORK_HOURS, Faults
from trueline.demo.population import Population
from trueline.demo.portfolio import PORTFOLIO, REGIONS
from trueline.demo.scale import DAY_S, DemoScale, Month, random_source

_CAUSES = ("hardware", "fibre cut", "power", "software", "configuration", "third party", "")
_REPORTS = ("slow", "packet loss", "no dial-in", "intermittent", "query", "")
_LONGEST_S = 40 * 3600


@dataclass(frozen=True)
class Happening:
    """An event as the demo's sources report it; `product` is an index of the population."""

    event_id: str
    product: int
    kind: str  # outage | ticket
    start_s: int
    end_s: int | None
    cause: str
    source: str
    stop_clock: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class AgreedWork:
    product: int
    start_s: int
    end_s: int
    reason: str


@dataclass(frozen=True)
class MonthOfHappenings:
    outages: tuple[Happening, ...]
    tickets: tuple[Happening, ...]
    works: tuple[AgreedWork, ...]

    def events(self) -> tuple[Happening, ...]:
        return (*self.outages, *self.tickets)


def draw_happenings(
    scale: DemoScale, population: Population, faults: Faults, month: Month
) -> MonthOfHappenings:
    single = _single_outages(scale, population, month)
    shared = _node_outages(scale, population, month)
    reboots = _reboots(scale, faults, month)
    works, in_works = _planned_works(scale, population, faults, month)
    unplanned = _in_service(population, (*single, *shared, *reboots))
    doubled = _duplicates(faults, unplanned)
    tickets = _tickets(scale, population, month, unplanned)
    return MonthOfHappenings(
        outages=_in_service(population, (*unplanned, *in_works, *doubled)),
        tickets=_in_service(population, (*tickets, *_duplicates(faults, tickets))),
        works=works,
    )


def _single_outages(
    scale: DemoScale, population: Population, month: Month
) -> tuple[Happening, ...]:
    """Outages of one product each: some products fail far more often than others, and repair
    times have a heavy tail."""
    frailty = draw(random_source(scale.seed, 5), lognormal(0.8), len(population.products)) * 0.73
    random = random_source(scale.seed, 6, month.index)
    mean = np.array([sold.outages for sold in PORTFOLIO])[population.offering] * frailty
    mean = mean * ((month.end_s - month.start_s) / (30 * DAY_S))
    products = np.repeat(np.arange(mean.size), draw_counts(random, np.minimum(mean, 3.0)))
    starts = _instants(random, month, products.size)
    lasting = draw(random, heavy_tailed(0.95, 0.04, 0.5), products.size) * (15 * 60)
    causes = random.integers(0, len(_CAUSES), size=products.size)
    return tuple(
        Happening(
            f"{month.label}-O{i:05}", p, "outage", s, min(s + d, s + _LONGEST_S), _CAUSES[c], "NMS"
        )
        for i, (p, s, d, c) in enumerate(
            zip(
                products.tolist(),
                starts.tolist(),
                np.rint(lasting + 20).astype(np.int64).tolist(),
                causes.tolist(),
                strict=True,
            )
        )
    )


def _node_outages(scale: DemoScale, population: Population, month: Month) -> list[Happening]:
    """An access node fails and takes its products along; protected wavelengths switch over."""
    random = random_source(scale.seed, 7, month.index)
    nodes = int(population.node.max()) + 1
    failing = np.flatnonzero(random.random(nodes) < 0.02)
    starts = _instants(random, month, failing.size)
    lasting = np.rint(draw(random, lognormal(0.8), failing.size) * 1500).astype(np.int64)
    wave = population.sold_as("wavelength-protected")
    found: list[Happening] = []
    for node, start_s, lasts in zip(
        failing.tolist(), starts.tolist(), lasting.tolist(), strict=True
    ):
        for p in np.flatnonzero((population.node == node) & ~wave).tolist():
            name = f"{month.label}-N{node:04}-{population.products[p].id}"
            found.append(
                Happening(name, p, "outage", start_s, start_s + lasts, "node failure", "NMS")
            )
    return found


def _reboots(scale: DemoScale, faults: Faults, month: Month) -> list[Happening]:
    """Devices with the faulty firmware restart by themselves a few times a month."""
    random = random_source(scale.seed, 8, month.index)
    found: list[Happening] = []
    for p in np.flatnonzero(faults.faulty).tolist():
        starts = np.sort(_instants(random, month, 5)).tolist()
        lasting = random.integers(240, 900, size=5).tolist()
        for k, (start_s, lasts) in enumerate(zip(starts, lasting, strict=True)):
            if start_s >= faults.faulty_from_s:
                name = f"{month.label}-R{p:05}-{k}"
                found.append(
                    Happening(name, p, "outage", start_s, start_s + lasts, "device restart", "NMS")
                )
    return found


def _planned_works(
    scale: DemoScale, population: Population, faults: Faults, month: Month
) -> tuple[tuple[AgreedWork, ...], list[Happening]]:
    """About one node in four has a night of agreed work; the products are down for part of it.
    The planted overrun goes on after the agreed end; the emergency work has no agreement."""
    random = random_source(scale.seed, 9, month.index)
    days = (month.end_s - month.start_s) // DAY_S
    works: list[AgreedWork] = []
    outages: list[Happening] = []
    for node in range(int(population.node.max()) + 1):
        chosen, day = random.random() < 0.25, int(random.integers(1, days - 1))
        down, lasts = int(random.integers(10, 60)), int(random.integers(15, 110))
        members = np.flatnonzero(population.node == node)
        if not chosen or not members.size:
            continue
        zone_name = REGIONS[int(population.region[members[0]])].time_zone
        local_day = instant(month.start_s + day * DAY_S).date()
        start_s = local_instant(local_day, WORK_HOURS[0] * 60, zone_name)
        end_s = local_instant(local_day, WORK_HOURS[1] * 60, zone_name)
        for p in members.tolist():
            name = f"{month.label}-W{node:04}-{population.products[p].id}"
            works.append(AgreedWork(p, start_s, end_s, "agreed work"))
            from_s = start_s + 60 * down
            outages.append(
                Happening(name, p, "outage", from_s, from_s + 60 * lasts, "planned work", "work")
            )
    _overrun_and_emergency(population, faults, month, works, outages)
    return tuple(works), outages


def _overrun_and_emergency(
    population: Population,
    faults: Faults,
    month: Month,
    works: list[AgreedWork],
    outages: list[Happening],
) -> None:
    work = faults.overrun
    if not month.start_s <= work.start_s < month.end_s:
        return
    emergency_s = month.end_s - 6 * DAY_S
    for p in work.products.tolist():
        name = f"{month.label}-V-{population.products[p].id}"
        works.append(AgreedWork(p, work.start_s, work.agreed_end_s, "agreed work"))
        outages.append(
            Happening(name, p, "outage", work.start_s, work.end_s, "planned work", "work")
        )
        name = f"{month.label}-E-{population.products[p].id}"
        until_s = emergency_s + EMERGENCY_S
        outages.append(Happening(name, p, "outage", emergency_s, until_s, "emergency work", "work"))


def _tickets(
    scale: DemoScale, population: Population, month: Month, outages: tuple[Happening, ...]
) -> list[Happening]:
    """Customers report most longer outages, and sometimes a degradation without an outage."""
    random = random_source(scale.seed, 10, month.index)
    found: list[Happening] = []
    for outage in outages:
        reported, late, after = (
            random.random(),
            random.integers(60, 900),
            random.integers(300, 2700),
        )
        end_s = outage.end_s or outage.start_s
        opened_s = outage.start_s + int(late)
        if reported < (0.9 if end_s - outage.start_s > 600 else 0.25):
            found.append(
                Happening(
                    f"T-{outage.event_id}",
                    outage.product,
                    "ticket",
                    opened_s,
                    max(end_s, opened_s) + int(after),
                    outage.cause,
                    "service desk",
                )
            )
    found.extend(_degradations(scale, population, month))
    return found


def _degradations(scale: DemoScale, population: Population, month: Month) -> list[Happening]:
    random = random_source(scale.seed, 11, month.index)
    mean = np.array([sold.reports for sold in PORTFOLIO])[population.offering]
    products = np.repeat(np.arange(mean.size), draw_counts(random, mean))
    starts = _instants(random, month, products.size)
    lasting = np.rint(draw(random, heavy_tailed(0.6, 0.03, 0.4), products.size) * 4800)
    waits = random.random(products.size)
    last_month = month.index == scale.months - 1
    found = []
    for i, (p, s, d, w) in enumerate(
        zip(
            products.tolist(),
            starts.tolist(),
            lasting.astype(np.int64).tolist(),
            waits.tolist(),
            strict=True,
        )
    ):
        open_still = last_month and w > 0.97 and s > month.end_s - 2 * DAY_S
        found.append(
            Happening(
                f"{month.label}-D{i:05}",
                p,
                "ticket",
                s,
                None if open_still else s + d + 300,
                _REPORTS[i % len(_REPORTS)],
                "service desk",
                # the customer was not there: the clock stops for a quarter of the time
                ((s + d // 4, s + d // 2),) if w < 0.12 and d > 2400 else (),
            )
        )
    return found


def _duplicates(
    faults: Faults, happenings: tuple[Happening, ...] | list[Happening]
) -> list[Happening]:
    """Some products' troubles are recorded twice, by overlapping events of two sources."""
    return [
        replace(
            h,
            event_id=f"{h.event_id}-b",
            start_s=h.start_s + 60,
            end_s=None if h.end_s is None else h.end_s + 240,
            source="customer portal",
            stop_clock=(),
        )
        for h in happenings
        if faults.restless[h.product]
    ]


def _in_service(
    population: Population, happenings: tuple[Happening, ...] | list[Happening]
) -> tuple[Happening, ...]:
    return tuple(
        h
        for h in happenings
        if population.start_s[h.product] <= h.start_s < population.end_s[h.product]
    )


def _instants(random: np.random.Generator, month: Month, size: int) -> Integers:
    return month.start_s + random.integers(0, month.end_s - month.start_s, size=size)
