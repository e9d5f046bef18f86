"""Random stories: commands of people at set times, the same for the same dice whatever rules do in between (W7)."""

import contextlib
import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import time_machine
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied

from activities.services.recording import ActivityRow, log_activity
from activities.services.task_changes import complete_task, reschedule_tasks
from activities.services.tasks import TaskRow, create_task
from contacts.services import (
    bin_contacts,
    change_lead_status,
    create_company,
    create_contact,
    edit_company,
    edit_contact,
    restore_contacts,
    return_leads,
)
from contacts.services.merging import merge_companies, merge_contacts
from crm.kernel.core.changes import Actor, dated_back
from crm.kernel.core.errors import Refused
from deals.models import LostReason
from deals.services import bin_deal, close_deal, create_deal, edit_deal, move_deal, reopen_deal, restore_deal

START = dt.datetime(2026, 5, 4, 8, tzinfo=dt.UTC)
STEP = dt.timedelta(hours=7)
REFUSALS = (Refused, PermissionDenied, ObjectDoesNotExist, IndexError, ValueError)
SOURCES, INDUSTRIES, REGIONS = ["Fair", "Web", ""], ["Tools", "Food", "Energy"], ["north", "south", None]


@dataclass
class Story:
    """Who acts, what there is by now, and the dice. Every record has a name of its own, the same in every telling."""

    dice: random.Random
    people: list[Any]
    stages: list[Any]
    deals: list[Any] = field(default_factory=list)
    contacts: list[Any] = field(default_factory=list)
    companies: list[Any] = field(default_factory=list)
    tasks: list[Any] = field(default_factory=list)
    number: int = 0

    def tell(self, length: int, after_each: Callable[[], None], rest: dt.timedelta) -> None:
        """Give the commands, each at its time; `after_each` is the worker before and after each of them."""
        verbs = [
            verb for name in dir(self) if name.startswith("do_") for verb in [getattr(self, name)] * WEIGHT.get(name, 1)
        ]
        for number in range(length):
            moment = START + STEP * number
            with time_machine.travel(moment, tick=True), dated_back(moment):
                after_each()  # beat comes more often than commands do
                self.number = number
                verb = self.do_company if number == 0 else self.do_contact if number < 3 else self.dice.choice(verbs)
                with contextlib.suppress(*REFUSALS):  # what a person may not do, they may not in either telling
                    verb(self.dice, Actor.of(self.dice.choice(self.people)))
                after_each()
        moment = START + STEP * length
        while moment <= self.end(length, rest):
            with time_machine.travel(moment, tick=True):
                after_each()
            moment += dt.timedelta(hours=12)

    @staticmethod
    def end(length: int, rest: dt.timedelta) -> dt.datetime:
        """Return when a story ends: nobody does anything in its last days, and beat goes on."""
        return START + STEP * length + rest

    def due(self, dice: Any) -> dt.date | None:
        """Return a day some days ahead, or none."""
        return dice.choice([None, (START + STEP * self.number).date() + dt.timedelta(days=dice.randint(1, 6))])

    def do_company(self, dice: Any, actor: Any) -> None:
        values = {"name": f"C{self.number}", "industry": dice.choice(INDUSTRIES), "owner": actor.user}
        self.companies.append(create_company(values=values, actor=actor))

    def do_edit_company(self, dice: Any, actor: Any) -> None:
        values = {"industry": dice.choice(INDUSTRIES), "city": dice.choice(["Leeds", "York"])}
        edit_company(company_id=dice.choice(self.companies).pk, values=values, actor=actor)

    def do_contact(self, dice: Any, actor: Any) -> None:
        name = f"P{self.number}"
        values = {
            "last_name": name, "owner": dice.choice([actor.user, None]), "source": dice.choice(SOURCES),
            "emails": [f"{name}@{dice.choice(['vale', 'moor'])}.example"], "company": dice.choice([None, *self.companies]),
            "cf_tier": dice.choice(["gold", "plain", None]),
        }  # fmt: skip
        self.contacts.append(create_contact(values=values, actor=actor))

    def do_edit_contact(self, dice: Any, actor: Any) -> None:
        values = {
            "job_title": dice.choice(["Buyer", "Head"]), "source": dice.choice(SOURCES),
            "cf_tier": dice.choice(["gold", "plain"]), "cf_birthday": self.due(dice),
        }  # fmt: skip
        edit_contact(contact_id=dice.choice(self.contacts).pk, values=values, actor=actor)

    def do_lead_status(self, dice: Any, actor: Any) -> None:
        status = dice.choice(["working", "nurturing", "new"])
        change_lead_status(contact_id=dice.choice(self.contacts).pk, status=status, actor=actor)

    def do_lead_returns(self, dice: Any, actor: Any) -> None:
        contact = dice.choice(self.contacts)
        return_leads(rows=[{"emails": [contact.primary_email]}], source="form", actor=actor)

    def do_bin_contact(self, dice: Any, actor: Any) -> None:
        bin_contacts(contact_ids=[dice.choice(self.contacts[2:] or self.contacts).pk], actor=actor)

    def do_restore_contact(self, dice: Any, actor: Any) -> None:
        restore_contacts(contact_ids=[dice.choice(self.contacts).pk], actor=actor)

    def do_merge_contacts(self, dice: Any, actor: Any) -> None:
        one, other = dice.sample(self.contacts, 2)
        choices = {"source": dice.choice(["survivor", "loser"])}
        merge_contacts(survivor_id=one.pk, loser_id=other.pk, actor=actor, choices=choices)

    def do_merge_companies(self, dice: Any, actor: Any) -> None:
        one, other = dice.sample(self.companies, 2)
        merge_companies(survivor_id=one.pk, loser_id=other.pk, actor=actor, choices={"industry": "loser"})

    def do_deal(self, dice: Any, actor: Any) -> None:
        links = {"company": dice.choice([None, *self.companies]), "contacts": [(dice.choice(self.contacts).pk, "")]}
        values = {
            "amount": dice.choice([None, 10, 5000, 90000]), "source": dice.choice(SOURCES),
            "expected_close": self.due(dice), "custom": {"cf_region": dice.choice(REGIONS)},
        }  # fmt: skip
        self.deals.append(create_deal(actor=actor, title=f"D{self.number}", owner=actor.user, **values, **links))

    def do_edit_deal(self, dice: Any, actor: Any) -> None:
        values = {"amount": dice.choice([10, 5000, 70000]), "source": dice.choice(SOURCES)}
        if dice.random() < 0.5:
            values |= {"cf_region": dice.choice(REGIONS), "expected_close": self.due(dice)}
        edit_deal(deal_id=self.one(dice), values=values, actor=actor)

    def do_give_deal(self, dice: Any, actor: Any) -> None:
        others = self.people[1:]  # none if one acts alone: what rules give away, no command gives
        edit_deal(deal_id=self.one(dice), values={"owner": dice.choice(others)}, actor=actor)

    def do_move(self, dice: Any, actor: Any) -> None:
        move_deal(deal_id=self.one(dice), to_stage=dice.choice(self.stages), actor=actor)

    def do_close(self, dice: Any, actor: Any) -> None:
        reason = LostReason.objects.order_by("position", "pk").first()
        close_deal(deal_id=self.one(dice), won=dice.random() < 0.5, lost_reason=reason, actor=actor)

    def do_reopen(self, dice: Any, actor: Any) -> None:
        reopen_deal(deal_id=self.one(dice), actor=actor)

    def do_bin_deal(self, dice: Any, actor: Any) -> None:
        bin_deal(deal_id=self.one(dice), actor=actor)

    def do_restore_deal(self, dice: Any, actor: Any) -> None:
        restore_deal(deal_id=self.one(dice), actor=actor)

    def do_note(self, dice: Any, actor: Any) -> None:
        on = {"deal_id": self.one(dice)} if dice.random() < 0.5 else {"contact_ids": [dice.choice(self.contacts).pk]}
        log_activity(row=ActivityRow(type="note", body="Talked", **on), actor=actor)

    def do_task(self, dice: Any, actor: Any) -> None:
        time = dice.choice([None, dt.time(15)])
        row = TaskRow(
            title=f"T{self.number}", due_on=self.due(dice), deal_id=self.one(dice), priority=dice.choice([1, 2, 3])
        )
        row.due_time = time if row.due_on else None
        self.tasks.append(create_task(row=row, actor=actor))

    def do_finish_task(self, dice: Any, actor: Any) -> None:
        complete_task(task_id=dice.choice(self.tasks).pk, actor=actor)

    def do_move_task(self, dice: Any, actor: Any) -> None:
        reschedule_tasks(task_ids=[dice.choice(self.tasks).pk], due_on=self.due(dice), actor=actor)

    def one(self, dice: Any) -> Any:
        """Return a deal."""
        return dice.choice(self.deals).pk


WEIGHT = {
    "do_deal": 5,
    "do_edit_deal": 7,
    "do_move": 4,
    "do_close": 2,
    "do_contact": 3,
    "do_edit_contact": 3,
    "do_task": 2,
}
