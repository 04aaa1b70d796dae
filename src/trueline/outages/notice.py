"""Notice periods of planned outages, in working days of a calendar with its public holidays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from trueline.calendars.instants import instant, zone
from trueline.calendars.service_hours import holiday_dates
from trueline.errors import InputError

_LONGEST = 1000  # working days


@dataclass(frozen=True)
class NoticeRule:
    """`working_days` of notice before an outage may start. With `clear_days` they lie wholly
    between the day of notice and the day of the outage; without, the last of them may be the day
    of the outage. `weekdays` 0 = Monday; `holidays` is a calendar name such as GB-ENG."""

    working_days: int
    time_zone: str = "UTC"
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    holidays: str | None = None
    clear_days: bool = True


def is_working_day(day: date, rule: NoticeRule) -> bool:
    if day.weekday() not in rule.weekdays:
        return False
    return not (rule.holidays and day in holiday_dates(rule.holidays, day.year))


def earliest_start(notice: date, rule: NoticeRule) -> date:
    """The first local day on which an outage announced on the local day `notice` may start. The
    day of notice itself never counts."""
    if not rule.weekdays or not 0 <= rule.working_days <= _LONGEST:
        raise InputError(
            f"A notice of {rule.working_days} working days cannot be counted",
            mend=f"Name at least one weekday and 0 to {_LONGEST} working days",
        )
    day, left = notice, rule.working_days
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day, rule)
    return day + timedelta(days=1) if rule.clear_days else day


def working_days_of_notice(notice: date, start: date, rule: NoticeRule) -> int:
    """Working days that `rule` counts between the local days of notice and of the outage."""
    days = (start - notice).days - (1 if rule.clear_days else 0)
    return sum(is_working_day(notice + timedelta(days=i + 1), rule) for i in range(max(days, 0)))


def notice_sufficient(notice_s: int, start_s: int, rule: NoticeRule) -> bool:
    """True when an outage starting at `start_s` was announced early enough at `notice_s`, by
    local days of the rule's zone."""
    return _local(start_s, rule) >= earliest_start(_local(notice_s, rule), rule)


def _local(at_s: int, rule: NoticeRule) -> date:
    moment: datetime = instant(at_s).astimezone(zone(rule.time_zone))
    return moment.date()
