"""A recorded script of random commands on deals, and what the log alone says of any moment: nothing here reads history."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import time_machine
from django.utils import timezone

from contacts.models import Company
from contacts.services.merging import merge_companies
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import changeset, dated_back
from crm.kernel.workspace.models import Workspace
from deals.models import Deal
from deals.services import bin_deal, create_deal, edit_deal, move_deal, reopen_deal, restore_deal

DAYS = 90


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
