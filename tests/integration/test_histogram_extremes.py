"""The 100th percentile from a histogram is the largest sample and no more, whichever way the
samples are counted; the lowest likewise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from tests.measurement_builders import OCTOBER, G
from tests.summaries_builders import SmallOperator, small_operator

from trueline.measurement.lake import open_lake
from trueline.settings.workspace import Workspace

OFFERINGS = """\
apiVersion: trueline/v1
parameters:
  - {id: delay, unit: ms, kind: sampled}
offerings:
  - id: line
    objectives:
      - {id: highest, parameter: delay, statistic: percentile_histogram, percentile: 100,
         comparator: LE, conformance_target: 31, min_coverage: 0}
      - {id: lowest, parameter: delay, statistic: percentile_histogram, percentile: 0.001,
         comparator: GE, conformance_target: 1, min_coverage: 0}
"""
# One bucket holds values that differ by a little under 2 %, so its middle is neither end's value.
WHOLE = (10.0, 31.0, 30.0)
DECIMALS = (10.25, 30.75, 30.5)
DOUBLES = (10.1 / 3, 31.1 / 3, 31 / 3)


@pytest.fixture
def operator(workspace: Workspace) -> Iterator[SmallOperator]:
    with small_operator(workspace) as one:
        one.load("offerings.yaml", OFFERINGS)
        one.sell("p1")
        yield one


@pytest.mark.parametrize("values", [WHOLE, DECIMALS, DOUBLES], ids=["whole", "decimals", "doubles"])
def test_a_percentile_from_a_histogram_never_leaves_the_samples(
    operator: SmallOperator, values: Sequence[float]
) -> None:
    days = [OCTOBER, OCTOBER + 86_400]
    operator.deliver(
        *(G("p1", "delay", day + n * 900, values[n % 3]) for day in days for n in range(96))
    )
    ends = [max(values), min(values)]

    assert found(operator, summed=False) == ends  # the segment is scanned by the engine
    operator.summarise()
    assert found(operator, summed=True) == ends
    with open_lake(operator.workspace) as lake:
        lake.compact()
    assert found(operator, summed=False) == ends  # the block is read as whole columns
    operator.deliver(G("p1", "delay", days[1] + 900, values[0]))  # a correction: no longer clean
    assert found(operator, summed=False) == ends


def found(operator: SmallOperator, *, summed: bool) -> list[float | None]:
    return [row.value for row in operator.rows(summed=summed)]
