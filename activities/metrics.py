"""How much was done: calls, e-mails and meetings by person, kind and day (R5), in the workspace's zone (N7)."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Count, Q
from django.db.models.functions import ExtractIsoWeekDay, TruncDate
from django.utils.translation import gettext_lazy as _

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

    @property
    def condition(self) -> Q:
        """The condition of its activities."""
        zone = Workspace.current().zone
        first = dt.datetime.combine(self.start, dt.time(), tzinfo=zone)
        after = dt.datetime.combine(self.end + dt.timedelta(days=1), dt.time(), tzinfo=zone)
        return Q(completed_at__gte=first, completed_at__lt=after, type__in=self.kinds)

    def among(self, rows: Any) -> Any:
        """Return the activities of a query set that it counts."""
        rows = rows.filter(self.condition)
        if self.weekday is None:
            return rows
        day = ExtractIsoWeekDay("completed_at", tzinfo=Workspace.current().zone)
        return rows.alias(_weekday=day).filter(_weekday=self.weekday)


def done_by(actor: Any, done: Done, people: Collection[Any] | None = None) -> list[dict[str, Any]]:
    """Return how many activities each person did, by kind and day: `user_id`, `type`, `day`, `count` (U3, N7)."""
    rows = done.among(Activity.objects.visible_to(actor).live()).filter(user__isnull=False)
    if people is not None:
        rows = rows.filter(user__in=list(people))
    day = TruncDate("completed_at", tzinfo=Workspace.current().zone)
    return list(rows.order_by().annotate(day=day).values("user_id", "type", "day").annotate(count=Count("pk")))
