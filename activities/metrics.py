"""How much was done: calls, e-mails and meetings by person, kind and day (R5), in the workspace's zone (N7).

As of a past day it is what was true then by business time (N8): an activity is there from when it was done, whenever that
was written down, until it went to the bin; who did it, when and of which kind are what history had recorded by then, and
before the first record its first values. Who may see it is a matter of today; what was deleted for good is gone at every
moment.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import ExtractIsoWeekDay, TruncDate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.kernel.core import formats
from crm.kernel.core.past import UNDONE, held, positional, statement_of
from crm.kernel.workspace.models import Workspace
from deals.metrics.window import end_of_day

from .models import Activity

KINDS = ("call", "email", "meeting", "note")
WORDS = _("Calls, e-mails, meetings and notes that were done, by the day on which they were done and by who did them.")

# First whatever any record ever put into these days, then of each the record that held at that moment, by its index.
THEN = f"""
FROM (SELECT DISTINCT x.pgh_obj_id AS id FROM activities_activityhistory x
    WHERE x.completed_at >= %(first)s AND x.completed_at < %(after)s AND x.type = ANY(%(kinds)s)) c
JOIN activities_activity a ON a.id = c.id
CROSS JOIN LATERAL (
    {held("activities_activityhistory", "c.id")}) h
WHERE h.completed_at >= %(first)s AND h.completed_at < %(after)s AND h.completed_at <= %(at)s AND h.type = ANY(%(kinds)s)
    AND (h.binned_at IS NULL OR h.binned_at > %(at)s)
    AND (%(people)s::uuid[] IS NULL OR h.user_id = ANY(%(people)s::uuid[]))
    AND (%(weekday)s::int IS NULL OR extract(isodow FROM h.completed_at AT TIME ZONE %(zone)s) = %(weekday)s::int)
    AND NOT EXISTS (SELECT 1 FROM activities_activityhistory x
        WHERE a.binned_at IS NOT NULL AND x.pgh_obj_id = c.id AND x.pgh_label = 'insert' AND x.pgh_context_id = ANY({UNDONE}))
"""


@dataclass(frozen=True, slots=True)
class Done:
    """Which activities a figure counts: done on these days (both count), of these kinds, on one weekday (1 is Monday).

    With `as_of` they are those of the end of that day, as they were then (N8), of the one `person` if given;
    without it the person is a filter of the list.
    """

    start: dt.date
    end: dt.date
    kinds: tuple[str, ...] = KINDS
    weekday: int | None = None
    as_of: dt.date | None = None
    person: UUID | None = None

    def __str__(self) -> str:
        text = f"{self.start}~{self.end}~{','.join(self.kinds)}~{self.weekday or ''}"
        return f"{text}~{self.as_of}~{self.person or ''}" if self.as_of else text

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it from an address; raises ValueError."""
        start, end, kinds, weekday, *then = text.split("~")
        as_of, person = then or ("", "")
        found = cls(
            dt.date.fromisoformat(start),
            dt.date.fromisoformat(end),
            tuple(each for each in KINDS if each in kinds.split(",")),
            int(weekday) if weekday else None,
            dt.date.fromisoformat(as_of) if as_of else None,
            UUID(person) if person else None,
        )
        if (
            not found.kinds
            or found.end < found.start
            or max(found.end, found.as_of or found.end).year > 9000
            or found.weekday not in (None, *range(1, 8))
            or bool(then) != bool(found.as_of)
        ):
            raise ValueError(text)
        return found

    def condition(self, actor: Any = None) -> Q:
        """Return the condition of its activities."""
        if self.as_of:
            statement = f"SELECT a.id {THEN}"
            people = None if self.person is None else [self.person]
            sql, params = positional(statement, self.params(people))
            return Q(pk__in=RawSQL(sql, params))  # noqa: S611  values are parameters
        first, after = self.bounds
        found = Q(completed_at__gte=first, completed_at__lt=after, type__in=self.kinds)
        if self.weekday is None:
            return found
        day = ExtractIsoWeekDay("completed_at", tzinfo=Workspace.current().zone)
        among = Activity.objects.filter(found).alias(_weekday=day).filter(_weekday=self.weekday)
        return found & Q(pk__in=among.values("pk"))

    @property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        """The first instant of its days, and the first one after them (N7)."""
        zone = Workspace.current().zone
        after = self.end + dt.timedelta(days=1)
        return dt.datetime.combine(self.start, dt.time(), tzinfo=zone), dt.datetime.combine(
            after, dt.time(), tzinfo=zone
        )

    def params(self, people: Collection[Any] | None) -> dict[str, Any]:
        """Return the values that the statement of a past day names."""
        assert self.as_of is not None
        first, after = self.bounds
        return {
            "first": first,
            "after": after,
            "at": end_of_day(self.as_of),
            "kinds": list(self.kinds),
            "people": None if people is None else list(people),
            "weekday": self.weekday,
            "zone": Workspace.current().timezone,
        }

    def words(self, actor: Any) -> str:
        """Return the days, and as of which day."""
        days = f"{formats.short_day(self.start)} \N{EN DASH} {formats.short_day(self.end)}"
        if self.as_of is None:
            return days
        words = gettext("%(days)s, as of %(day)s; not listed: what has been deleted since")
        return words % {"days": days, "day": formats.day(self.as_of)}


def done_by(actor: Any, done: Done, people: Collection[Any] | None = None) -> list[dict[str, Any]]:
    """Return how many activities each person did, by kind and day: `user_id`, `type`, `day`, `count` (U3, N7, N8)."""
    if done.as_of:
        return _done_then(actor, done, people)
    rows = Activity.objects.visible_to(actor).live().filter(done.condition(), user__isnull=False)
    if people is not None:
        rows = rows.filter(user__in=list(people))
    day = TruncDate("completed_at", tzinfo=Workspace.current().zone)
    return list(rows.order_by().annotate(day=day).values("user_id", "type", "day").annotate(count=Count("pk")))


def done_link(done: Done, person: Any) -> str:
    """Return where somebody's activities behind a figure are; as of a past day the person is the one of then (N8)."""
    if done.as_of:
        return "/activities/?" + urlencode({"done": str(replace(done, person=UUID(str(person))))})
    return "/activities/?" + urlencode({"who": person, "done": str(done)})


def _done_then(actor: Any, done: Done, people: Collection[Any] | None) -> list[dict[str, Any]]:
    seen, values = statement_of(Activity.objects.visible_to(actor), "pk")
    sql, params = positional(
        f"""SELECT h.user_id, h.type, (h.completed_at AT TIME ZONE %(zone)s)::date AS day, count(*) {THEN}
        AND h.user_id IS NOT NULL""",
        done.params(people),
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} AND a.id IN ({seen}) GROUP BY 1, 2, 3", [*params, *values])
        names = ("user_id", "type", "day", "count")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
