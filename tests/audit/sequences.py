"""Random commands of all apps over a small world, for the property tests of undo (H2)."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.utils import timezone

from activities.models import Activity, ActivityContact, Task
from activities.services import changing, task_changes
from activities.services.recording import ActivityRow, log_activity
from activities.services.tasks import TaskRow, create_task
from contacts.models import (
    Company,
    CompanyDomain,
    CompanyEmail,
    CompanyPhone,
    Contact,
    ContactEmail,
    ContactPhone,
    LeadStatus,
)
from contacts.services.bin import bin_companies, bin_contacts, restore_companies, restore_contacts
from contacts.services.companies import create_company, edit_company
from contacts.services.contacts import check_contacts, create_contact, edit_contact, edit_contacts
from contacts.services.leads import assign_owner, change_lead_status, churn_contact, claim_contact, return_leads
from contacts.services.merging import merge_companies, merge_contacts
from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.listing.imports import services as imports
from crm.kernel.listing.imports import work
from crm.kernel.users.models import User
from deals.models import Deal, DealContact, LostReason, Stage, StageChange
from deals.services import binning, creation, editing, leads, moving, people

TABLES = (
    Company, CompanyDomain, CompanyEmail, CompanyPhone, Contact, ContactEmail, ContactPhone, Deal, DealContact,
    Activity, ActivityContact, Task,
)  # fmt: skip
NOT_BUSINESS = {"version", "stage_version", "updated_at", "last_worked_at", "next_try_at"}


def business() -> dict[str, list[dict]]:
    """Return every business table as H2 compares them, and of stage visits those that numbers count (P9)."""
    found = {
        model.__name__: list(
            model.objects.order_by("pk").values(
                *(f.attname for f in model._meta.concrete_fields if f.name not in NOT_BUSINESS)
            )
        )
        for model in TABLES
    }
    found["visits"] = list(StageChange.objects.counted().order_by("at", "pk").values("deal_id", "to_stage_id", "at"))
    return found


@dataclass
class World:
    """Who acts, whom they work with, a folder for files, and the commands that wrote something, in order."""

    boss: Actor
    people: list[User]
    folder: Path
    done: list[tuple[str, UUID]] = field(default_factory=list)

    def pick(self, rng: random.Random, model, *, binned: bool = False, **filters):
        """Return one record, live or from the bin."""
        rows = model.objects.filter(binned_at__isnull=not binned, **filters).order_by("pk")
        if hasattr(model, "merged_into"):
            rows = rows.filter(merged_into__isnull=True)
        found = list(rows)
        if not found:
            raise ObjectDoesNotExist(model.__name__)
        return rng.choice(found)

    def run(self, name: str, seed: int) -> None:
        """Give one random command; a refusal is an answer like any other."""
        try:
            changed = OPS[name](self, random.Random(seed)) or self.boss.last_change
        except (Refused, PermissionDenied, ObjectDoesNotExist):
            return
        known = {pk for _name, pk in self.done}
        if changed is not None and changed not in known and ChangeSet.objects.filter(pk=changed).exists():
            self.done.append((name, changed))


OPS: dict[str, Callable[[World, random.Random], UUID | None]] = {}


def op(function):
    """Add a command."""
    OPS[function.__name__] = function
    return function


def _mails(rng):
    return [f"p{n}@x.example" for n in rng.sample(range(8), rng.randint(0, 2))]


def _phones(rng):
    return [f"+4531550{n:03}" for n in rng.sample(range(100, 104), rng.randint(0, 2))]


def _tags(rng):
    return rng.sample(["vip", "fair", "north", "old"], rng.randint(0, 3))


def _contact_values(world, rng):
    values = {
        "first_name": rng.choice(["Lena", "Paul", "Maya"]), "job_title": rng.choice(["", "COO", "CEO"]),
        "tags": _tags(rng), "emails": _mails(rng), "phones": _phones(rng), "city": rng.choice(["", "Kiel"]),
        "owner_id": rng.choice(world.people).pk, "do_not_call": rng.random() < 0.5,
    }  # fmt: skip
    return {name: values[name] for name in rng.sample(sorted(values), rng.randint(1, 5))}


@op
def new_contact(world, rng):
    values = {"first_name": "New", **_contact_values(world, rng)}
    if rng.random() < 0.5:
        values["company_id"] = world.pick(rng, Company).pk
    create_contact(values=values, actor=world.boss, company_name=rng.choice(["", "Brand new Ltd"]))


@op
def change_contact(world, rng):
    values = _contact_values(world, rng)
    if rng.random() < 0.4:
        values["company_id"] = rng.choice([None, world.pick(rng, Company).pk])
    edit_contact(contact_id=world.pick(rng, Contact).pk, values=values, actor=world.boss)


@op
def change_contacts(world, rng):
    pks = list(Contact.objects.live().order_by("pk").values_list("pk", flat=True))[:5]
    shared = _contact_values(world, rng) | {"emails": []}
    drafts = check_contacts([{"job_title": f"Title {n}", **shared} for n in range(len(pks))], actor=world.boss, pks=pks)
    edit_contacts(drafts=drafts, actor=world.boss)


@op
def status_of_lead(world, rng):
    lead = world.pick(rng, Contact, lifecycle="lead")
    change_lead_status(contact_id=lead.pk, status=rng.choice(list(LeadStatus)), reason="No budget", actor=world.boss)


@op
def lead_churns_returns_or_is_claimed(world, rng):
    contact = world.pick(rng, Contact)
    what = rng.randrange(3)
    if what == 0:
        churn_contact(contact_id=contact.pk, reason="Moved", actor=world.boss)
    elif what == 1:
        claim_contact(contact_id=contact.pk, actor=world.boss)
    else:
        rows = [{"first_name": "Back", "city": "Kiel", "emails": [f"p{n}@x.example"]} for n in rng.sample(range(8), 2)]
        return_leads(rows=rows, source="Form", actor=world.boss)


@op
def assign(world, rng):
    kind, model = rng.choice([("contact", Contact), ("company", Company)])
    pks = list(model.objects.live().order_by("pk").values_list("pk", flat=True))[: rng.randint(1, 4)]
    assign_owner(kind=kind, record_ids=pks, owner=rng.choice([*world.people, None]), actor=world.boss)


@op
def bin_people(world, rng):
    bin_contacts(contact_ids={world.pick(rng, Contact).pk for _n in range(2)}, actor=world.boss)


@op
def restore_person(world, rng):
    restore_contacts(contact_ids=[world.pick(rng, Contact, binned=True).pk], actor=world.boss)


@op
def new_company(world, rng):
    values = {"name": "Nord", "domains": [f"d{rng.randrange(4)}.example"], "phones": _phones(rng), "tags": _tags(rng)}
    create_company(values=values | {"owner_id": rng.choice(world.people).pk}, actor=world.boss)


@op
def change_company(world, rng):
    values = {
        "name": rng.choice(["Atlas", "Nord"]), "domains": [f"d{rng.randrange(4)}.example"], "emails": _mails(rng),
        "parent_id": world.pick(rng, Company).pk, "tags": _tags(rng), "industry": rng.choice(["", "Steel"]),
    }  # fmt: skip
    chosen = {name: values[name] for name in rng.sample(sorted(values), rng.randint(1, 4))}
    edit_company(company_id=world.pick(rng, Company).pk, values=chosen, actor=world.boss)


@op
def bin_or_restore_company(world, rng):
    if rng.random() < 0.6:
        bin_companies(company_ids=[world.pick(rng, Company).pk], actor=world.boss)
    else:
        restore_companies(company_ids=[world.pick(rng, Company, binned=True).pk], actor=world.boss)


@op
def merge(world, rng):
    model, service = rng.choice([(Contact, merge_contacts), (Company, merge_companies)])
    service(survivor_id=world.pick(rng, model).pk, loser_id=world.pick(rng, model).pk, actor=world.boss)


@op
def new_deal(world, rng):
    contact = world.pick(rng, Contact)
    company = rng.choice([None, world.pick(rng, Company)])
    creation.create_deal(
        actor=world.boss, title="Deal", owner=rng.choice(world.people), company=company,
        contacts=[(contact.pk, "Buyer")], amount=rng.choice([None, Decimal(500)]),
    )  # fmt: skip


@op
def change_deal(world, rng):
    values = {
        "title": rng.choice(["A", "B"]), "amount": rng.choice([None, Decimal(7)]), "owner": rng.choice(world.people),
        "company": rng.choice([None, world.pick(rng, Company)]), "tags": _tags(rng), "source": rng.choice(["", "Web"]),
        "probability": rng.choice([None, 40]), "expected_close": rng.choice([None, dt.date(2027, 1, 4)]),
    }  # fmt: skip
    chosen = {name: values[name] for name in rng.sample(sorted(values), rng.randint(1, 4))}
    editing.edit_deal(deal_id=world.pick(rng, Deal).pk, values=chosen, actor=world.boss)


@op
def move_deal(world, rng):
    stage = rng.choice(list(Stage.objects.order_by("position")))
    reason = LostReason.objects.order_by("position").first()
    moving.move_deal(
        deal_id=world.pick(rng, Deal).pk,
        to_stage=stage,
        lost_reason=reason if stage.is_lost else None,
        actor=world.boss,
    )


@op
def move_all_deals(world, rng):
    pks = list(Deal.objects.live().order_by("pk").values_list("pk", flat=True))[:4]
    stage = rng.choice(list(Stage.objects.open().order_by("position")))
    moving.move_deals(deal_ids=pks, to_stage=stage, actor=world.boss)


@op
def close_or_reopen_deal(world, rng):
    deal = world.pick(rng, Deal)
    if rng.random() < 0.5:
        moving.close_deal(deal_id=deal.pk, won=True, actor=world.boss)
    else:
        moving.reopen_deal(deal_id=deal.pk, actor=world.boss)


@op
def people_of_deal(world, rng):
    deal, contact = world.pick(rng, Deal), world.pick(rng, Contact)
    what = rng.randrange(3)
    if what == 0:
        people.add_person(deal_id=deal.pk, contact_id=contact.pk, primary=rng.random() < 0.5, actor=world.boss)
    elif what == 1:
        people.remove_person(deal_id=deal.pk, contact_id=contact.pk, actor=world.boss)
    else:
        people.change_person(deal_id=deal.pk, contact_id=contact.pk, role="Legal", primary=True, actor=world.boss)


@op
def bin_restore_clone_or_snooze_deal(world, rng):
    what = rng.randrange(4)
    if what == 0:
        binning.bin_deal(deal_id=world.pick(rng, Deal).pk, actor=world.boss)
    elif what == 1:
        binning.restore_deal(deal_id=world.pick(rng, Deal, binned=True).pk, actor=world.boss)
    elif what == 2:
        creation.clone_deal(deal_id=world.pick(rng, Deal).pk, actor=world.boss)
    else:
        until = timezone.localdate() + dt.timedelta(days=3)
        editing.snooze_deal(deal_id=world.pick(rng, Deal).pk, until=until, actor=world.boss)


@op
def qualify(world, rng):
    leads.qualify_lead(contact_id=world.pick(rng, Contact, lifecycle="lead").pk, actor=world.boss)


@op
def log(world, rng):
    soon = timezone.now() + dt.timedelta(days=rng.choice([-1, 1]))
    contacts = {world.pick(rng, Contact).pk for _n in range(rng.randint(1, 2))}
    deal = rng.choice([None, world.pick(rng, Deal).pk])
    planned = rng.random() < 0.4
    row = ActivityRow(
        type=rng.choice(["call", "meeting", "note"]) if not planned else "meeting", body="Hi", done=not planned,
        contact_ids=tuple(contacts), deal_id=deal, scheduled_at=soon if planned else None,
    )  # fmt: skip
    log_activity(row=row, actor=world.boss)


@op
def change_activity(world, rng):
    activity = world.pick(rng, Activity, type__in=["call", "meeting", "note"])
    what = rng.randrange(6)
    if what == 0:
        changing.edit_activity(activity_id=activity.pk, changes={"body": f"Text {rng.random()}"}, actor=world.boss)
    elif what == 1:
        chosen = (world.pick(rng, Contact).pk,)
        changing.edit_activity(activity_id=activity.pk, changes={}, contact_ids=chosen, actor=world.boss)
    elif what == 2:
        changing.complete_activity(activity_id=activity.pk, actor=world.boss)
    elif what == 3:
        changing.reopen_activity(activity_id=activity.pk, actor=world.boss)
    elif what == 4:
        changing.pin_activity(activity_id=activity.pk, pinned=True, actor=world.boss)
    else:
        changing.bin_activity(activity_id=activity.pk, actor=world.boss)


@op
def move_or_restore_activity(world, rng):
    if rng.random() < 0.5:
        later = timezone.now() + dt.timedelta(days=5)
        changing.reschedule_activity(
            activity_id=world.pick(rng, Activity, completed_at=None).pk, at=later, actor=world.boss
        )
    else:
        changing.restore_activity(activity_id=world.pick(rng, Activity, binned=True).pk, actor=world.boss)


@op
def new_task(world, rng):
    day = rng.choice([None, dt.date(2026, 12, rng.randint(1, 28))])
    deal = rng.choice([None, world.pick(rng, Deal).pk])
    create_task(
        row=TaskRow(title="Ring", contact_id=world.pick(rng, Contact).pk, deal_id=deal, due_on=day), actor=world.boss
    )


@op
def change_task(world, rng):
    task, boss = world.pick(rng, Task), world.boss
    what = rng.randrange(6)
    if what == 0:
        task_changes.complete_task(task_id=task.pk, actor=boss)
    elif what == 1:
        task_changes.reopen_task(task_id=task.pk, actor=boss)
    elif what == 2:
        task_changes.reschedule_tasks(task_ids=[task.pk], due_on=dt.date(2027, 1, rng.randint(1, 28)), actor=boss)
    elif what == 3:
        task_changes.reassign_tasks(task_ids=[task.pk], assignee_id=rng.choice(world.people).pk, actor=boss)
    elif what == 4:
        changes = {"title": "Write", "contact_id": world.pick(rng, Contact).pk}
        task_changes.edit_task(task_id=task.pk, changes=changes, actor=boss)
    else:
        task_changes.bin_task(task_id=task.pk, actor=boss)


@op
def restore_task(world, rng):
    task_changes.restore_task(task_id=world.pick(rng, Task, binned=True).pk, actor=world.boss)


@op
def import_people(world, rng):
    lines = [
        f"p{rng.randrange(10)}@x.example,Im Port{n},{rng.choice(['COO', ''])},{rng.choice(['Atlas', 'Fresh Inc'])}"
        for n in range(rng.randint(1, 4))
    ]
    path = world.folder / "people.csv"
    path.write_text("Email,Name,Job title,Company\n" + "\n".join(lines) + "\n")
    run = imports.receive_path(actor=world.boss, kind="contacts", path=path)
    run = imports.save_columns(actor=world.boss, run_id=run.pk, mapping=run.mapping, settings={"overwrite": True})
    imports.start_import(actor=world.boss, run_id=run.pk)
    work.work_on(run.pk)
    run.refresh_from_db()
    return run.changeset_id
