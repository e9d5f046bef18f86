"""Leaderboard, and activity by person and kind (N2, N9, R5)."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.metrics import KINDS, Done, done_by, done_link
from activities.metrics import WORDS as DONE_WORDS
from activities.models import Activity
from crm.kernel.users.teams import members_of
from crm.reports.asks import Ask
from crm.reports.charts import Bars
from crm.reports.kept import figures, kept, stamp
from crm.reports.names import Names
from crm.reports.registry import PEOPLE, Report
from crm.reports.tables import Cell, Column, Result
from crm.reports.targets import TARGET, all_pipelines, goal_of, goals_of_people, pace, with_aims
from deals.metrics import dimensions as d
from deals.metrics import numbers as n
from deals.metrics.measure import Row, decimal

DONE = n.Definition(gettext_lazy("Activity"), "R5, N7", DONE_WORDS)


class Leaderboard(Report):
    """Who won how much."""

    key = "leaderboard"
    title = gettext_lazy("Leaderboard")
    text = gettext_lazy("What each person won in the period, against the target, and what they have open.")
    group = PEOPLE
    order = 10
    numbers = (n.WON, n.DECIDED, n.PIPELINE, n.CYCLE, TARGET)

    def build(self, ask: Ask) -> Result:
        """Return a row for each person with deals or a target, and one of all together: rates pooled, never averaged (N2)."""
        numbers = {"won": n.WON, "decided": n.DECIDED, "open": n.PIPELINE, "cycle": n.CYCLE}
        asked = {name: number.by(d.OWNER) for name, number in numbers.items()}
        rows = figures(ask.window, asked | {f"all_{name}": number for name, number in numbers.items()})
        found = {name: {row["owner"]: row for row in rows[name]} for name in numbers}
        targets, names = goals_of_people(ask), Names(ask.actor)
        result = Result(
            [
                Column("person", _("Person")),
                Column("won", _("Won"), "count"),
                Column("amount", _("Won amount"), "money"),
                Column("target", _("Target"), "money"),
                Column("done", _("Of target"), "percent"),
                Column("pace", _("Pace"), "percent", _("100 % is on time")),
                Column("rate", _("Win rate"), "percent"),
                Column("average", _("Average won"), "money"),
                Column("cycle", _("Median cycle"), "days"),
                Column("open", _("Open"), "count"),
                Column("weighted", _("Weighted"), "money"),
            ]
        )
        people = with_aims(ask, found["won"].keys() | found["decided"].keys() | found["open"].keys(), targets)
        call = names.of(d.OWNER)
        sums = {person: decimal(found["won"].get(person, {}).get("amount")) for person in people}
        bars = []
        for person in sorted(people, key=lambda each: (-sums[each], call(each))):
            own = {name: found[name].get(person) for name in numbers}
            self._add(result, ask, call(person), own, targets.get(str(person)), {"owner": person})
            bars.append((call(person), sums[person], ask.figure(n.WON, owner=person)))
        if people:
            result.charts.append(Bars.of(_("Won amount"), bars, "money", "ok"))
            whole = {name: rows[f"all_{name}"][0] for name in numbers}
            self._add(result, ask, _("All"), whole, goal_of(ask).amount, {})
            result.notes += all_pipelines(ask, names, bool(targets))
        else:
            result.empty = _("Nobody has deals here.")
        return result

    @staticmethod
    def _add(
        result: Result,
        ask: Ask,
        name: str,
        own: Mapping[str, Row | None],
        target: Decimal | None,
        marks: Mapping[str, Any],
    ) -> None:
        won, still, cycle, rate = own["won"], own["open"], own["cycle"], n.win_rate(own["decided"])
        amount = decimal(won["amount"]) if won else Decimal(0)
        valued = won["deals"] - won["no_amount"] - won["no_rate"] if won else 0
        link, open_link = ask.figure(n.WON, **marks), ask.figure(n.PIPELINE, **marks)
        result.add(
            Cell(name, link),
            Cell(won["deals"] if won else 0, link),
            Cell(amount, link),
            target,
            amount / target if target else None,
            pace(amount, target, ask.period, ask.today),
            Cell(rate.by_count, ask.figure(n.DECIDED, **marks), few=rate.decided < 10),
            amount / valued if valued else None,
            cycle["median"] if cycle else None,
            Cell(still["deals"] if still else 0, open_link),
            Cell(decimal(still["weighted"]) if still else Decimal(0), open_link),
            total=not marks,
        )


class ActivityByPerson(Report):
    """Who did how much of what."""

    key = "activity"
    title = gettext_lazy("Activity")
    text = gettext_lazy("Calls, e-mails, meetings and notes by person and kind.")
    group = PEOPLE
    order = 20
    period = "month"
    filters = ("period", "team", "person", "as_of")
    numbers = (DONE,)

    def build(self, ask: Ask) -> Result:
        """Return a row for each person."""
        done = Done(ask.period.start, min(ask.period.end, ask.today), as_of=ask.as_of)
        result = Result(
            [
                Column("person", _("Person")),
                *(Column(kind, Activity.Type(kind).label, "count") for kind in KINDS),
                Column("all", _("All"), "count"),
                Column("days", _("Days with any"), "count"),
            ]
        )
        if ask.period.start > ask.today:
            result.empty = _("This period has not begun.")
            return result
        people = self._people(ask)
        key = ("activity", str(done), ask.actor.id, repr(people))
        rows = kept(stamp(), key, lambda: done_by(ask.actor, done, people))
        counts: dict[Any, dict[str, int]] = {}
        days: dict[Any, set[Any]] = {}
        for row in rows:
            own = counts.setdefault(row["user_id"], dict.fromkeys(KINDS, 0))
            own[row["type"]] += row["count"]
            days.setdefault(row["user_id"], set()).add(row["day"])
        names, bars = Names(ask.actor), []
        for person in sorted(counts, key=lambda each: -sum(counts[each].values())):
            own, total = counts[person], sum(counts[person].values())
            name = names.people.get(str(person), "?")
            cells = [Cell(own[kind], done_link(replace(done, kinds=(kind,)), person)) for kind in KINDS]
            result.add(name, *cells, Cell(total, done_link(done, person)), len(days[person]))
            bars.append((name, total, done_link(done, person)))
        if bars:
            totals = [sum(own[kind] for own in counts.values()) for kind in KINDS]
            result.add(_("All"), *totals, sum(totals), None, total=True)
            result.charts.append(Bars.of(_("Activities"), bars))
        else:
            result.empty = _("Nothing was logged in this period.")
        return result

    @staticmethod
    def _people(ask: Ask) -> list[Any] | None:
        """Return whose activities are asked for; None for everybody's."""
        if ask.person:
            return [ask.person]
        if ask.team:
            return members_of(ask.window.teams, ask.window.at)
        return None if ask.window.scope.owners is None else sorted(ask.window.scope.owners)
