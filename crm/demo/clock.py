"""When things happen in the sample workspace: on working days, in working hours, more in some months than in others."""

import datetime as dt
import random
from dataclasses import dataclass
from zoneinfo import ZoneInfo

# Share of the year's new business by month: quiet in summer and at the turn of the year, busy in spring and autumn.
SEASON = (0.7, 1.0, 1.25, 1.1, 1.05, 0.95, 0.6, 0.55, 1.2, 1.3, 1.25, 0.75)
SPAN_DAYS = 860  # eight whole quarters before the present one, as an interval of a quarter needs, and a month to begin


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells working moments between the start of the story and `now`, in one zone."""

    now: dt.datetime
    zone: ZoneInfo

    @property
    def today(self) -> dt.date:
        """Today's date in the zone."""
        return self.now.astimezone(self.zone).date()

    @property
    def start(self) -> dt.date:
        """The day on which the story begins."""
        return self.today - dt.timedelta(days=SPAN_DAYS)

    def at(self, day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
        """Return the instant of a wall clock time on a day."""
        return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=self.zone)

    def workday(self, day: dt.date, step: int = 1) -> dt.date:
        """Return the day itself, or the next (`step` -1: last) Monday to Friday."""
        while day.isoweekday() > 5:
            day += dt.timedelta(days=step)
        return day

    def in_workdays(self, days: int) -> dt.date:
        """Return the day that lies so many working days from today; negative ones lie in the past."""
        step = 1 if days >= 0 else -1
        day = self.workday(self.today, step) if days else self.today
        for _ in range(abs(days)):
            day = self.workday(day + dt.timedelta(days=step), step)
        return day

    def moment(self, rng: random.Random, day: dt.date) -> dt.datetime:
        """Return a working moment on or just after a day: mornings and afternoons, hardly ever at lunch."""
        hour = rng.choices(range(8, 18), (2, 6, 9, 8, 3, 5, 8, 8, 5, 2))[0]
        return self.at(self.workday(day), hour, rng.randrange(60)) + dt.timedelta(seconds=rng.randrange(60))

    def past(self, rng: random.Random, day: dt.date) -> dt.datetime:
        """Return a working moment on or just after a day, but at least half an hour ago."""
        at = self.moment(rng, day)
        latest = self.now - dt.timedelta(minutes=30)
        while at > latest:
            day -= dt.timedelta(days=1)
            at = self.moment(rng, self.workday(day, -1))
        return at

    def seasonal_day(self, rng: random.Random, first: int, last: int) -> dt.date:
        """Return a day between `first` and `last` days ago, chosen by season and with slow growth over the years."""
        while True:
            ago = rng.randint(last, first)
            day = self.today - dt.timedelta(days=ago)
            growth = 0.7 + 0.3 * (SPAN_DAYS - ago) / SPAN_DAYS
            if rng.random() < SEASON[day.month - 1] / 1.3 * growth:
                return day
