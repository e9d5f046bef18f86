"""Who came in when: the people behind a figure of reports on leads, by days of the workspace's zone (N7, R4)."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.kernel.core import formats
from crm.kernel.workspace.models import Workspace

NOWHERE = "~"  # written for people without a source


@dataclass(frozen=True, slots=True)
class Came:
    """People created on these days (both count); `source` narrows to one, "" to those without; None takes all."""

    start: dt.date
    end: dt.date
    source: str | None = None

    def __str__(self) -> str:
        source = "" if self.source is None else f"~{self.source or NOWHERE}"
        return f"{self.start}~{self.end}{source}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it from an address; raises ValueError."""
        start, end, *rest = text.split("~", 2)
        found = cls(dt.date.fromisoformat(start), dt.date.fromisoformat(end))
        if found.end < found.start or found.end.year > 9000:
            raise ValueError(text)
        return cls(found.start, found.end, None if not rest else "" if rest[0] == NOWHERE else rest[0])

    def condition(self, actor: Any = None) -> Q:
        """Return the condition of its people: partners and others who are no leads are left out (R4)."""
        zone = Workspace.current().zone
        first = dt.datetime.combine(self.start, dt.time(), tzinfo=zone)
        after = dt.datetime.combine(self.end + dt.timedelta(days=1), dt.time(), tzinfo=zone)
        came = Q(created_at__gte=first, created_at__lt=after) & ~Q(lifecycle="other")
        return came if self.source is None else came & Q(source=self.source)

    def words(self, actor: Any) -> str:
        """Return the days, and the source."""
        days = f"{formats.short_day(self.start)} \N{EN DASH} {formats.short_day(self.end)}"
        return days if self.source is None else f"{days}, {self.source or _('no source')}"
