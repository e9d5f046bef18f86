"""Moving house: everything out, into an empty workspace, and all of it is there again."""

import datetime as dt
import json
from decimal import Decimal
from zipfile import ZipFile

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection

from activities.files.blobs import delete, kept, open_blob
from activities.models import Activity, Attachment, Task
from activities.services.files import add_files
from activities.services.recording import ActivityRow, log_activities
from activities.services.task_changes import complete_task
from activities.services.tasks import TaskRow, create_tasks
from contacts.models import Company, Contact
from contacts.services import bin_contacts, create_company
from contacts.services.contacts import create_contacts
from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.core.history import TRACKED, history_of
from crm.kernel.core.remember import forget
from crm.kernel.customfields.models import CustomField
from crm.kernel.events.bus import unannounced
from crm.kernel.listing.exports import archive
from crm.kernel.listing.exports.load import load
from crm.kernel.listing.exports.services import begin_archive
from crm.kernel.listing.imports.plans import load_plan
from crm.kernel.listing.saved.members import create_list
from crm.kernel.listing.saved.models import RecordListMember, SavedView
from crm.kernel.listing.saved.services import create_view
from crm.kernel.users.models import Role, User
from crm.kernel.users.policies import add_default_roles
from crm.kernel.workspace.models import ExchangeRate, Workspace
from deals.models import Deal, LostReason, Pipeline, Stage, StageChange
from deals.seeds import add_first_pipeline
from deals.services import close_deal, create_deal, edit_deal, move_deal, reopen_deal
from tests.conftest import make_user

from .conftest import rows_of

# Where it came from and how one signs in are of the house, not of what moves.
LEFT_OUT = ("import_source", "external_id", "password", "last_login")


@pytest.fixture
def rich(rep, mate, manager, admin, pipeline, system) -> Pipeline:
    """A small workspace with all kinds of things in it, a long stage history and several pasts."""
    me, boss = Actor.of(rep), Actor.of(manager)
    with changeset(system, "test.settings"):
        CustomField.objects.create(record_kind="contact", key="fleet", label="Fleet size", type="number")
        ExchangeRate.objects.create(currency="EUR", day=dt.date(2026, 1, 1), rate=Decimal("1.08"))
        Stage.objects.filter(pk=pipeline.stages.order_by("position")[1].pk).update(
            name="Deep discovery", probability=33
        )
    forget()
    firm = create_company(
        values={"name": "Nordhavn Ferries", "owner": rep, "domains": ["nordhavn.example"], "emails": ["info@nordhavn.example"]},
        actor=me,
    )  # fmt: skip
    daughter = create_company(values={"name": "Nordhavn Freight", "owner": rep, "parent": firm}, actor=me)
    maya, lars, _gone = create_contacts(
        rows=[
            {
                "first_name": "Maya", "last_name": "=Lind", "owner": rep, "company": firm, "tags": ["vip", "@risk"],
                "emails": ["maya@nordhavn.example", "m2@nordhavn.example"], "phones": [("+45 31 55 01 87", "Mobile")],
                "cf_fleet": "12", "lead_score": -3, "description": "Two\nlines",
            },
            {"first_name": "Lars", "owner": mate, "company": daughter, "do_not_call": True},
            {"first_name": "Gone", "owner": rep},
        ],
        actor=boss,
    )  # fmt: skip
    bin_contacts(contact_ids=[_gone.pk], actor=me)
    stages = list(pipeline.stages.order_by("position"))
    deal = create_deal(
        actor=me, title="Atlas rollout", owner=rep, amount=Decimal(148_000), company=firm, contacts=[(maya.pk, "Buyer")]
    )
    move_deal(deal_id=deal.pk, to_stage=stages[1], actor=me)
    edit_deal(deal_id=deal.pk, values={"amount": Decimal("155000.50"), "probability": 60}, actor=me)
    move_deal(deal_id=deal.pk, to_stage=stages[2], actor=boss)
    lost = create_deal(actor=me, title="Freight tender", owner=rep, company=daughter)
    reason = LostReason.objects.get(name="Price")
    close_deal(deal_id=lost.pk, won=False, actor=me, lost_reason=reason, lost_comment="Too dear")
    won = create_deal(actor=me, title="Pilot", owner=rep, amount=Decimal(900), company=firm, contacts=[(maya.pk, "")])
    close_deal(deal_id=won.pk, won=True, actor=me)
    reopen_deal(deal_id=won.pk, actor=me)
    close_deal(deal_id=won.pk, won=True, actor=me)
    log_activities(
        rows=[
            ActivityRow(type="note", body="Likes =boats", user_id=rep.pk, contact_ids=(maya.pk,), done=True),
            ActivityRow(
                type="meeting", subject="Kick-off", user_id=mate.pk, contact_ids=(maya.pk, lars.pk), deal_id=deal.pk,
                done=True, duration=45, outcome="held",
            ),
        ],
        actor=boss,
    )  # fmt: skip
    tasks = create_tasks(
        rows=[
            TaskRow(
                title="Send offer", deal_id=deal.pk, due_on=dt.date(2031, 1, 2), due_time=dt.time(9, 30), remind=True
            ),
            TaskRow(title="Call", contact_id=lars.pk, priority=3),
        ],
        actor=me,
    )
    complete_task(task_id=tasks[1].pk, actor=me)
    add_files(record=deal, uploads=[SimpleUploadedFile("offer.txt", b"An offer", "text/plain")], actor=me)
    listed = create_list(record_kind="contact", values={"name": "Guests", "shared": "nobody"}, actor=me)
    with changeset(system, "test.list"):
        RecordListMember.objects.create(list=listed, record_id=maya.pk)
    create_view(list_key="contacts", query="owner=me", layout={}, values={"name": "Mine", "shared": "nobody"}, actor=me)
    return pipeline


def snapshot() -> dict[str, list[dict]]:
    """Return all business rows by table, without what is written anew."""
    found = {}
    with connection.cursor() as cursor:
        for model in archive.tables():
            table = model._meta.db_table
            cursor.execute(f'SELECT (to_jsonb(t) - %s::text[])::text FROM "{table}" t ORDER BY id', [list(LEFT_OUT)])
            found[table] = [json.loads(row[0]) for row in cursor.fetchall()]
    return found


def empty_database() -> None:
    """Empty all tables and put in what a new installation has from the start."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        tables = [model._meta.db_table for model in TRACKED]
        for _again in range(2):
            for table in tables:
                cursor.execute(f'DELETE FROM "{table}"')
    for sha256 in list(kept()):
        delete(sha256)
    Workspace.forget()
    forget()
    with changeset(Actor.system("test data"), "test.seeds"):
        add_default_roles(Role)
        add_first_pipeline(Pipeline, Stage, LostReason)
        Workspace.objects.create(name="New house", base_currency="EUR", timezone="Europe/Oslo")
    make_user("rep.east@test.example", "Somebody", "admin")


@pytest.fixture
def packed(rich, tmp_path):
    """The archive of the rich workspace."""
    path = tmp_path / "all.zip"
    archive.write(path, Actor.system("test"), lambda done: None)
    return path


@pytest.mark.unattributed
def test_everything_comes_back_as_it_was(packed):
    before = snapshot()
    people = dict(User.objects.exclude(email="").values_list("email", "pk"))
    numbers = [
        (model, model._default_manager.count()) for model in (Contact, Company, Deal, Activity, Task, StageChange)
    ]
    assert all(count > 1 for _model, count in numbers)
    empty_database()
    ids_here = {str(User.objects.get(email="rep.east@test.example").pk): str(people["rep.east@test.example"])}
    for model in (Role, Pipeline, Stage, LostReason, Workspace):
        ids_here |= _same(model, before)
    load(packed, Actor.system("import_all"))
    after = snapshot()
    words = json.dumps(after, sort_keys=True)
    for here, there in ids_here.items():
        words = words.replace(here, there)
    found = {table: sorted(rows, key=lambda row: row["id"]) for table, rows in json.loads(words).items()}
    for table, rows in before.items():
        assert found[table] == sorted(json.loads(json.dumps(rows)), key=lambda row: row["id"]), table
    for model in (Contact, Company, Deal, Activity, Task):
        assert {str(row.pk) for row in model.objects.all()} == set(model.objects.values_list("external_id", flat=True))
    assert open_blob(Attachment.objects.get().sha256).read() == b"An offer"
    assert (SavedView.objects.count(), RecordListMember.objects.count()) == (1, 1)
    made = ChangeSet.objects.get(command="archive.load")
    assert history_of(Contact).objects.filter(pgh_context=made.pk).count() == 3


def _same(model, before) -> dict[str, str]:
    """Return the ids of what is here from the start, with those that the archive's had, by name."""
    names = {"users_role": "key", "workspace_workspace": None}.get(model._meta.db_table, "name")
    there = {row[names] if names else "": row["id"] for row in before[model._meta.db_table]}
    return {
        str(row.pk): str(there[key])
        for row in model.objects.all()
        if (key := getattr(row, names) if names else "") in there
    }


def test_only_into_an_empty_workspace_and_only_an_archive(packed, tmp_path):
    with pytest.raises(Refused, match="not empty"):
        load(packed, Actor.system("import_all"))
    with pytest.raises(CommandError, match="not empty"):
        call_command("import_all", packed)


@pytest.mark.parametrize("content", [b"no zip", b""])
def test_what_is_no_archive_is_refused(seeds, tmp_path, content):
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(Refused, match="no archive"):
        load(path, Actor.system("import_all"))
    with ZipFile(path, "w") as file:
        file.writestr("about.json", '{"format": 99}')
    with pytest.raises(Refused, match="another version"):
        load(path, Actor.system("import_all"))


def test_the_readable_half_has_a_plan_that_the_import_takes(packed, tmp_path):
    with ZipFile(packed) as file:
        assert "tables/contacts_contact.csv" in file.namelist()
        assert "password" not in file.read("tables/users_user.csv").decode().splitlines()[0]
        file.extractall(tmp_path / "out")
    plan = load_plan(tmp_path / "out" / "readable" / "plan.yaml")
    assert [each.kind for each in plan.files] == ["people", "companies", "contacts", "deals", "activities", "tasks"]
    rows = rows_of((tmp_path / "out" / "readable" / "contacts.csv").read_text(encoding="utf-8-sig"))
    assert {row["First name"] for row in rows} == {"Maya", "Lars"}, "what is in the bin is only in the tables"


@pytest.mark.unattributed
def test_the_readable_half_comes_in_by_its_plan(packed, tmp_path):
    with ZipFile(packed) as file:
        file.extractall(tmp_path / "out")
    deals = dict(Deal.objects.values_list("pk", "title"))
    owners = dict(Deal.objects.values_list("title", "owner__email"))
    empty_database()
    with changeset(Actor.system("test data"), "test.fields"):
        CustomField.objects.create(record_kind="contact", key="fleet", label="Fleet size", type="number")
    forget()
    readable = tmp_path / "out" / "readable"
    with unannounced():
        call_command("import_csv", str(readable), plan=readable / "plan.yaml")
    assert {row.external_id: row.title for row in Deal.objects.all()} == {str(pk): title for pk, title in deals.items()}
    assert Contact.objects.get(first_name="Maya").tags == ["vip", "@risk"]
    assert Contact.objects.get(first_name="Maya").custom == {"fleet": "12"}
    assert owners["Atlas rollout"] == "rep.east@test.example"


def test_the_worker_makes_it_for_those_who_may(client_of, admin, manager, rich):
    assert client_of(manager).get("/settings/export/").status_code == 403
    assert "Make the archive" in client_of(admin).get("/settings/export/").content.decode()
    run = begin_archive(actor=Actor.of(admin))
    assert (run.at_work, run.file_name.endswith(".zip")) == (True, True)
    with pytest.raises(PermissionDenied):
        begin_archive(actor=Actor.of(manager))
