"""When something may be told: the next morning of a person, and the end of their quiet hours, in any zone and season.

A local time that a change of the clocks leaves out is the moment at which the clocks jump; one that comes twice is the first.
"""

import datetime as dt
from collections.abc import Collection
from zoneinfo import ZoneInfo

MORNING = dt.time(8)
DAY = dt.timedelta(days=1)


def instant(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """Return the instant of a local time, in UTC."""
    return dt.datetime.combine(day, time, tzinfo=zone).astimezone(dt.UTC)


def next_morning(after: dt.datetime, zone: ZoneInfo, last_on: dt.date | None = None) -> dt.datetime:
    """Return the next 08:00 after a moment where the person is, on no day up to `last_on`."""
    day = after.astimezone(zone).date()
    while True:
        found = instant(day, MORNING, zone)
        if found > after and (last_on is None or day > last_on):
            return found
        day += DAY


def quiet_until(
    now: dt.datetime,
    zone: ZoneInfo,
    *,
    starts: dt.time | None = None,
    ends: dt.time | None = None,
    working_days: Collection[int] = (),
) -> dt.datetime:
    """Return when a person may next be written to at once: now, or the end of the quiet time that it falls into.

    Quiet is from `starts` to `ends`, over midnight too, and, if `working_days` (1 is Monday) are given, all of the others.
    """
    at = now
    for _step in range(16):
        later = _past_hours(at, zone, starts, ends)
        later = _past_days_off(later, zone, working_days)
        if later == at:
            return at
        at = later
    return at


def _past_hours(at: dt.datetime, zone: ZoneInfo, starts: dt.time | None, ends: dt.time | None) -> dt.datetime:
    if starts is None or ends is None or starts == ends:
        return at
    today = at.astimezone(zone).date()
    for day in (today - DAY, today):
        begin = instant(day, starts, zone)
        end = instant(day if ends > starts else day + DAY, ends, zone)
        if begin <= at < end:
            return end
    return at


def _past_days_off(at: dt.datetime, zone: ZoneInfo, working_days: Collection[int]) -> dt.datetime:
    if not working_days:
        return at
    day = at.astimezone(zone).date()
    if day.isoweekday() in working_days:
        return at
    while day.isoweekday() not in working_days:
        day += DAY
    return instant(day, dt.time(0), zone)
