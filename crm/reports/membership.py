"""Who was in which team when, and what of people's targets falls to a team by calendar days (N9)."""

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self
from uuid import UUID

from django.db import connection

from crm.kernel.users.teams import TEAMS_NOW, TEAMS_THEN
from crm.kernel.workspace.models import Workspace

from .periods import DAY

# Who belonged to which team since when, and whether they could log in: one row for each change (history, H1); and the tree.
BOOK = """SELECT true, pgh_obj_id, pgh_created_at, team_id, state <> 'without_login', pgh_id
FROM users_userhistory WHERE pgh_label <> 'delete'
UNION ALL SELECT false, t.id, NULL, t.parent_id, false, 0 FROM ({teams}) t ORDER BY 2, 3, 6"""
Stretch = tuple[dt.date, UUID | None, bool]


def plus(*amounts: Decimal | None) -> Decimal | None:
    """Return the sum of those that are known, None if none is."""
    known = [each for each in amounts if each is not None]
    return sum(known, Decimal(0)) if known else None


def days_in(stretches: Sequence[Stretch], teams: Iterable[UUID | None], start: dt.date, end: dt.date) -> int:
    """Return on how many of the days from `start` to `end` somebody was in one of the teams."""
    wanted, count = set(teams), 0
    for index, (since, team, able) in enumerate(stretches):
        until = stretches[index + 1][0] - DAY if index + 1 < len(stretches) else dt.date.max
        if able and team in wanted:
            count += max((min(until, end) - max(since, start)).days + 1, 0)
    return count


def month_end(month: dt.date) -> dt.date:
    """Return the last day of a month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


@dataclass(slots=True)
class TeamBook:
    """The tree of teams, since when each person was in which of them (the first holds for all time before), and today's.

    Of what was changed after its moment the tree and the stretches know nothing (N8).
    """

    parents: dict[UUID, UUID | None] = field(default_factory=dict)
    stretches: dict[UUID, list[Stretch]] = field(default_factory=lambda: defaultdict(list))
    today: dict[UUID, UUID | None] = field(default_factory=dict)

    @classmethod
    def of(cls, at: dt.datetime | None) -> Self:
        """Read it, as of now or of a moment: one statement."""
        zone, book = Workspace.current().zone, cls()
        with connection.cursor() as cursor:
            cursor.execute(BOOK.format(teams=TEAMS_NOW if at is None else TEAMS_THEN), {"at": at})
            rows = cursor.fetchall()
        for is_person, pk, since_when, team, able, _order in rows:
            if not is_person:
                book.parents[pk] = team
                continue
            book.today[pk] = team if able else None
            own = book.stretches[pk]
            if at is not None and since_when > at and own:
                continue
            since = since_when.astimezone(zone).date() if own else dt.date.min
            if own and own[-1][0] == since_when.astimezone(zone).date():
                own.pop()
            own.append((since, team, able))
        return book

    def below(self, team: UUID) -> set[UUID]:
        """Return a team and all below it."""
        found = {team}
        while more := {pk for pk, parent in self.parents.items() if parent in found} - found:
            found |= more
        return found

    def topmost(self, owners: AbstractSet[UUID] | None) -> list[UUID]:
        """Return the teams below no other; of people in reach those that are wholly in reach, below no other such team."""
        if owners is None:
            return [pk for pk, parent in self.parents.items() if parent is None]
        whole = set()
        for team in self.parents:
            tree = self.below(team)
            people = {pk for pk, own in self.today.items() if own in tree}
            if people and people <= owners:
                whole.add(team)
        return [team for team in self.parents if team in whole and self.parents[team] not in whole]

    def direct(self, month: dt.date, people: Mapping[UUID, Decimal]) -> dict[UUID | None, Decimal]:
        """Return by team what of people's targets falls to it alone, by days; what is left falls to no team."""
        found: dict[UUID | None, Decimal] = defaultdict(Decimal)
        last = month_end(month)
        for person, amount in people.items():
            own = self.stretches.get(person, [])
            for team in {team for _since, team, able in own if able}:
                if days := days_in(own, [team], month, last):
                    found[team] += amount * days / last.day
        return found

    def members_goal(
        self, team: UUID, direct: Mapping[UUID | None, Decimal], own: Mapping[UUID, Decimal]
    ) -> Decimal | None:
        """Return the sum of the members' targets. A team below whose members have none counts with its own."""
        parts = [direct.get(team)]
        for child in (pk for pk, parent in self.parents.items() if parent == team):
            inside = self.members_goal(child, direct, own)
            parts.append(own.get(child) if inside is None else inside)
        return plus(*parts)
