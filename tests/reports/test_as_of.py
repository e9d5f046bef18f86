"""Targets and activities as of a past day equal what a log of random commands says alone (N8, N9, R5)."""

import calendar
import datetime as dt
import random
from collections import Counter
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.utils import timezone

from activities.metrics import Done, done_by, done_link
from activities.models import Activity
from activities.services import changing
from activities.services.recording import ActivityRow, log_activity
from contacts.models import Contact
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset, dated_back
from crm.kernel.users.models import Team, User
from crm.kernel.workspace.models import Workspace
from crm.reports.asks import read_ask
from crm.reports.services import set_targets
from crm.reports.targets import goal_of, goals_of_people
from deals.metrics.window import end_of_day
from deals.services import create_deal

DAYS, COMMANDS, MOMENTS = 40, 70, 5


class Script:
    """Gives random commands, each at a later hour, and writes down what they set; `fold` reads nothing but that."""

    def __init__(self, rng, boss, people, teams, contact):
        self.rng, self.boss, self.people, self.teams, self.contact = rng, boss, people, teams, contact
        self.log = []  # at, kind, key, values
        self.start = timezone.now().replace(minute=30) - dt.timedelta(days=DAYS)

    def run(self):
        steps = (
            [self.write] * 4 + [self.change] * 3 + [self.bin, self.aim, self.aim, self.take, self.regroup, self.bring]
        )
        for number in range(COMMANDS):
            at = self.start + dt.timedelta(days=DAYS - 1) / COMMANDS * number
            with time_machine.travel(at, tick=True), dated_back(timezone.now()):
                self.at = timezone.now()
                (self.regroup if number < 3 else self.rng.choice(steps))(*([number] if number < 3 else []))

    def fold(self, kind, at=None):
        """Return how all things of a kind stood at a moment; an activity before its first record as that has it (N8)."""
        found = {}
        for moment, what, key, values in self.log:
            first = kind == "activity" and key not in found
            if what == kind and (at is None or moment <= at or first):
                found[key] = {**found.get(key, {}), **values}
        return found

    def note(self, kind, key, **values):
        self.log.append((self.at, kind, key, values))

    def when(self):
        return self.at - dt.timedelta(hours=self.rng.randrange(1, 200))

    def write(self):
        who, kind = self.rng.choice(self.people), self.rng.choice(["call", "email", "meeting", "note"])
        row = ActivityRow(type=kind, user_id=who.pk, contact_ids=(self.contact.pk,), at=self.when(), subject="x")
        if kind == "call" and self.rng.random() < 0.5:
            row.done, row.scheduled_at, row.at = False, self.at + dt.timedelta(days=1), None
        made = log_activity(row=row, actor=self.boss)
        self.note(
            "activity", made.pk, user=who.pk, type=kind, done=made.completed_at, binned=False, planned=not row.done
        )

    def pick(self, wanted):
        found = [pk for pk, values in self.fold("activity").items() if wanted(values)]
        return self.rng.choice(sorted(found)) if found else None

    def change(self):
        pk = self.pick(lambda each: not each["binned"])
        values = self.fold("activity").get(pk, {})
        if not values:
            return
        if values["planned"] and values["done"]:
            changing.reopen_activity(activity_id=pk, actor=self.boss)
            self.note("activity", pk, done=None)
        elif values["planned"]:
            self.note("activity", pk, done=changing.complete_activity(activity_id=pk, actor=self.boss).completed_at)
        else:
            at = self.when()
            changing.edit_activity(activity_id=pk, actor=self.boss, changes={"at": at})
            self.note("activity", pk, done=at)

    def bin(self):
        if pk := self.pick(lambda each: True):
            binned = self.fold("activity")[pk]["binned"]
            (changing.restore_activity if binned else changing.bin_activity)(activity_id=pk, actor=self.boss)
            self.note("activity", pk, binned=not binned)

    def bring(self):
        """An import, undone at once: seen at no moment."""
        row = ActivityRow(type="call", user_id=self.people[0].pk, contact_ids=(self.contact.pk,), at=self.when())
        with changeset(self.boss, "imports.run"):
            log_activity(row=row, actor=self.boss)
        undo(changeset_id=self.boss.last_change, actor=self.boss)

    def months(self):
        return [each.replace(day=1) for each in (self.start.date(), timezone.now().date())]

    def aim(self):
        holder = self.rng.choice([*(("user", p.pk) for p in self.people), *(("team", t.pk) for t in self.teams)])
        month, amount = self.rng.choice(self.months()), Decimal(self.rng.randrange(1, 900))
        set_targets(values={(holder, month): amount}, actor=self.boss)
        self.note("target", (holder, month), amount=amount)

    def take(self):
        if known := sorted(key for key, each in self.fold("target").items() if each["amount"] is not None):
            key = self.rng.choice(known)
            set_targets(values={key: None}, actor=self.boss)
            self.note("target", key, amount=None)

    def regroup(self, index=None):
        who = self.rng.choice(self.people) if index is None else self.people[index]
        team = self.rng.choice(self.teams)
        with changeset(Actor.system("test data"), "test.move"):
            User.objects.filter(pk=who.pk).update(team=team)
        self.note("team", who.pk, team=team.pk)

    def stretches(self, person, at):
        """Return since which day somebody was in which team, as far as was known at a moment."""
        moves = [(t.astimezone(Workspace.current().zone).date(), values["team"]) for t, kind, key, values in self.log
                 if kind == "team" and key == person and t <= at]  # fmt: skip
        return [(dt.date.min, None), *moves]

    def goal(self, team, month, at):
        """Return a team's own target, else the sum of its members' by days."""
        set_then = {key: each["amount"] for key, each in self.fold("target", at).items() if each["amount"] is not None}
        if own := set_then.get((("team", team), month)):
            return own
        days = calendar.monthrange(month.year, month.month)[1]
        total = Decimal(0)
        for (holder, of_month), amount in set_then.items():
            if holder[0] == "user" and of_month == month:
                known = self.stretches(holder[1], at)
                in_team = sum(
                    [where for since, where in known if since <= month.replace(day=each)][-1] == team
                    for each in range(1, days + 1)
                )
                total += amount * in_team / days
        return total or None


@pytest.fixture
def script(workspace, pipeline, admin, rep, mate, stranger, teams):
    boss = Actor.of(admin)
    with dated_back(timezone.now() - dt.timedelta(days=DAYS + 1)):
        create_deal(actor=boss, title="First", owner=rep)  # before the first deal there is nothing to ask of
        with changeset(boss, "test.people"):
            User.objects.filter(pk__in=[rep.pk, mate.pk, stranger.pk]).update(team=None)  # the first that is on record
            contact = Contact.objects.create(first_name="Lena", last_name="Lind", owner=rep)
    found = Script(random.Random(7), boss, [rep, mate, stranger], [teams["east"], teams["west"]], contact)
    found.run()
    return found


def test_targets_and_activities_of_a_past_day_equal_the_log(script, admin, django_assert_num_queries):
    east, zone = Team.objects.get(name__icontains="east"), Workspace.current().zone
    first = script.start.date() - dt.timedelta(days=20)
    kinds = Counter(kind for _at, kind, _key, _values in script.log)
    assert min(kinds[kind] for kind in ("activity", "target", "team")) > 2
    seen = set()
    for day in [script.start.date() + dt.timedelta(days=4 + 7 * each) for each in range(MOMENTS)]:
        at = end_of_day(day)
        month = day.replace(day=1)
        data = {"period": "month", "on": month.isoformat(), "as_of": day.isoformat()}
        ask = read_ask(script.boss, {**data, "team": str(east.pk)})
        assert (goal_of(ask).amount or None) == script.goal(east.pk, month, at), day
        people = {str(key[0][1]): each["amount"] for key, each in script.fold("target", at).items()
                  if key[0][0] == "user" and key[1] == month and each["amount"] is not None}  # fmt: skip
        assert goals_of_people(read_ask(script.boss, data)) == people, day

        done = Done(first, day, as_of=day)
        with django_assert_num_queries(1):
            rows = done_by(script.boss, done)
        counts = Counter({(row["user_id"], row["type"], row["day"]): row["count"] for row in rows})
        told = Counter(
            (each["user"], each["type"], each["done"].astimezone(zone).date())
            for each in script.fold("activity", at).values()
            if each["done"]
            and each["done"] <= at
            and not each["binned"]
            and each["done"].astimezone(zone).date() >= first
        )
        assert counts == told, day
        seen.add((sum(told.values()), goal_of(ask).amount))
        person = script.people[0].pk
        link = Done.parse(parse_qs(urlsplit(done_link(done, person)).query)["done"][0])
        listed = Activity.objects.filter(link.condition())  # with those in the bin since
        assert listed.count() == sum(n for (who, _type, _day), n in told.items() if who == person)
    assert len(seen) == MOMENTS  # the days differ, so the test could fail


def test_a_figure_of_no_sense_is_refused():
    for text in ("2026-01-01~2026-01-02~call~", "2026-01-01~2026-01-02~call~~2026-01-02~"):
        assert str(Done.parse(text)) == text
    for text in (
        "",
        "2026-01-01~2026-01-02~call~~x~",
        "2026-01-01~2026-01-02~call~~~",
        "2026-01-01~2026-01-02~call~~2026-01-02",
    ):
        with pytest.raises(ValueError):
            Done.parse(text)
