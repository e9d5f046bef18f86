"""The board and the list of deals as of a past day (N8, P4-P9, H1): equal to a fold of the commands, read-only, refusals."""

import datetime as dt
import os
import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import time_machine
from django.utils import timezone

from contacts.models import Company
from contacts.services.merging import merge_companies
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset, dated_back
from crm.kernel.workspace.models import ExchangeRate, Workspace
from deals.models import Deal
from deals.past_board import PastBoard
from deals.services import bin_deal, create_deal, edit_deal, move_deal, reopen_deal, restore_deal

BOARD, LIST = "/deals/board/", "/deals/"
# The whole script: AS_OF_COMMANDS=500 AS_OF_MOMENTS=50 pytest tests/deals/test_as_of_board.py
COMMANDS, MOMENTS = int(os.environ.get("AS_OF_COMMANDS", "60")), int(os.environ.get("AS_OF_MOMENTS", "8"))
SEED = int(os.environ.get("AS_OF_SEED", "7"))
DAYS = 90


def board(actor, day, **params):
    query = "&".join(f"{name}={value}" for name, value in {"as_of": day.isoformat(), "lost": 1, **params}.items())
    return PastBoard.for_query(query, actor)


# The log and its fold ---------------------------------------------------------------------------------------------
@dataclass
class Entry:
    """What was commanded: when, what it set on which deals; `undoes` is the entry that it took back."""

    at: dt.datetime
    sets: dict[Any, dict[str, Any]]
    changeset: Any = None
    imported: bool = False
    undoes: "Entry | None" = None
    undone: bool = False

    @property
    def created(self) -> list[Any]:
        """The deals that it made."""
        return [pk for pk, values in self.sets.items() if "title" in values and "stage" in values]


@dataclass
class Log:
    """The commands in order. `fold` says how all deals stood at a moment; it reads nothing but the log."""

    entries: list[Entry] = field(default_factory=list)

    def fold(self, at):
        never = {pk for entry in self.entries if entry.undone for pk in entry.created}
        state: dict[Any, dict[str, Any]] = {}
        before: dict[int, dict[Any, dict[str, Any]]] = {}
        for entry in self.entries:
            if entry.at > at:
                break
            if entry.undoes is not None:
                if not entry.undoes.imported:
                    for pk, values in before[id(entry.undoes)].items():
                        state[pk] = {**state[pk], **values}
            elif not (entry.imported and entry.undone):  # an undone import is as if it had never been
                before[id(entry)] = {
                    pk: {name: state[pk][name] for name in values} for pk, values in entry.sets.items() if pk in state
                }
                for pk, values in entry.sets.items():
                    state[pk] = {**state.get(pk, {}), **values}
        return {pk: values for pk, values in state.items() if not values["binned"] and pk not in never}


class Script:
    """Gives random commands through the services, each on a later hour, and writes down what it commanded."""

    def __init__(self, rng, actor, people, companies, stages, reason):
        self.rng, self.actor, self.people, self.companies, self.stages = rng, actor, people, companies, stages
        self.reason = reason
        self.log = Log()
        self.number = 0

    @property
    def present(self):
        return self.log.fold(dt.datetime.max.replace(tzinfo=dt.UTC))

    def run(self, count):
        start = timezone.now().replace(hour=0, minute=30, second=0, microsecond=0) - dt.timedelta(days=DAYS)
        every = dt.timedelta(days=DAYS - 1) / count
        steps = [self.create] * 5 + [self.move] * 8 + [self.edit] * 7 + [self.close] * 4 + [self.reopen] * 2
        steps += [self.correct, self.bin, self.bin, self.restore, self.restore, self.undo, self.undo, self.undo]
        steps += [self.bring, self.bring, self.merge]
        while len(self.log.entries) < count:
            at = start + every * len(self.log.entries)
            with time_machine.travel(at, tick=True), dated_back(timezone.now()):
                self.at = timezone.now()
                self.day = Workspace.current().day_of(self.at)
                step = self.create if len(self.present) < 3 else self.rng.choice(steps)
                step()

    def note(self, sets, **more):
        self.log.entries.append(Entry(self.at, sets, self.actor.last_change, **more))

    def pick(self, wanted):
        found = [pk for pk, values in self.present.items() if wanted(values)]
        return self.rng.choice(sorted(found)) if found else None

    def values(self):
        return {
            "amount": self.rng.choice([None, Decimal(self.rng.randrange(1, 900)), Decimal("33.335")]),
            "expected_close": self.rng.choice([None, self.day + dt.timedelta(days=self.rng.randrange(90))]),
            "owner": self.rng.choice(self.people),
            "company": self.rng.choice([None, *self.companies]),
            "currency": self.rng.choice(["USD", "USD", "EUR"]),
        }

    def make(self, values):
        self.number += 1
        title = f"Deal {self.number}"
        stage = self.rng.choice(self.stages[:4])
        deal = create_deal(actor=self.actor, title=title, stage=stage, **values)
        return {deal.pk: {**values, "title": title, "stage": stage, "closed_on": None, "binned": False}}

    def create(self):
        self.note(self.make(self.values()))

    def move(self):
        if pk := self.pick(lambda deal: deal["stage"].is_open):
            there = self.rng.choice([s for s in self.stages[:4] if s.pk != self.present[pk]["stage"].pk])
            move_deal(deal_id=pk, to_stage=there, actor=self.actor)
            self.note({pk: {"stage": there}})

    def edit(self):
        if pk := self.pick(lambda deal: deal["stage"].is_open):
            new = {name: value for name, value in self.values().items() if self.rng.random() < 0.5}
            new = {name: value for name, value in new.items() if self.present[pk][name] != value}
            if new:
                edit_deal(deal_id=pk, actor=self.actor, values=new, confirm_currency=True)
                self.note({pk: new})

    def close(self):
        if pk := self.pick(lambda deal: deal["stage"].is_open):
            stage = self.rng.choice(self.stages[4:])
            day = self.rng.choice([None, None, max(self.day - dt.timedelta(days=9), self.born(pk))])
            reason = self.reason if stage.is_lost else None
            move_deal(deal_id=pk, to_stage=stage, actor=self.actor, lost_reason=reason, closed_on=day)
            self.note({pk: {"stage": stage, "closed_on": day or self.day}})

    def correct(self):
        if pk := self.pick(lambda deal: not deal["stage"].is_open and deal["closed_on"] < self.day):
            edit_deal(deal_id=pk, actor=self.actor, values={"closed_on": self.day})
            self.note({pk: {"closed_on": self.day}})

    def reopen(self):
        if pk := self.pick(lambda deal: not deal["stage"].is_open):
            stage = reopen_deal(deal_id=pk, actor=self.actor).stage
            self.note({pk: {"stage": stage, "closed_on": None}})

    def bin(self):
        if pk := self.pick(lambda deal: True):
            bin_deal(deal_id=pk, actor=self.actor)
            self.note({pk: {"binned": True}})

    def restore(self):
        binned = [pk for entry in self.log.entries for pk, values in entry.sets.items() if values.get("binned")]
        alive = self.present
        gone = sorted(set(binned) - set(alive) & set(Deal.objects.values_list("pk", flat=True)))
        gone = [pk for pk in gone if Deal.objects.filter(pk=pk, binned_at__isnull=False).exists()]
        if gone:
            pk = self.rng.choice(gone)
            restore_deal(deal_id=pk, actor=self.actor)
            self.note({pk: {"binned": False}})

    def bring(self):
        """An import that changes a deal, moves another and brings a new one, in one change-set."""
        with changeset(self.actor, "imports.run"):
            sets = self.make(self.values())
            if pk := self.pick(lambda deal: deal["stage"].is_open and deal["amount"] != 777):
                edit_deal(deal_id=pk, actor=self.actor, values={"amount": Decimal(777)})
                there = self.rng.choice([s for s in self.stages[:4] if s.pk != self.present[pk]["stage"].pk])
                move_deal(deal_id=pk, to_stage=there, actor=self.actor)
                sets[pk] = {"amount": Decimal(777), "stage": there}
        self.note(sets, imported=True)

    def merge(self):
        if len(self.companies) < 3:
            return
        loser = self.companies.pop(self.rng.randrange(len(self.companies)))
        survivor = self.rng.choice(self.companies)
        concerned = list(Deal.objects.filter(company=loser).values_list("pk", flat=True))
        merge_companies(survivor_id=survivor.pk, loser_id=loser.pk, actor=self.actor)
        self.note({pk: {"company": survivor} for pk in concerned})

    def undo(self):
        """Take back a command whose deals nothing has touched since."""
        entries = self.log.entries
        touched: set[Any] = set()
        free = []
        for entry in reversed(entries):
            if not touched & set(entry.sets) and not entry.undone and entry.undoes is None and entry.sets:
                free.append(entry)
            touched |= set(entry.sets)
        free = [
            entry
            for entry in free
            if not any(isinstance(v.get("company"), Company) and len(v) == 1 for v in entry.sets.values())
        ]
        if free:
            entry = self.rng.choice(free[:6])
            undo(changeset_id=entry.changeset, actor=self.actor)
            entry.undone = True
            self.note({pk: {} for pk in entry.sets}, undoes=entry)

    def born(self, pk):
        return next(Workspace.current().day_of(entry.at) for entry in self.log.entries if pk in entry.created)


RATES = {
    dt.timedelta(days=200): Decimal("1.1"),
    dt.timedelta(days=45): Decimal("1.25"),
    dt.timedelta(days=20): Decimal("0.9"),
}


def expected(log, day, rates):
    """Return the board of a day from the log alone: by stage the cards, and count, sum and weighted sum."""
    zone = Workspace.current().zone
    at = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone) - dt.timedelta(microseconds=1)
    cards, sums = defaultdict(list), defaultdict(lambda: [0, Decimal(0), Decimal(0)])
    for deal in log.fold(at).values():
        stage, closed = deal["stage"], deal["closed_on"]
        if closed is not None and closed < day.replace(day=1):
            continue
        amount = deal["amount"]
        cards[stage.name].append(
            (
                deal["title"],
                amount,
                deal["owner"].name,
                deal["company"] and deal["company"].name,
                deal["expected_close"],
                closed,
            )
        )
        rate = Decimal(1) if deal["currency"] == "USD" else rates[max(d for d in rates if d <= (closed or day))]
        total = sums[stage.name]
        total[0] += 1
        total[1] += (amount or 0) * rate
        if stage.is_open:
            worth = (amount or 0) * rate * stage.probability / 100
            total[2] += worth.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return {name: sorted(rows, key=str) for name, rows in cards.items()}, {k: tuple(v) for k, v in sums.items()}


def shown(page):
    cards, sums = {}, {}
    for column in page.board_columns():
        if column.total.count:
            cards[column.stage.name] = sorted(
                [(c.title, c.amount, c.owner, c.company, c.expected_close, c.closed_on) for c in column.rows], key=str
            )
            sums[column.stage.name] = (column.total.count, column.total.amount, column.total.weighted)
    return cards, sums


def test_the_board_at_any_day_equals_a_fold_of_the_commands(admin, rep, mate, stages, reason):
    rng = random.Random(SEED)
    actor = Actor.of(admin)
    today = Workspace.current().today()
    with changeset(Actor.system("test data"), "test.companies"):
        companies = [Company.objects.create(name=f"Company {n}", owner=rep) for n in range(6)]
        rates = {today - back: rate for back, rate in RATES.items()}
        for day, rate in rates.items():
            ExchangeRate.objects.create(currency="EUR", day=day, rate=rate)
    Workspace.forget()
    script = Script(rng, actor, [rep, mate, admin], companies, stages, reason)
    script.run(COMMANDS)
    first = Workspace.current().day_of(script.log.entries[0].at)
    days = sorted(rng.sample(range(1, (today - first).days), MOMENTS))
    for day in (first + dt.timedelta(days=number) for number in days):
        page = board(actor, day)
        for stage in stages:
            page.data._mutable = True
            page.data[f"n-{stage.pk.hex}"] = "500"
        (cards, sums), (cards_wanted, sums_wanted) = shown(page), expected(script.log, day, rates)
        for name in {*cards, *cards_wanted}:
            assert cards.get(name) == cards_wanted.get(name), (day, name)
        assert sums == sums_wanted, day
    kinds = {(entry.imported, entry.undone) for entry in script.log.entries if entry.undoes is None}
    assert len(kinds) == 4, "the script undoes commands and imports"
