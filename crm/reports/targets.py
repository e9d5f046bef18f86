"""Targets by month for whoever a report asks about: a team's own, or the sum of its members by calendar days (N9).

As of a past day they are the targets that were set by then, for the teams and their members of then (N8).
"""

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection

from crm.kernel.core.past import NEAREST
from crm.kernel.users.models import Team
from crm.kernel.workspace.models import Workspace

from .asks import Ask
from .models import Target
from .periods import DAY, Period, months_between

# Who belonged to which team since when, and whether they could log in: one row for each change (history, H1).
MEMBERSHIPS = """SELECT pgh_obj_id, pgh_created_at, team_id, state <> 'without_login'
FROM users_userhistory WHERE pgh_label <> 'delete' ORDER BY pgh_obj_id, pgh_created_at, pgh_id"""
# What was set at a moment: of each target the record written last by then, unless it says that the target was taken away.
TARGETS_THEN = """SELECT user_id, team_id, month, amount FROM (
    SELECT DISTINCT ON (h.pgh_obj_id) h.* FROM reports_targethistory h
    WHERE h.pgh_created_at <= %(at)s ORDER BY h.pgh_obj_id, h.pgh_id DESC) t
WHERE t.pgh_label <> 'delete' AND t.month = ANY(%(months)s)
    AND (%(owners)s::uuid[] IS NULL OR t.user_id IS NULL OR t.user_id = ANY(%(owners)s::uuid[]))"""
TOP_THEN = f"""SELECT t.id FROM users_team t CROSS JOIN LATERAL (
    SELECT h.parent_id FROM users_teamhistory h WHERE h.pgh_obj_id = t.id ORDER BY {NEAREST} LIMIT 1) h
WHERE h.parent_id IS NULL"""
Stretch = tuple[dt.date, UUID | None, bool]


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be won: a team's own target, or where it has none the sum of its members'; None where nothing is set."""

    own: Decimal | None = None
    members: Decimal | None = None

    @property
    def amount(self) -> Decimal | None:
        """The one that counts: the team's own, else the members' sum."""
        return self.members if self.own is None else self.own

    def __add__(self, other: "Goal") -> "Goal":
        return Goal(_plus(self.own, other.own), _plus(self.members, other.members))

    def part(self, share: Decimal) -> "Goal":
        """Return its part of a month."""
        return Goal(*(None if each is None else each * share for each in (self.own, self.members)))


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None:
        return one if other is None else other
    return one + other


def memberships(at: dt.datetime | None = None) -> dict[UUID, list[Stretch]]:
    """Return for each person since when they were in which team; the first holds for all time before.

    Of what was changed after the moment `at` nothing is known (N8).
    """
    zone = Workspace.current().zone
    found: dict[UUID, list[Stretch]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(MEMBERSHIPS)
        for person, since_when, team, able in cursor.fetchall():
            if at is not None and since_when > at and found[person]:
                continue
            day = since_when.astimezone(zone).date()
            since = day if found[person] else dt.date.min
            if found[person] and found[person][-1][0] == since:
                found[person].pop()
            found[person].append((since, team, able))
    return found


def days_in(stretches: Sequence[Stretch], teams: Iterable[UUID], start: dt.date, end: dt.date) -> int:
    """Return on how many of the days from `start` to `end` somebody was in one of the teams."""
    wanted, count = set(teams), 0
    for index, (since, team, able) in enumerate(stretches):
        until = stretches[index + 1][0] - DAY if index + 1 < len(stretches) else dt.date.max
        if able and team in wanted:
            count += max((min(until, end) - max(since, start)).days + 1, 0)
    return count


Row = tuple[UUID | None, UUID | None, dt.date, Decimal]


def rows_of(ask: Ask, months: Iterable[dt.date]) -> list[Row]:
    """Return the targets of these months that somebody may see, as of the asked moment: person, team, month, amount."""
    if (at := ask.window.at) is not None:
        return _rows_then(ask, sorted(set(months)), at)
    rows = Target.objects.visible_to(ask.actor).filter(month__in=set(months))
    return list(rows.values_list("user_id", "team_id", "month", "amount"))


def _rows_then(ask: Ask, months: list[dt.date], at: dt.datetime) -> list[Row]:
    """Return the targets as they were set at a moment; who may see them is a matter of today (N8)."""
    scope = ask.actor.scope("report", "view")
    if scope.nothing:
        return []
    owners = None if scope.owners is None else sorted(scope.owners)
    with connection.cursor() as cursor:
        cursor.execute(TARGETS_THEN, {"at": at, "months": months, "owners": owners})
        return cursor.fetchall()


def goals(ask: Ask, months: Sequence[dt.date], rows: Sequence[Row] | None = None) -> dict[dt.date, Goal]:
    """Return the goal of each month for those whom the question is about.

    A person: their own target. A team: its own, and beside it the sum of its members', each by the days on which they
    were in it. Else: the sum of the people in reach, and of the teams at the top for those who see everybody. `rows` are
    targets that the caller has fetched already.
    """
    found = {month: Goal() for month in months}
    rows = [row for row in (rows_of(ask, months) if rows is None else rows) if row[2] in found]
    if not rows:
        return found
    everybody = not ask.team and not ask.person and ask.window.scope.owners is None
    top = _top_teams(ask.window.at) if everybody and any(team for _user, team, _month, _amount in rows) else set()
    stretches = memberships(ask.window.at) if ask.team else {}
    for user, team, month, amount in rows:
        if user is None:
            if team == ask.team or team in top:
                found[month] += Goal(own=amount)
        elif ask.person is not None:
            if user == ask.person:
                found[month] += Goal(members=amount)
        elif ask.team:
            days = calendar.monthrange(month.year, month.month)[1]
            inside = days_in(stretches.get(user, []), ask.window.teams, month, month + (days - 1) * DAY)
            if inside:
                found[month] += Goal(members=amount * inside / days)
        else:
            found[month] += Goal(members=amount)
    return found


def _top_teams(at: dt.datetime | None) -> set[UUID]:
    """Return the teams below no other, today or at a moment; a target of theirs stands for everybody below."""
    if at is not None:
        with connection.cursor() as cursor:
            cursor.execute(TOP_THEN, {"at": at})
            return {pk for (pk,) in cursor.fetchall()}
    return set(Team.objects.filter(parent__isnull=True).values_list("pk", flat=True))


def share_in(period: Period, month: dt.date) -> Decimal:
    """Return which part of a month's days lies in a period."""
    days = calendar.monthrange(month.year, month.month)[1]
    inside = (min(period.end, month + (days - 1) * DAY) - max(period.start, month)).days + 1
    return Decimal(max(inside, 0)) / days


def goal_of(ask: Ask, period: Period | None = None, rows: Sequence[Row] | None = None) -> Goal:
    """Return the goal of the whole period; months that lie in it in part count by their days."""
    period = period or ask.period
    total = Goal()
    for month, goal in goals(ask, months_between(period.start, period.end), rows).items():
        total += goal.part(share_in(period, month))
    return total


def goals_of_people(ask: Ask, rows: Sequence[Row] | None = None) -> dict[str, Decimal]:
    """Return the targets of people for the period, by id as text; months count by their days."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    wanted = set(ask.period.months)
    for user, _team, month, amount in rows_of(ask, wanted) if rows is None else rows:
        if user is not None and month in wanted:
            found[str(user)] += amount * share_in(ask.period, month)
    return dict(found)


def pace(won: Decimal, goal: Decimal | None, period: Period, today: dt.date) -> Decimal | None:
    """Return won / (target x elapsed share of the period); 1 is on pace. None without a target or before it begins (N9)."""
    elapsed = period.elapsed(today)
    if not goal or not elapsed:
        return None
    return won / (goal * elapsed / period.days)
