"""Days that no zone or period can write are refused plainly, not found out later."""

from __future__ import annotations

from datetime import date

import pytest

from trueline.calendars.instants import parse_day, parse_instant
from trueline.calendars.periods import midnight, parse_period
from trueline.errors import InputError
from trueline.offerings.parse import parse_offerings


@pytest.mark.parametrize("text", ["9999-12-31", "9000-01-01", "1899-12-31", "0001-01-01", "soon"])
def test_a_day_out_of_reach_is_no_day(text: str) -> None:
    with pytest.raises(ValueError):
        parse_day(text)


@pytest.mark.parametrize("text", ["1900-01-01", "2028-02-29", "8999-12-31"])
def test_a_day_within_reach_is_read(text: str) -> None:
    assert parse_day(text) == date.fromisoformat(text)


@pytest.mark.parametrize(
    "text", ["9999", "9999-Q4", "9999-12", "9999-W52", "9999-12-31", "0001", "0001-W01", "2026-W60"]
)
def test_a_period_out_of_reach_is_refused_with_the_mend(text: str) -> None:
    with pytest.raises(InputError, match="is not a period"):
        parse_period(text)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00"])
def test_an_instant_that_has_no_utc_time_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a time"):
        parse_instant(text)


@pytest.mark.parametrize("zone_name", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_the_last_day_of_all_is_an_open_end_in_every_zone(zone_name: str) -> None:
    catalogue = b"""apiVersion: trueline/v1
parameters: [{id: delay, unit: ms, kind: sampled}]
offerings:
  - id: line
    objectives:
      - {id: mean, parameter: delay, statistic: mean, comparator: LE, conformance_target: 20,
         valid_from: 2026-01-01, valid_to: 9999-12-31}
"""
    parsed = parse_offerings(catalogue, "open.yaml")
    assert parsed.set_aside == []
    [objective] = parsed.offerings[0].objectives
    assert objective.valid_to == date.max
    assert midnight(date.max, zone_name) > midnight(date(8999, 12, 31), zone_name)
