"""The admin: every model, for the settings right only, through the services, one change-set for each POST (U5)."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from activities.models import Activity, Task
from activities.services.recording import ActivityRow, log_activity
from activities.services.tasks import TaskRow, create_task
from contacts.models import Contact
from contacts.services.companies import create_company
from contacts.services.contacts import create_contact
from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.changes import Actor
from crm.kernel.events.models import Event
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace
from deals.models import Deal, Stage, StageChange
from deals.services import create_deal

OURS = [
    model
    for app in apps.get_app_configs()
    if app.name.startswith(("crm.", "contacts", "deals", "activities", "workflows"))
    for model in app.get_models()
]


@pytest.fixture
def boss(admin):
    return Actor.of(admin)


@pytest.fixture
def client(client_of, admin):
    return client_of(admin)


@pytest.fixture
def records(boss, rep, workspace):
    company = create_company(values={"name": "Atlas Logistics", "domains": ["atlas.example"]}, actor=boss)
    values = {"first_name": "Zoë", "last_name": "Fischer", "emails": ["zoe@atlas.example"], "company_id": company.pk}
    contact = create_contact(values=values, actor=boss)
    deal = create_deal(actor=boss, title="Atlas rollout", owner=rep, contacts=[(contact.pk, "Buyer")])
    activity = log_activity(row=ActivityRow(type="call", subject="Hello", contact_ids=(contact.pk,)), actor=boss)
    task = create_task(row=TaskRow(title="Call back"), actor=boss)
    return {"company": company, "contact": contact, "deal": deal, "activity": activity, "task": task}


def address(model, page="changelist", *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_model_of_ours_is_there():
    missing = [model._meta.label for model in OURS if model not in admin.site._registry]
    assert not missing


@pytest.mark.slow
def test_every_list_opens_searches_and_shows_a_row(client, records):
    for model in admin.site._registry:
        page = client.get(address(model))
        assert page.status_code == 200, model
        for term in ("x", "Atlas", "\x00", "01999999-0000-7000-8000-000000000000", "'; --"):
            assert client.get(address(model), {"q": term}).status_code == 200, (model, term)
        row = model._default_manager.first()
        if row is not None:
            assert client.get(address(model, "change", row.pk)).status_code == 200, model


def test_only_people_with_the_settings_right_come_in(client_of, manager, viewer, rep):
    from django.test import Client

    stranger = Client().get("/admin/")
    assert stranger.status_code == 302
    assert Client().get(stranger.headers["Location"]).headers["Location"].startswith("/login/?next=")
    for person in (manager, viewer, rep):
        client = client_of(person)
        assert client.get("/admin/", follow=True).status_code == 403
        assert client.get(address(Deal), follow=True).status_code == 403


def test_policy_has_a_nonce_under_admin_only(client, workspace):
    assert re.search(r"style-src 'self' 'nonce-[^']+'", client.get(address(Deal)).headers["Content-Security-Policy"])
    assert "nonce" not in client.get("/profile/").headers["Content-Security-Policy"]


def test_accents_and_case_do_not_matter_in_search(client, records):
    for term in ("zoe", "ZOË fischer", "zoe@atlas"):
        page = client.get(address(Contact), {"q": term})
        assert "Fischer" in page.content.decode(), term


def changed(client, model, record, **values):
    """Post the change form of a record with some values changed."""
    path = address(model, "change", record.pk)
    form = client.get(path).context["adminform"].form
    data = {}
    for name, field in form.fields.items():
        value = form.get_initial_for_field(field, name)
        if value is True:
            data[name] = "on"
        elif value is not None and value is not False:
            data[name] = field.prepare_value(value) if hasattr(field, "prepare_value") else value
    formsets = client.get(path).context["inline_admin_formsets"]
    for each in formsets:
        prefix = each.formset.management_form.prefix
        data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    return client.post(path, data | values)


def test_contact_is_saved_by_its_service(client, records):
    contact = records["contact"]
    response = changed(client, Contact, contact, job_title="COO")
    assert response.status_code == 302, response.context["errors"]
    contact.refresh_from_db()
    assert contact.job_title == "COO" and contact.version == 2
    assert ChangeSet.objects.filter(command="admin.change", source="admin").count() == 1
    assert Event.objects.filter(name="contact.changed", subject_id=contact.pk).exists()


def test_deal_is_saved_by_its_service_and_its_stage_is_no_field(client, records, stranger):
    deal = records["deal"]
    other = Stage.objects.exclude(pk=deal.stage_id).first()
    assert changed(client, Deal, deal, title="Atlas, 140 seats", stage=str(other.pk)).status_code == 302
    after = Deal.objects.get()
    assert (after.title, after.stage_id) == ("Atlas, 140 seats", deal.stage_id)
    assert StageChange.objects.count() == 1


def act(client, model, action, *rows, query="", **values):
    return client.post(address(model) + query, {"action": action, "_selected_action": [r.pk for r in rows], **values})


def test_stage_is_moved_by_the_service(client, records):
    deal = records["deal"]
    won = Stage.objects.get(kind_of="won")
    act(client, Deal, "move_to_stage", deal, stage=str(won.pk))
    deal.refresh_from_db()
    assert deal.stage == won and deal.closed_on is not None
    assert StageChange.objects.count() == 2
    act(client, Deal, "reopen", deal)
    deal.refresh_from_db()
    assert deal.is_open and StageChange.objects.count() == 3


def test_refused_move_says_why_and_writes_nothing(client, records, database_diff):
    lost = Stage.objects.get(kind_of="lost")
    client.get("/admin/")
    with database_diff() as diff:
        response = act(client, Deal, "move_to_stage", records["deal"], stage=str(lost.pk))
    assert response.status_code == 302 and diff.empty
    assert "reason" in client.get(address(Deal)).content.decode().lower()


def test_records_go_to_the_bin_and_come_back(client, records):
    for model, key in ((Contact, "contact"), (Deal, "deal"), (Activity, "activity"), (Task, "task")):
        act(client, model, "put_into_bin", records[key])
        assert model.objects.get(pk=records[key].pk).binned_at is not None, model
        assert str(records[key].pk) not in client.get(address(model)).content.decode()
        act(client, model, "restore", records[key], query="?bin=1")
        assert model.objects.get(pk=records[key].pk).binned_at is None, model


def test_nothing_typed_by_people_is_deleted_here(client, records):
    for model, key in ((Contact, "contact"), (Deal, "deal"), (Activity, "activity"), (Task, "task")):
        assert client.post(address(model, "delete", records[key].pk), {"post": "yes"}).status_code == 403
    for model in (ChangeSet, Event):
        row = model.objects.first()
        assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert client.post(address(model, "change", row.pk), {}).status_code == 403


def test_contacts_and_companies_are_added_by_their_services(client, workspace):
    response = client.post(
        address(Contact, "add"),
        {"first_name": "Nina", "lifecycle": "lead", "lead_status": "new", "lead_score": "0"}
        | {f"{prefix}-{part}_FORMS": "0" for prefix in ("emails", "phones") for part in ("TOTAL", "INITIAL")},
    )
    assert response.status_code == 302, response.context["errors"]
    assert Event.objects.filter(name="contact.created").count() == 1


def test_last_admin_stays_here_too(client, admin):
    rep_role = User.objects.get(pk=admin.pk).role.__class__.objects.get(key="rep")
    changed(client, User, admin, role=str(rep_role.pk))
    assert User.objects.get(pk=admin.pk).role.key == "admin"


def test_workspace_is_saved_by_its_service(client, workspace):
    response = changed(client, Workspace, workspace, name="Brightwater A/S")
    assert response.status_code == 302
    assert Workspace.objects.get().name == "Brightwater A/S"


def test_events_that_were_given_up_are_tried_again(client, records):
    event = Event.objects.first()
    Event.objects.filter(pk=event.pk).update(failed_at=event.recorded_at, error="x")
    act(client, Event, "try_again", event)
    event.refresh_from_db()
    assert event.failed_at is None and not event.error


def test_big_tables_are_counted_to_a_limit(client, records, django_assert_max_num_queries):
    from crm.kernel.core.adminsite import CappedPaginator

    assert CappedPaginator(Contact.objects.order_by("pk"), 50).count == 1
    with django_assert_max_num_queries(14):
        client.get(address(Contact))
