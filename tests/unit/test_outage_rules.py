"""How much of an outage is excluded, and when notice was early enough."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from trueline.calendars.instants import seconds
from trueline.calendars.service_hours import local_instant
from trueline.errors import InputError
from trueline.outages.agreed import agreed_part
from trueline.outages.notice import (
    NoticeRule,
    earliest_start,
    notice_sufficient,
    working_days_of_notice,
)


def _at(hour: int, minute: int = 0) -> int:
    return seconds(datetime(2026, 10, 7, hour, minute, tzinfo=UTC))


def test_o36_overrun_of_an_agreed_outage_counts() -> None:
    # agreed 00:00-04:00, ran 00:30-05:10: 00:30-04:00 = 210 min excluded, 04:00-05:10 = 70 count
    part = agreed_part([(_at(0), _at(4))], (_at(0, 30), _at(5, 10)))

    assert part.excluded_s == 210 * 60
    assert part.counted_s == 70 * 60
    assert part.excluded == ((_at(0, 30), _at(4)),)
    assert part.counted == ((_at(4), _at(5, 10)),)


def test_overlapping_agreed_windows_exclude_their_union_once() -> None:
    part = agreed_part([(_at(1), _at(3)), (_at(2), _at(4))], (_at(0), _at(6)))

    assert part.excluded_s == 3 * 3600
    assert part.counted == ((_at(0), _at(1)), (_at(4), _at(6)))


def test_outage_outside_the_agreed_window_counts_whole() -> None:
    part = agreed_part([(_at(0), _at(4))], (_at(4), _at(5)))

    assert (part.excluded_s, part.counted_s) == (0, 3600)


def test_o37_outage_on_short_notice_counts_as_unplanned_as_a_whole() -> None:
    # five working days required; Wed 7 Oct to Wed 14 Oct holds Thu, Fri, Mon, Tue = 4 clear days
    rule = NoticeRule(5)
    notice_s, start_s = _at(9), seconds(datetime(2026, 10, 14, 1, tzinfo=UTC))

    assert working_days_of_notice(date(2026, 10, 7), date(2026, 10, 14), rule) == 4
    enough = notice_sufficient(notice_s, start_s, rule)
    part = agreed_part([(start_s, start_s + 7200)], (start_s, start_s + 3600), notice_given=enough)

    assert not enough
    assert (part.excluded_s, part.counted_s) == (0, 3600)
    assert notice_sufficient(notice_s, start_s + 86_400, rule)


@pytest.mark.parametrize(
    ("clear", "earliest"), [(False, date(2027, 1, 4)), (True, date(2027, 1, 5))]
)
def test_o28_ten_business_days_over_an_english_christmas(clear: bool, earliest: date) -> None:
    # from Wed 16 Dec 2026: 17 18 21 22 23 24, 29 30 31 (25 Dec, 28 Dec and 1 Jan are holidays),
    # then Mon 4 Jan 2027 is the tenth
    rule = NoticeRule(10, "Europe/London", holidays="GB-ENG", clear_days=clear)

    assert earliest_start(date(2026, 12, 16), rule) == earliest


def test_notice_is_counted_in_local_days() -> None:
    # 23:30 UTC on 6 July is 00:30 on 7 July in London, so that day is the day of notice
    rule = NoticeRule(1, "Europe/London")
    notice_s = seconds(datetime(2026, 7, 6, 23, 30, tzinfo=UTC))

    assert not notice_sufficient(
        notice_s, local_instant(date(2026, 7, 8), 0, "Europe/London"), rule
    )
    assert notice_sufficient(notice_s, local_instant(date(2026, 7, 9), 0, "Europe/London"), rule)


def test_notice_without_any_weekday_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be counted"):
        earliest_start(date(2026, 1, 1), NoticeRule(1, weekdays=()))


def test_o41_one_window_in_three_zones() -> None:
    # 00:00-04:00 Lisbon on 10 July 2026 = 01:00-05:00 Madrid = 23:00-03:00 UTC on 9-10 July
    day = date(2026, 7, 10)
    lisbon = [local_instant(day, 60 * h, "Europe/Lisbon") for h in (0, 4)]
    madrid = [local_instant(day, 60 * h, "Europe/Madrid") for h in (1, 5)]
    utc = [
        seconds(datetime(2026, 7, 9, 23, tzinfo=UTC)),
        seconds(datetime(2026, 7, 10, 3, tzinfo=UTC)),
    ]

    assert lisbon == madrid == utc
