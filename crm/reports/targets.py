"""Targets by month for whoever a report asks about: a team's own, or the sum of its members by calendar days (N9).

As of a past day they are the targets that were set by then, for the teams and their members of then (N8).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.users.teams import members_of
from deals.metrics.numbers import Definition

from .asks import Ask
from .membership import TeamBook, month_end, plus
from .models import Target
from .names import Names
from .periods import Period, months_between
from .tables import written

# What was set at a moment: of each target the record written last by then, unless it says that the target was taken away.
TARGETS_THEN = """SELECT user_id, team_id, month, amount FROM (
    SELECT DISTINCT ON (h.pgh_obj_id) h.* FROM reports_targethistory h
    WHERE h.pgh_created_at <= %(at)s ORDER BY h.pgh_obj_id, h.pgh_id DESC) t
WHERE t.pgh_label <> 'delete' AND t.month = ANY(%(months)s)
    AND (%(owners)s::uuid[] IS NULL OR t.user_id IS NULL OR t.user_id = ANY(%(owners)s::uuid[]))"""


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be won: where teams have targets of their own with those, and beside it the sum of the members' alone.

    None where nothing is set.
    """

    own: Decimal | None = None
    members: Decimal | None = None

    @property
    def amount(self) -> Decimal | None:
        """The one that counts: the team's own, else the members' sum."""
        return self.members if self.own is None else self.own

    def part(self, share: Decimal) -> "Goal":
        """Return its part of a month."""
        return Goal(*(None if each is None else each * share for each in (self.own, self.members)))


def total(parts: Iterable[Goal]) -> Goal:
    """Return the sum of goals of several months: one without a target of the team's own counts with its members' sum."""
    found = list(parts)
    amount, members = (plus(*(getattr(each, name) for each in found)) for name in ("amount", "members"))
    return Goal(amount if any(each.own is not None for each in found) else None, members)


TARGET = Definition(
    gettext_lazy("Target and pace"),
    "N9",
    gettext_lazy(
        "Targets are monthly, of people and of teams; a period of part of a month counts it by its days. A team’s own target "
        "counts for the team, else the sum of its members’, by the days on which they were in it. Pace is won / (target × "
        "the share of the period that has passed): 100 % is on time."
    ),
)


def all_pipelines(ask: Ask, names: Names, any_target: bool) -> list[str]:
    """Return the sentence that a target is of all pipelines, where one of several was chosen."""
    if ask.pipeline is None or not any_target or len(names.pipelines) < 2:
        return []
    return [_("Targets are of all pipelines together.")]


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
    were in it. Else: the people in reach, those of the topmost teams wholly in reach by these teams' own targets where
    they have one. `rows` are targets that the caller has fetched already.
    """
    rows = [row for row in (rows_of(ask, months) if rows is None else rows) if row[2] in set(months)]
    if ask.person is not None:
        rows = [row for row in rows if row[0] == ask.person]
    elif ask.team or any(row[0] is None for row in rows):
        return _by_teams(ask, months, rows)
    return {month: Goal(members=plus(*(row[3] for row in rows if row[2] == month))) for month in months}


def _by_teams(ask: Ask, months: Sequence[dt.date], rows: Sequence[Row]) -> dict[dt.date, Goal]:
    if not rows:
        return dict.fromkeys(months, Goal())
    book = TeamBook.of(ask.window.at)
    roots = [ask.team] if ask.team else book.topmost(ask.window.scope.owners)
    trees = {team for root in roots for team in book.below(root)}
    found = {}
    for month in months:
        people = {user: amount for user, _team, at, amount in rows if user and at == month}
        own = {team: amount for _user, team, at, amount in rows if team and at == month}
        direct = book.direct(month, people)
        members = [book.members_goal(root, direct, own) for root in roots]
        amounts = [own.get(root, each) for root, each in zip(roots, members, strict=True)]
        if not ask.team:  # who is in none of these teams, or was not all the month
            rest = sum(people.values(), Decimal(0)) - sum((direct.get(team, Decimal(0)) for team in trees), Decimal(0))
            members, amounts = [*members, rest or None], [*amounts, rest or None]
        found[month] = Goal(plus(*amounts) if any(root in own for root in roots) else None, plus(*members))
    return found


def share_in(period: Period, month: dt.date) -> Decimal:
    """Return which part of a month's days lies in a period."""
    last = month_end(month)
    inside = (min(period.end, last) - max(period.start, month)).days + 1
    return Decimal(max(inside, 0)) / last.day


def goal_of(ask: Ask, period: Period | None = None, rows: Sequence[Row] | None = None) -> Goal:
    """Return the goal of the whole period; months that lie in it in part count by their days."""
    period = period or ask.period
    return goal_in(period, goals(ask, months_between(period.start, period.end), rows))


def goal_in(period: Period, by_month: Mapping[dt.date, Goal]) -> Goal:
    """Return the goal of a period from those of its months, each by the days that lie in the period."""
    return total(by_month[month].part(share_in(period, month)) for month in period.months)


def members_words(goal: Goal) -> str:
    """Return what stands beside a team's own target: the sum of its members'; nothing where the sum is the target."""
    if goal.own is None or goal.members is None:
        return ""
    return _("members: %(sum)s") % {"sum": written(goal.members, "money")}


def goals_of_people(ask: Ask, rows: Sequence[Row] | None = None) -> dict[str, Decimal]:
    """Return the targets of people for the period, by id as text; months count by their days."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    wanted = set(ask.period.months)
    for user, _team, month, amount in rows_of(ask, wanted) if rows is None else rows:
        if user is not None and month in wanted:
            found[str(user)] += amount * share_in(ask.period, month)
    return dict(found)


def with_aims(ask: Ask, people: Iterable[str], targets: Mapping[str, Decimal]) -> set[str]:
    """Return the people with deals and those that have a target only: nothing won of a target is a result as well."""
    found = set(people)
    rest = {person for person, amount in targets.items() if amount and person not in found}
    if ask.person:
        rest &= {str(ask.person)}
    elif ask.team and rest:
        rest &= {str(pk) for pk in members_of(ask.window.teams, ask.window.at)}
    return found | rest


def pace(won: Decimal, goal: Decimal | None, period: Period, today: dt.date) -> Decimal | None:
    """Return won / (target x elapsed share of the period); 1 is on pace. None without a target or before it begins (N9)."""
    elapsed = period.elapsed(today)
    if not goal or not elapsed:
        return None
    return won / (goal * elapsed / period.days)
