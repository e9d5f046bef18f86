"""How much was done: calls, e-mails and meetings by person, kind and day (R5), in the workspace's zone (N7)."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Count, Q
from django.db.models.functions import ExtractIsoWeekDay, TruncDate
from django.utils.translation import gettext_lazy as _

from crm.kernel.core import formats
from crm.kernel.workspace.models import Workspace

from .models import Activity

KINDS = ("call", "email", "meeting", "note")
WORDS = _("Calls, e-mails, meetings and notes that were done, by the day on which they were done and by who did them.")


@dataclass(frozen=True, slots=True)
class Done:
    """Which activities a figure counts: done on these days (both count), of these kinds, on one weekday (1 is Monday)."""

    start: dt.date
    end: dt.date
    kinds: tuple[str, ...] = KINDS
    weekday: int | None = None

    def __str__(self) -> str:
        return f"{self.start}~{self.end}~{','.join(self.kinds)}~{self.weekday or ''}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it from an address; raises ValueError."""
        start, end, kinds, weekday = text.split("~")
        found = cls(
            dt.date.fromisoformat(start),
            dt.date.fromisoformat(end),
            tuple(each for each in KINDS if each in kinds.split(",")),
            int(weekday) if weekday else None,
        )
        if (
            not found.kinds
            or found.end < found.start
            or found.end.year > 9000
            or found.weekday not in (None, *range(1, 8))
        ):
            raise ValueError(text)
        return found

    def condition(self, actor: Any = None) -> Q:
        """Return the condition of its activities."""
        zone = Workspace.current().zone
        first = dt.datetime.combine(self.start, dt.time(), tzinfo=zone)
        after = dt.datetime.combine(self.end + dt.timedelta(days=1), dt.time(), tzinfo=zone)
        found = Q(completed_at__gte=first, completed_at__lt=after, type__in=self.kinds)
        if self.weekday is None:
            return found
        day = ExtractIsoWeekDay("completed_at", tzinfo=zone)
        among = Activity.objects.filter(found).alias(_weekday=day).filter(_weekday=self.weekday)
        return found & Q(pk__in=among.values("pk"))

    def words(self, actor: Any) -> str:
        """Return the days."""
        return f"{formats.short_day(self.start)} \N{EN DASH} {formats.short_day(self.end)}"


def done_by(actor: Any, done: Done, people: Collection[Any] | None = None) -> list[dict[str, Any]]:
    """Return how many activities each person did, by kind and day: `user_id`, `type`, `day`, `count` (U3, N7)."""
    rows = Activity.objects.visible_to(actor).live().filter(done.condition(), user__isnull=False)
    if people is not None:
        rows = rows.filter(user__in=list(people))
    day = TruncDate("completed_at", tzinfo=Workspace.current().zone)
    return list(rows.order_by().annotate(day=day).values("user_id", "type", "day").annotate(count=Count("pk")))
