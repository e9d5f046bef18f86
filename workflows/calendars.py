"""Days as people count them: working days of the company, without its holidays and the person's absences (U1, U6)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from crm.kernel.users.models import Absence, User
from crm.kernel.workspace.models import Holiday, Workspace

DAY = dt.timedelta(days=1)
MOST_DAYS = 1000  # that many days off in a row end any counting


@dataclass
class Calendar:
    """The calendars of some people, read once. Who owns nothing has the workspace's zone and days."""

    people: frozenset[UUID]
    zones: dict[UUID, ZoneInfo] = field(default_factory=dict)
    away: dict[UUID, list[tuple[dt.date, dt.date]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, people: Iterable[UUID | None]) -> "Calendar":
        """Read zones and absences of people in two queries."""
        found = cls(frozenset(pk for pk in people if pk is not None))
        rows = User.objects.filter(pk__in=found.people).values_list("pk", "timezone")
        found.zones = {pk: ZoneInfo(name) for pk, name in rows}
        absences = Absence.objects.filter(user__in=found.people)
        for pk, start, end in absences.values_list("user_id", "starts_on", "ends_on"):
            found.away[pk].append((start, end))
        return found

    @cached_property
    def workspace(self) -> Workspace:
        """The company."""
        return Workspace.current()

    @cached_property
    def holidays(self) -> frozenset[dt.date]:
        """Its holidays."""
        return frozenset(Holiday.objects.values_list("day", flat=True))

    def zone(self, person: UUID | None) -> ZoneInfo:
        """Return the zone of a person."""
        return self.zones.get(person, self.workspace.zone) if person is not None else self.workspace.zone

    def works(self, person: UUID | None, day: dt.date) -> bool:
        """Say whether a person works on a day."""
        absent = person is not None and any(start <= day <= end for start, end in self.away.get(person, ()))
        return self.workspace.is_working_day(day, self.holidays) and not absent

    def after(self, person: UUID | None, day: dt.date, days: int, *, working: bool) -> dt.date:
        """Return the day that follows `days` full days after `day`; with `working` only working days count, and it is one."""
        if not working:
            return day + (days + 1) * DAY
        counted = -1  # the day itself that follows the last full one must be a working day too
        for _number in range(MOST_DAYS):
            day += DAY
            counted += self.works(person, day)
            if counted == days:
                break
        return day

    def at(self, person: UUID | None, day: dt.date, time: str) -> dt.datetime:
        """Return the instant of a local time on a day."""
        return dt.datetime.combine(day, dt.time.fromisoformat(time), tzinfo=self.zone(person))
