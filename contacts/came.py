"""Who came in when: the people behind a figure of reports on leads, by days of the workspace's zone (N7, R4).

As of a past day it is what was true then (N8): who had come in by then and was not in the bin, with the source, stage
and owner that history had recorded by then. Who may see them is a matter of today; what was deleted for good is gone at
every moment.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from crm.kernel.core import formats
from crm.kernel.core.past import UNDONE, held, positional, statement_of
from crm.kernel.users.models import Team
from crm.kernel.users.teams import members_of, teams_below
from crm.kernel.workspace.models import Workspace

from .models import Contact, Lifecycle

# Nobody's day of creation is ever changed. Whom an import brought that stands undone never came.
THEN = f"""
SELECT c.id, c.created_at, h.source, h.lifecycle FROM contacts_contact c
CROSS JOIN LATERAL ({held("contacts_contacthistory", "c.id")}) h
WHERE c.created_at >= %(first)s AND c.created_at < %(after)s AND c.created_at <= %(at)s
    AND (h.binned_at IS NULL OR h.binned_at > %(at)s) AND h.lifecycle <> 'other'
    AND (%(source)s::text IS NULL OR h.source = %(source)s) AND (%(stage)s::text IS NULL OR h.lifecycle = %(stage)s)
    AND (%(owners)s::uuid[] IS NULL OR h.owner_id = ANY(%(owners)s::uuid[]))
    AND (c.binned_at IS NULL OR c.id NOT IN (SELECT x.pgh_obj_id FROM contacts_contacthistory x
        WHERE x.pgh_label = 'insert' AND x.pgh_context_id = ANY({UNDONE})))
"""


@dataclass(frozen=True, slots=True)
class Came:
    """People created on these days (both count), of one source ("" without any), team, owner and stage, if given.

    With `as_of` as they were at the end of that day (N8); without it owner and stage are filters of the list.
    """

    start: dt.date
    end: dt.date
    source: str | None = None
    team: UUID | None = None
    as_of: dt.date | None = None
    person: UUID | None = None
    stage: str | None = None

    def __str__(self) -> str:
        known = {name: getattr(self, name) for name in ("source", "team", "as_of", "person", "stage")}
        return urlencode(
            {"from": self.start, "to": self.end, **{name: value for name, value in known.items() if value is not None}}
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it from an address; raises ValueError."""
        values = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=7))
        if not {"from", "to"} <= values.keys() <= {"from", "to", "source", "team", "as_of", "person", "stage"}:
            raise ValueError(text)
        team, as_of, person = (values.get(name) for name in ("team", "as_of", "person"))
        found = cls(
            dt.date.fromisoformat(values["from"]),
            dt.date.fromisoformat(values["to"]),
            values.get("source"),
            UUID(team) if team else None,
            dt.date.fromisoformat(as_of) if as_of else None,
            UUID(person) if person else None,
            values.get("stage"),
        )
        if (
            found.end < found.start
            or max(found.end, found.as_of or found.end).year > 9000
            or "\0" in text
            or "\0" in (found.source or "")
            or found.stage not in (None, *Lifecycle.values)
            or (found.as_of is None and (found.person or found.stage))
        ):
            raise ValueError(text)
        return found

    def condition(self, actor: Any = None) -> Q:
        """Return the condition of its people: partners and others who are no leads are left out (R4)."""
        if self.as_of:
            sql, params = positional(f"SELECT p.id FROM ({THEN}) p", self.params())
            return Q(pk__in=RawSQL(sql, params))  # noqa: S611  values are parameters
        first, after = self.bounds
        came = Q(created_at__gte=first, created_at__lt=after) & ~Q(lifecycle=Lifecycle.OTHER)
        if self.team:
            came &= Q(owner__in=members_of(teams_below((self.team,))))
        return came if self.source is None else came & Q(source=self.source)

    @property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        """The first instant of its days, and the first one after them (N7)."""
        return _start_of(self.start), _start_of(self.end + DAY)

    @property
    def at(self) -> dt.datetime:
        """The last instant of the day of `as_of`."""
        assert self.as_of is not None
        return _start_of(self.as_of + DAY) - dt.timedelta(microseconds=1)

    def params(self) -> dict[str, Any]:
        """Return the values that the statement of a past day names."""
        first, after = self.bounds
        owners = [self.person] if self.person else None
        if self.team:
            members = members_of(teams_below((self.team,), self.at), self.at)
            owners = members if owners is None else [each for each in owners if each in members]
        values = {"first": first, "after": after, "at": self.at, "source": self.source, "stage": self.stage}
        return {**values, "owners": owners}

    def people(self, actor: Any) -> tuple[str, list[Any]]:
        """Return the statement of those whom somebody may see (U3): `id`, `created_at`, `source`, `lifecycle`."""
        seen = Contact.objects.visible_to(actor)
        if self.as_of is None:
            rows = seen.live().filter(self.condition())
            rows = rows.filter(owner_id=self.person) if self.person else rows
            return statement_of(rows, "id", "created_at", "source", "lifecycle")
        sql, params = positional(THEN, self.params())
        if actor.scope("contact", "view").everything:
            return sql, params
        among, values = statement_of(seen, "id")
        return f"{sql} AND c.id IN ({among})", [*params, *values]

    def of(self, source: str | None) -> Self:
        """Return those of one source."""
        return replace(self, source=source)

    def words(self, actor: Any) -> str:
        """Return the days, and what narrows them."""
        words = f"{formats.short_day(self.start)} \N{EN DASH} {formats.short_day(self.end)}"
        parts = [] if self.source is None else [self.source or _("no source")]
        if self.team and (team := Team.objects.filter(pk=self.team).first()):
            parts.append(team.name)
        if self.stage:
            parts.append(str(Lifecycle(self.stage).label))
        words = ", ".join([words, *parts])
        if self.as_of is None:
            return words
        told = _("%(days)s, as of %(day)s; not listed: what has been deleted since")
        return told % {"days": words, "day": formats.day(self.as_of)}


DAY = dt.timedelta(days=1)


def _start_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=Workspace.current().zone)
