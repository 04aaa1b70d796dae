"""How each aggregation rule computes, in words: the answer to "How is this computed?"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Formula:
    name: str
    text: str


FORMULAS = {
    "pooled": Formula(
        "Pooled",
        "Members are put together before anything is computed: summed good time over summed known"
        " time, summed numerators over summed denominators, percentiles of all samples. No average"
        " of averages is taken.",
    ),
    "customer_weighted": Formula(
        "Customer-weighted",
        "Each customer's own pooled figure counts once, however many products the customer has.",
    ),
    "worst": Formula("Worst member", "The figure of the member with the worst margin."),
    "any_down": Formula(
        "Any down",
        "A second is bad when at least one member is bad in it (union of the members' bad time).",
    ),
    "all_down": Formula(
        "All down",
        "A second is bad only when every member is bad in it (intersection of their bad time).",
    ),
    "k_of_n": Formula(
        "k of n", "A second is good when at least k of the n members are good in it."
    ),
}
