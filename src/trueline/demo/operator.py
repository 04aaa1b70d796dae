"""The demo operator as a whole: everything that follows from its scale and seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trueline.demo.contracts import agreements_of
from trueline.demo.faults import Faults, plant_faults
from trueline.demo.granule_tables import MonthOfGranules
from trueline.demo.happenings import MonthOfHappenings, draw_happenings
from trueline.demo.population import Population, draw_population
from trueline.demo.scale import DemoScale, Month
from trueline.demo.truths import PlantedTruth, planted_truths
from trueline.inventory.values import Agreement


@dataclass(frozen=True)
class DemoOperator:
    scale: DemoScale
    population: Population
    faults: Faults
    agreements: tuple[Agreement, ...]
    truths: tuple[PlantedTruth, ...]

    def months(self) -> Iterator[tuple[Month, MonthOfHappenings, MonthOfGranules]]:
        """Month by month what happened and what was measured; granules are made as they are
        asked for, one block of products at a time."""
        for month in self.scale.months_of_data():
            happened = draw_happenings(self.scale, self.population, self.faults, month)
            granules = MonthOfGranules(self.scale, self.population, self.faults, month, happened)
            yield month, happened, granules


def plan_operator(scale: DemoScale) -> DemoOperator:
    population = draw_population(scale)
    faults = plant_faults(scale, population)
    return DemoOperator(
        scale=scale,
        population=population,
        faults=faults,
        agreements=agreements_of(population),
        truths=planted_truths(scale, population, faults),
    )
