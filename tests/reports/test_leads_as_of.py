"""Lead sources and response time of a past day equal a plain recount of what stood in the tables then (N8, R4, R5)."""

import datetime as dt
import os
import random
from collections import defaultdict
from statistics import median
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.utils import timezone

from activities.models import Activity, ActivityContact
from activities.services import changing
from activities.services.recording import ActivityRow, log_activity
from activities.touches import touched_by
from contacts.came import Came
from contacts.churned import churned
from contacts.models import Company, Contact
from contacts.services import bin_contacts, churn_contact, create_contact, edit_contact, restore_contacts
from contacts.services.merging import merge_contacts
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset, dated_back
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace
from crm.reports import registry
from crm.reports.asks import read_ask
from deals.metrics.window import end_of_day
from deals.models import Deal, DealContact, LostReason
from deals.services import bin_deal, close_deal, create_deal

# The long form: AS_OF_COMMANDS=500 AS_OF_MOMENTS=25 pytest tests/reports/test_leads_as_of.py
DAYS, COMMANDS, MOMENTS = 90, int(os.environ.get("AS_OF_COMMANDS", "50")), int(os.environ.get("AS_OF_MOMENTS", "4"))
SEED = int(os.environ.get("AS_OF_SEED", "7"))
TABLES = {
    Contact: ("created_at", "source", "lifecycle", "owner_id", "binned_at", "churned_on"),
    Activity: ("completed_at", "type", "user_id", "direction", "binned_at", "company_id", "at", "outcome"),
    ActivityContact: ("activity_id", "contact_id"),
    Deal: ("created_at", "binned_at"),
    DealContact: ("deal_id", "contact_id"),
    User: ("team_id",),
}


class Script:
    """Gives random commands, and after each reads the tables as they stand; history is never read here."""

    def __init__(self, rng, boss, people, teams, reason, companies):
        self.rng, self.boss, self.people, self.teams, self.reason = rng, boss, people, teams, reason
        self.dumps, self.brought, self.companies = [], set(), companies
        self.start = timezone.now().replace(minute=30) - dt.timedelta(days=DAYS)

    def run(self):
        steps = (
            [self.come] * 4
            + [self.write] * 6
            + [self.sell] * 2
            + [self.close] * 2
            + [self.drop, self.bin, self.restore]
        )
        steps += [
            self.merge,
            self.edit,
            self.edit,
            self.retell,
            self.retell,
            self.rebin,
            self.bring,
            self.regroup,
            self.take,
        ]
        for number in range(COMMANDS):
            at = self.start + dt.timedelta(days=DAYS - 1) / COMMANDS * number
            with time_machine.travel(at, tick=True), dated_back(timezone.now()):
                self.at = timezone.now()
                (self.come if number < 6 else self.rng.choice(steps))()
                self.dumps.append((self.at, self.dump()))

    @staticmethod
    def dump():
        return {
            model: {row[0]: dict(zip(names, row[1:], strict=True)) for row in model.objects.values_list("pk", *names)}
            for model, names in TABLES.items()
        }

    def pick(self, rows):
        found = sorted(rows.values_list("pk", flat=True))
        return self.rng.choice(found) if found else None

    def when(self, hours=150):
        return self.at - dt.timedelta(hours=self.rng.randrange(1, hours))

    def come(self):
        values = {
            "last_name": "Lind",
            "source": self.rng.choice(["Fair", "Web", ""]),
            "owner": self.rng.choice(self.people),
        }
        create_contact(values={**values, "company": self.rng.choice(self.companies)}, actor=self.boss)

    def churn(self):
        churn_contact(contact_id=self.pick(Contact.objects.live()), on=self.at.date(), reason="Gone", actor=self.boss)

    def write(self):
        people = {self.pick(Contact.objects.live()) for _each in range(self.rng.choice([1, 1, 2]))}
        kind, who = self.rng.choice(["call", "call", "email", "meeting", "note"]), self.rng.choice(self.people)
        row = ActivityRow(type=kind, user_id=who.pk, contact_ids=tuple(people), at=self.when(), subject="x")
        if kind == "call":
            row.direction = self.rng.choice(["in", "out", "out"])
        log_activity(row=row, actor=self.boss)

    def sell(self):
        person = self.pick(Contact.objects.live())
        create_deal(
            actor=self.boss, title="Deal", owner=self.people[0], contacts=((person, ""),),
            company=self.rng.choice(self.companies),
        )  # fmt: skip

    def close(self):
        if pk := self.pick(Deal.objects.live().open()):
            won = self.rng.random() < 0.5
            close_deal(deal_id=pk, won=won, lost_reason=None if won else self.reason, actor=self.boss)

    def drop(self):
        if pk := self.pick(Deal.objects.live()):
            bin_deal(deal_id=pk, actor=self.boss)

    def take(self):
        """A deal made by mistake: gone for good as it is undone, and nobody was qualified by it."""
        self.sell()
        undo(changeset_id=self.boss.last_change, actor=self.boss)

    def bin(self):
        bin_contacts(contact_ids=[self.pick(Contact.objects.live())], actor=self.boss)

    def restore(self):
        if pk := self.pick(Contact.objects.binned().exclude(pk__in=self.brought)):
            restore_contacts(contact_ids=[pk], actor=self.boss)

    def merge(self):
        one, other = self.pick(Contact.objects.live()), self.pick(Contact.objects.live())
        if one != other:
            merge_contacts(survivor_id=one, loser_id=other, actor=self.boss)

    def edit(self):
        values = {"source": self.rng.choice(["Fair", "Web"]), "owner": self.rng.choice(self.people)}
        edit_contact(contact_id=self.pick(Contact.objects.live()), values=values, actor=self.boss)

    def mine(self):
        return Activity.objects.exclude(type="system")

    def retell(self):
        if pk := self.pick(self.mine().live()):
            people = (self.pick(Contact.objects.live()),)
            changing.edit_activity(activity_id=pk, actor=self.boss, changes={"at": self.when()}, contact_ids=people)

    def rebin(self):
        if pk := self.pick(self.mine()):
            binned = Activity.objects.get(pk=pk).binned_at is not None
            (changing.restore_activity if binned else changing.bin_activity)(activity_id=pk, actor=self.boss)

    def bring(self):
        """An import of somebody who came long ago, who was called: undone at once, so seen at no moment."""
        with changeset(self.boss, "imports.run"):
            person = Contact.objects.create(
                last_name="New", source="Fair", owner=self.people[0], created_at=self.when()
            )
            known = self.pick(Contact.objects.live().exclude(pk=person.pk))
            edit_contact(contact_id=known, values={"source": "Brought"}, actor=self.boss)
            log_activity(
                row=ActivityRow(type="call", user_id=self.people[0].pk, contact_ids=(person.pk, known)), actor=self.boss
            )
        undo(changeset_id=self.boss.last_change, actor=self.boss)
        self.brought.add(person.pk)

    def regroup(self):
        with changeset(Actor.system("test data"), "test.move"):
            User.objects.filter(pk=self.rng.choice(self.people).pk).update(team=self.rng.choice(self.teams))

    # What stood at a moment --------------------------------------------------------------------------------------
    def then(self, at):
        """Return the tables of a moment: what was written later about earlier times as it was first written (N8)."""
        last, stood = (
            self.dumps[-1][1],
            max((each for each in self.dumps if each[0] <= at), key=lambda each: each[0])[1],
        )
        found = {model: {pk: row for pk, row in stood[model].items() if pk in last[model] or "_id" in TABLES[model][0]}
                 for model in TABLES}  # fmt: skip
        before = [dump for moment, dump in self.dumps if moment <= at]
        for _moment, dump in [each for each in self.dumps if each[0] > at]:
            for model, link, column in ((Activity, ActivityContact, "activity_id"), (Deal, DealContact, "deal_id"),
                                        (Contact, None, "")):  # fmt: skip
                for pk, row in dump[model].items():
                    if pk in found[model] or any(pk in each[model] for each in before) or pk not in last[model]:
                        continue
                    found[model][pk] = row
                    if link:
                        found[link] |= {key: each for key, each in dump[link].items() if each[column] == pk}
        return found

    def touches(self, at):
        """Return when each company had last been touched."""
        found = {}
        for row in self.then(at)[Activity].values():
            there = row["binned_at"] is None or row["binned_at"] > at
            held = row["type"] in ("email", "note") or row["outcome"] in (
                "",
                "held",
                *["reached"] * (row["type"] == "call"),
            )
            if (
                row["company_id"]
                and there
                and row["completed_at"]
                and row["at"] <= at
                and held
                and row["type"] != "system"
            ):
                found[row["company_id"]] = max(row["at"], found.get(row["company_id"], row["at"]))
        return found

    def gone(self, first, at):
        """Return how many are marked as churned since a day."""
        rows = [row for pk, row in self.then(at)[Contact].items() if pk not in self.brought]
        return sum(
            row["lifecycle"] == "churned"
            and row["churned_on"] >= first
            and (row["binned_at"] is None or row["binned_at"] > at)
            for row in rows
        )

    def recount(self, first, after, at, team=None, person=None):
        """Return by source: leads, hours to each answer, qualified, customers."""
        tables = self.then(at)
        there = lambda row: row["binned_at"] is None or row["binned_at"] > at  # noqa: E731
        talks, deals = defaultdict(list), set()
        for link in tables[ActivityContact].values():
            row = tables[Activity].get(link["activity_id"])
            known = row and there(row) and row["user_id"] and row["completed_at"] and row["completed_at"] <= at
            if known and row["type"] in ("call", "email", "meeting") and row["direction"] != "in":
                talks[link["contact_id"]].append(row["completed_at"])
        for link in tables[DealContact].values():
            row = tables[Deal].get(link["deal_id"])
            if row and there(row) and row["created_at"] <= at:
                deals.add(link["contact_id"])
        found = defaultdict(lambda: [0, [], 0, 0])
        for pk, row in tables[Contact].items():
            if pk in self.brought or not first <= row["created_at"] < after or row["created_at"] > at or not there(row):
                continue
            if (team and tables[User][row["owner_id"]]["team_id"] != team) or person not in (None, row["owner_id"]):
                continue
            for own in (found[row["source"]], found[None]):
                own[0] += 1
                own[1] += [(min(t) - row["created_at"]).total_seconds() / 3600
                           for t in [[each for each in talks[pk] if each >= row["created_at"]]] if t]  # fmt: skip
                own[2] += pk in deals or row["lifecycle"] in ("opportunity", "customer", "churned")
                own[3] += row["lifecycle"] == "customer"
        return found


@pytest.fixture
def script(workspace, pipeline, admin, rep, mate, stranger, teams):
    boss = Actor.of(admin)
    with dated_back(timezone.now() - dt.timedelta(days=DAYS + 1)):
        create_deal(actor=boss, title="First", owner=rep)
        with changeset(boss, "test.people"):
            companies = [Company.objects.create(name=name, owner=rep) for name in ("Atlas", "Borealis")]
            for team in (None, teams["east"]):  # so that it is on record since then
                User.objects.filter(pk__in=[rep.pk, mate.pk, stranger.pk]).update(team=team)
    reason = LostReason.objects.first()
    found = Script(random.Random(SEED), boss, [rep, mate, stranger], [teams["east"], teams["west"]], reason, companies)
    found.run()
    return found


def told(actor, **data):
    report = registry.find("lead-sources")
    return report.build(read_ask(actor, {name: str(value) for name, value in data.items()}, filters=report.filters))


def test_lead_sources_of_a_past_day_equal_a_recount(script, rep, teams):
    zone, seen = Workspace.current().zone, set()
    start = script.start.date() - dt.timedelta(days=12)
    days = [
        *(script.start.date() + dt.timedelta(days=9 + (DAYS - 11) * each // MOMENTS) for each in range(MOMENTS)),
        None,
    ]
    for day in days:
        at = end_of_day(day) if day else timezone.now()
        end = day or timezone.now().astimezone(zone).date()
        bounds = (dt.datetime.combine(start, dt.time(), tzinfo=zone), end_of_day(end) + dt.timedelta(microseconds=1))
        assert churned(script.boss, start, end, at if day else None) == script.gone(start, at)
        if day:
            assert touched_by([each.pk for each in script.companies], at) == script.touches(at), day
        for narrow in ({}, {"team": teams["east"].pk}, {"person": rep.pk}):
            wanted = script.recount(*bounds, at, **narrow)
            data = {"from": start, "to": end, **({"as_of": day} if day else {}), **narrow}
            result = told(script.boss, **data)
            keys = [column.key for column in result.columns]
            rows = {str(row.cells[0].value): dict(zip(keys, row.cells, strict=True)) for row in result.rows}
            assert len(rows) == len(wanted), (day, narrow)
            for source, (leads, hours, qualified, customers) in wanted.items():
                row = rows["All" if source is None else source or "Not filled in"]
                values = [row[key].value for key in ("leads", "answered", "customers")]
                assert values == [leads, len(hours), customers], (day, narrow, source)
                assert row["qualified"].value == qualified / leads, (day, narrow, source)
                assert row["within"].value == sum(each <= 24 for each in hours) / leads
                assert row["hours"].value == (pytest.approx(median(hours)) if hours else None)
                for key in ("leads", "customers"):
                    query = parse_qs(urlsplit(row[key].href).query)
                    people = Contact.objects.filter(Came.parse(query["came"][0]).condition())
                    if day is None:
                        people = people.live().filter(**{
                            name: query[given][0]
                            for name, given in (("owner", "owner"), ("lifecycle", "stage")) if given in query
                        })  # fmt: skip
                    assert people.count() == row[key].value, (day, narrow, source, key)
            seen.add(
                (day, tuple(sorted((str(key), value[0], len(value[1]), *value[2:]) for key, value in wanted.items())))
            )
    assert len({each for _day, each in seen}) > 2 * MOMENTS  # the days differ, so the test could fail
    assert all(
        any(value[place] for _day, rows in seen for value in rows) for place in (2, 3, 4)
    )  # answered, qualified, won


def test_a_figure_of_leads_that_makes_no_sense_is_refused():
    for text in ("from=2026-01-01&to=2026-02-01", "from=2026-01-01&to=2026-02-01&source=&as_of=2026-02-01&stage=lead"):
        assert str(Came.parse(text)) == text
    for text in ("", "from=2026-01-01", "from=2026-02-01&to=2026-01-01", "from=2026-01-01&to=2026-02-01&color=red",
                 "from=2026-01-01&to=2026-02-01&stage=lead", "from=2026-01-01&to=2026-02-01&team=x",
                 "from=2026-01-01&to=2026-02-01&as_of=2026-01-01&stage=film",
                 "from=2026-01-01&to=2026-02-01&source=%00"):  # fmt: skip
        with pytest.raises(ValueError):
            Came.parse(text)
