"""The planted truths of a demo operator: what a later analysis must find, and nothing else.

The fourteen numbers follow the acceptance scenario of the domain rules. A truth whose data no
room keeps yet is recorded with its parameters and `in_data` false.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from trueline.calendars.instants import render_instant
from trueline.demo import faults as plan
from trueline.demo.contracts import GRANDFATHERED_TARGET, grandfathered
from trueline.demo.draws import Integers
from trueline.demo.faults import Faults
from trueline.demo.population import Population
from trueline.demo.portfolio import FAULTY_CPE, FAULTY_FIRMWARE
from trueline.demo.scale import DAY_S, DemoScale

_ANSWERS = ("accepted", "declined", "counterProposed", "silent", "acceptedLate")
_ALARMS = 50_000


@dataclass(frozen=True)
class PlantedTruth:
    """`members` are product ids (or customer ids where `kind` is about customers)."""

    number: int
    kind: str
    what: str
    where: str
    from_s: int | None = None
    until_s: int | None = None
    size: str = ""
    rule: str = ""
    members: tuple[str, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict, hash=False)
    in_data: bool = True


def planted_truths(
    scale: DemoScale, population: Population, faults: Faults
) -> tuple[PlantedTruth, ...]:
    found = (
        *_measured(population, faults),
        *_unmeasured(population, faults),
        *_sold(population),
        *_works(scale, population, faults),
        _consents(population, faults),
        *_process(scale, population),
    )
    return tuple(sorted(found, key=lambda truth: truth.number))


def render_truths(scale: DemoScale, truths: tuple[PlantedTruth, ...]) -> str:
    """The truths file as JSON text."""
    rows = [
        {
            "number": truth.number,
            "kind": truth.kind,
            "what": truth.what,
            "where": truth.where,
            "from": None if truth.from_s is None else render_instant(truth.from_s),
            "until": None if truth.until_s is None else render_instant(truth.until_s),
            "size": truth.size,
            "rule": truth.rule,
            "members": list(truth.members),
            "parameters": dict(truth.parameters),
            "in_data": truth.in_data,
        }
        for truth in truths
    ]
    heading = {
        "products": scale.products,
        "months": scale.months,
        "seed": scale.seed,
        "end_month": scale.end_month,
    }
    return json.dumps({"scale": heading, "truths": rows}, indent=1) + "\n"


def _measured(population: Population, faults: Faults) -> tuple[PlantedTruth, ...]:
    drift = f"+{plan.DRIFT_RISE:.0%} by the last day, {faults.drift_per_day:.4%} of the start a day"
    step_rule = (
        f"offering = {plan.STEP_OFFERING} and region = {plan.STEP_REGION}"
        f" and probe = {plan.STEP_PROBE}"
    )
    return (
        PlantedTruth(
            1,
            "drift",
            "packet_delay rises slowly",
            f"{plan.DRIFT_OFFERING} in region {plan.DRIFT_REGION}",
            faults.drift_from_s,
            size=drift,
            rule=f"offering = {plan.DRIFT_OFFERING} and region = {plan.DRIFT_REGION}",
            members=population.ids(faults.drifting),
        ),
        PlantedTruth(
            2,
            "firmware_fault",
            "bursts of loss and restarts",
            f"firmware {FAULTY_FIRMWARE} on {FAULTY_CPE}",
            faults.faulty_from_s,
            size="about 60 bursts of loss and 5 restarts per product and month",
            rule=f"cpe_model = {FAULTY_CPE} and firmware = {FAULTY_FIRMWARE}",
            members=population.ids(faults.faulty),
        ),
        PlantedTruth(
            3,
            "measurement_step",
            "a probe was replaced: packet_delay reads higher, the service is unchanged",
            f"{plan.STEP_OFFERING} measured by {plan.STEP_PROBE}",
            faults.step_from_s,
            size=f"+{plan.STEP_MS} ms",
            rule=step_rule,
            members=population.ids(faults.stepped),
        ),
    )


def _unmeasured(population: Population, faults: Faults) -> tuple[PlantedTruth, ...]:
    feed, *silences = faults.silences
    return (
        PlantedTruth(
            4,
            "missing_data",
            "granules are missing at random, in runs of one to eleven",
            "everywhere",
            size=f"{plan.MISSING_SHARE:.0%} of the granules",
        ),
        PlantedTruth(
            4,
            "dead_feed",
            "a feed delivers nothing",
            plan.DEAD_FEED,
            feed.start_s,
            feed.end_s,
            size=f"{plan.DEAD_FEED_DAYS} days",
            rule=f"feed = {plan.DEAD_FEED}",
            members=_members(population, feed.products),
        ),
        *(
            PlantedTruth(
                4,
                "silent_products",
                "hardly anything is measured, so nothing can be assessed",
                "single products",
                silence.start_s,
                silence.end_s,
                members=_members(population, silence.products),
            )
            for silence in silences
        ),
    )


def _sold(population: Population) -> tuple[PlantedTruth, ...]:
    wave = population.sold_as("wavelength-protected")
    leg = population.products[int(np.flatnonzero(wave)[0])]
    strata = {f"{s}, {a}": f"1 in {n} poor" for (s, a), n in plan.POOR_LINES.items()}
    return (
        PlantedTruth(
            5,
            "grandfathered_cohort",
            "products sold on an older standard keep its looser delay target",
            "eline-silver",
            size=f"{GRANDFATHERED_TARGET} ms instead of 37 ms",
            members=population.ids(grandfathered(population)),
        ),
        PlantedTruth(
            9,
            "simpson_reversal",
            "in each access technology smallBusiness keeps the download rate more often than "
            "enterprise, yet less often over both",
            "broadband-business, by customer segment and access_technology",
            rule="offering = broadband-business",
            parameters=strata,
        ),
        PlantedTruth(
            6,
            "protected_pair",
            "two proposed works would take both legs of one protected wavelength in one night",
            f"protection_pair {leg.characteristics['protection_pair']}",
            members=population.ids(wave)[:2],
            parameters={"works": "one on the node of each leg, windows overlap by two hours"},
            in_data=False,
        ),
    )


def _consents(population: Population, faults: Faults) -> PlantedTruth:
    work = faults.overrun
    affected = sorted({population.products[i].customer_id for i in work.products.tolist()})
    answers = {customer: _ANSWERS[i % len(_ANSWERS)] for i, customer in enumerate(affected)}
    return PlantedTruth(
        7,
        "outage_consents",
        "customers accept, decline, counter, stay silent and answer late",
        f"the work on {work.node}",
        work.start_s,
        work.agreed_end_s,
        members=tuple(affected),
        parameters=answers,
        in_data=False,
    )


def _works(scale: DemoScale, population: Population, faults: Faults) -> tuple[PlantedTruth, ...]:
    work, last = faults.overrun, scale.months_of_data()[-1]
    members = _members(population, work.products)
    return (
        PlantedTruth(
            8,
            "overrun",
            "a planned work goes on after its agreed end; the rest is outage",
            f"node {work.node}",
            work.start_s,
            work.end_s,
            size=f"{plan.OVERRUN_MINUTES} minutes beyond {render_instant(work.agreed_end_s)}",
            rule=f"node = {work.node}",
            members=members,
        ),
        PlantedTruth(
            12,
            "duplicate_tickets",
            "each outage and ticket is recorded twice, by overlapping events of two sources",
            "single products",
            members=population.ids(faults.restless),
        ),
        PlantedTruth(
            13,
            "emergency_work",
            "an emergency work without notice: its outage is not excluded",
            f"node {work.node}",
            last.end_s - 6 * DAY_S,
            last.end_s - 6 * DAY_S + plan.EMERGENCY_S,
            rule=f"node = {work.node}",
            members=members,
        ),
    )


def _process(scale: DemoScale, population: Population) -> tuple[PlantedTruth, ...]:
    customer = population.customers[len(population.customers) // 3]
    return (
        PlantedTruth(
            10,
            "process_step_slower",
            "the time of one step of degradation reports doubles",
            "step diagnose",
            scale.share_of_time(0.75),
            size="x 2",
            in_data=False,
        ),
        PlantedTruth(
            11,
            "alarm_storm",
            "one fault raises very many alarms within ten minutes",
            "region centre",
            scale.share_of_time(0.5) + 3 * 3600,
            scale.share_of_time(0.5) + 3 * 3600 + 600,
            size=f"{_ALARMS} alarms",
            in_data=False,
        ),
        PlantedTruth(
            14,
            "contact_leaves",
            "the only contact leaves, so that nobody can be reached",
            f"customer {customer.id}",
            scale.share_of_time(0.6),
            members=(customer.id,),
            in_data=False,
        ),
    )


def _members(population: Population, products: Integers) -> tuple[str, ...]:
    return tuple(population.products[i].id for i in np.sort(products).tolist())
