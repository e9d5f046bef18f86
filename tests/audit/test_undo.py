"""Undo of commands of all apps, by pages and services (H2): whole or field by field, with the rights of today."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils.timezone import now

from activities.models import Activity, ActivityContact, Task
from activities.services.recording import ActivityRow, log_activity
from activities.services.task_changes import complete_task
from activities.services.tasks import TaskRow, create_task
from contacts.models import (
    Company,
    CompanyDomain,
    CompanyEmail,
    CompanyPhone,
    Contact,
    ContactEmail,
    ContactPhone,
)
from contacts.services.bin import bin_companies, bin_contacts, restore_contacts
from contacts.services.companies import create_company, edit_company
from contacts.services.contacts import create_contact, edit_contact
from crm.kernel.audit.models import ChangeSet
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.users.models import Role, Team, User
from crm.kernel.users.services import (
    change_role,
    create_role,
    create_team,
    edit_person,
    edit_profile,
    invite_person,
)
from deals.models import Deal, DealContact
from deals.services import create_deal, edit_deal

TABLES = (
    Company, CompanyDomain, CompanyEmail, CompanyPhone, Contact, ContactEmail, ContactPhone, Deal, DealContact,
    Activity, ActivityContact, Task,
)  # fmt: skip
NOT_BUSINESS = {"version", "stage_version", "updated_at", "last_worked_at"}


def business():
    """Every business table as the rules compare them: without versions and clocks of the machine."""
    return {
        model.__name__: list(
            model.objects.order_by("pk").values(
                *(f.attname for f in model._meta.concrete_fields if f.name not in NOT_BUSINESS)
            )
        )
        for model in TABLES
    }


@pytest.fixture
def me(rep) -> Actor:
    return Actor.of(rep)


@pytest.fixture
def company(me, rep) -> Company:
    values = {"name": "Atlas Logistics", "domains": ["atlas.example"], "emails": ["info@atlas.example"]}
    return create_company(values=values | {"owner_id": rep.pk}, actor=me)


@pytest.fixture
def contact(me, company) -> Contact:
    values = {
        "first_name": "Lena",
        "last_name": "Fischer",
        "owner_id": me.id,
        "company_id": company.pk,
        "emails": ["lena@atlas.example", "l.fischer@atlas.example"],
        "phones": ["+4531550187"],
    }
    return create_contact(values=values, actor=me)


@pytest.fixture
def deal(me, rep, contact, company) -> Deal:
    return create_deal(actor=me, title="Atlas rollout", owner=rep, company=company, contacts=[(contact.pk, "Buyer")])


def undone_and_redone(change, actor):
    """Assert that undoing a change restores all business columns, and that undoing the undo brings it back."""
    before = business()
    change()
    after = business()
    assert after != before
    first = undo(changeset_id=actor.last_change, actor=actor)
    assert business() == before and not first.conflicts
    undo(changeset_id=first.changeset_id, actor=actor)
    assert business() == after
    third = undo(changeset_id=actor.last_change, actor=actor)
    assert business() == before and third.changeset_id != first.changeset_id


def test_edit_of_a_contact_and_its_rows(me, contact):
    values = {
        "first_name": "Magdalena",
        "tags": ["vip"],
        "emails": ["l.fischer@atlas.example", "magda@atlas.example"],
        "phones": [],
    }
    undone_and_redone(lambda: edit_contact(contact_id=contact.pk, values=values, actor=me), me)


def test_another_primary_address(me, contact):
    values = {"emails": ["l.fischer@atlas.example", "lena@atlas.example"]}
    undone_and_redone(lambda: edit_contact(contact_id=contact.pk, values=values, actor=me), me)


def test_edit_of_a_company_and_its_rows(me, company):
    values = {"name": "Atlas", "domains": ["atlas.test"], "emails": []}
    undone_and_redone(lambda: edit_company(company_id=company.pk, values=values, actor=me), me)


def test_bin_and_restore_of_a_contact(me, contact, deal):
    log_activity(row=ActivityRow(type="note", body="Met", contact_ids=(contact.pk,)), actor=me)
    undone_and_redone(lambda: bin_contacts(contact_ids=[contact.pk], actor=me), me)
    bin_contacts(contact_ids=[contact.pk], actor=me)
    undone_and_redone(lambda: restore_contacts(contact_ids=[contact.pk], actor=me), me)


def test_bin_of_a_company_gives_its_links_back(me, contact, deal, company):
    undone_and_redone(lambda: bin_companies(company_ids=[company.pk], actor=me), me)


def test_creation_goes_for_good(me, company, contact):
    def create():
        create_contact(values={"first_name": "New", "owner_id": me.id, "emails": ["new@atlas.example"]}, actor=me)

    before = business()
    create()
    result = undo(changeset_id=me.last_change, actor=me)
    assert business() == before and result.removed >= 2 and result.binned == 0


def test_creation_that_others_have_worked_on_goes_to_the_bin(me, contact, manager):
    made = create_contact(values={"first_name": "New", "owner_id": me.id, "emails": ["new@atlas.example"]}, actor=me)
    created = me.last_change
    log_activity(row=ActivityRow(type="call", contact_ids=(made.pk,)), actor=Actor.of(manager))
    result = undo(changeset_id=created, actor=me)
    made.refresh_from_db()
    assert result.binned == 1 and made.binned_at is not None
    assert ContactEmail.objects.filter(contact=made).exists()
    assert Activity.objects.filter(type="call").exists()


def test_address_of_a_contact_binned_by_undo_is_free_again(me, contact, manager):
    made = create_contact(values={"first_name": "New", "owner_id": me.id, "emails": ["new@atlas.example"]}, actor=me)
    created = me.last_change
    edit_contact(contact_id=made.pk, values={"job_title": "COO"}, actor=Actor.of(manager))
    undo(changeset_id=created, actor=me, force=True)
    assert not ContactEmail.objects.get(address="new@atlas.example").live


def test_activities_and_tasks(me, contact, deal):
    undone_and_redone(
        lambda: log_activity(row=ActivityRow(type="call", contact_ids=(contact.pk,), deal_id=deal.pk), actor=me), me
    )
    task = create_task(row=TaskRow(title="Call", contact_id=contact.pk, due_on=dt.date(2026, 12, 1)), actor=me)
    undone_and_redone(lambda: complete_task(task_id=task.pk, actor=me), me)


def test_other_fields_changed_since_do_not_matter(me, manager, deal):
    edit_deal(deal_id=deal.pk, values={"title": "Atlas, 140 seats"}, actor=me)
    mine = me.last_change
    edit_deal(deal_id=deal.pk, values={"source": "Fair"}, actor=Actor.of(manager))
    result = undo(changeset_id=mine, actor=me)
    deal.refresh_from_db()
    assert (deal.title, deal.source, result.conflicts) == ("Atlas rollout", "Fair", [])


def test_field_changed_since_is_shown_with_its_values_and_the_rest_can_be_undone(me, manager, deal):
    edit_deal(deal_id=deal.pk, values={"title": "Mine", "source": "Web"}, actor=me)
    mine = me.last_change
    edit_deal(deal_id=deal.pk, values={"title": "Theirs"}, actor=Actor.of(manager))
    before = business()
    with pytest.raises(Conflict) as conflict:
        undo(changeset_id=mine, actor=me)
    (field,) = conflict.value.theirs["fields"]
    assert (field["field"], field["was"], field["set_to"], field["now"]) == ("title", "Atlas rollout", "Mine", "Theirs")
    assert business() == before
    undo(changeset_id=mine, actor=me, force=True)
    deal.refresh_from_db()
    assert (deal.title, deal.source) == ("Theirs", "")


def test_one_set_is_undone_once(me, deal):
    edit_deal(deal_id=deal.pk, values={"title": "Mine"}, actor=me)
    mine = me.last_change
    undo(changeset_id=mine, actor=me)
    with pytest.raises(Refused):
        undo(changeset_id=mine, actor=me)


def test_ones_own_commands_only_but_an_admin_any(me, rep, mate, manager, admin, deal):
    edit_deal(deal_id=deal.pk, values={"title": "Mine"}, actor=me)
    mine = me.last_change
    for other in (mate, manager):
        with pytest.raises(ChangeSet.DoesNotExist):
            undo(changeset_id=mine, actor=Actor.of(other))
    undo(changeset_id=mine, actor=Actor.of(admin))
    deal.refresh_from_db()
    assert deal.title == "Atlas rollout"


def test_rights_of_today_count(me, rep, stranger, admin, deal):
    edit_deal(deal_id=deal.pk, values={"title": "Mine"}, actor=me)
    mine = me.last_change
    edit_deal(deal_id=deal.pk, values={"owner": stranger}, actor=Actor.of(admin))
    with pytest.raises(PermissionDenied):
        undo(changeset_id=mine, actor=Actor.of(rep))


def test_rights_on_the_record_hold_for_the_rows_that_belong_to_it(me, rep, stranger, admin, contact):
    edit_contact(contact_id=contact.pk, values={"phones": []}, actor=me)
    mine = me.last_change
    edit_contact(contact_id=contact.pk, values={"owner_id": stranger.pk}, actor=Actor.of(admin))
    with pytest.raises(PermissionDenied):
        undo(changeset_id=mine, actor=Actor.of(rep))
    assert not ContactPhone.objects.exists()


def test_address_taken_since_stands_in_the_way(me, contact):
    edit_contact(contact_id=contact.pk, values={"emails": []}, actor=me)
    mine = me.last_change
    create_contact(values={"first_name": "Other", "owner_id": me.id, "emails": ["lena@atlas.example"]}, actor=me)
    before = business()
    with pytest.raises(Refused, match="e-mail"):
        undo(changeset_id=mine, actor=me)
    assert business() == before


# Settings ---------------------------------------------------------------------------------------------------------


def test_former_admin_cannot_undo_back_into_power(admin, rep, system):
    boss = Actor.of(admin)
    change_role(person_id=rep.pk, role=Role.objects.get(key="admin"), actor=boss)
    change_role(person_id=admin.pk, role=Role.objects.get(key="rep"), actor=boss)
    demotion = boss.last_change
    person = User.objects.select_related("role", "team").get(pk=admin.pk)
    with pytest.raises(PermissionDenied):
        undo(changeset_id=demotion, actor=Actor.of(person))


def test_undo_never_removes_the_last_admin(admin, rep, system):
    boss = Actor.of(admin)
    change_role(person_id=rep.pk, role=Role.objects.get(key="admin"), actor=boss)
    promotion = boss.last_change
    change_role(person_id=admin.pk, role=Role.objects.get(key="rep"), actor=boss)
    with pytest.raises(Refused):
        undo(changeset_id=promotion, actor=system)
    assert User.objects.get(pk=rep.pk).role.key == "admin"


def test_everybody_undoes_their_own_profile(rep, admin):
    actor = Actor.of(rep)
    edit_profile(person_id=rep.pk, timezone="Asia/Tokyo", actor=actor)
    undo(changeset_id=actor.last_change, actor=actor)
    rep.refresh_from_db()
    assert rep.timezone == "UTC"


def test_undo_of_an_invitation_removes_the_person_and_the_link(admin):
    boss = Actor.of(admin)
    invite_person(email="n@test.example", name="New", role=Role.objects.get(key="rep"), actor=boss)
    undo(changeset_id=boss.last_change, actor=boss)
    assert not User.objects.filter(email="n@test.example").exists()


def test_team_in_use_stays(admin, rep):
    boss = Actor.of(admin)
    team = create_team(name="North", actor=boss)
    made = boss.last_change
    edit_person(person_id=rep.pk, team=team, actor=boss)
    with pytest.raises(Conflict):
        undo(changeset_id=made, actor=boss)
    undo(changeset_id=made, actor=boss, force=True)
    assert Team.objects.filter(pk=team.pk).exists()


def test_role_made_by_mistake_goes(admin):
    boss = Actor.of(admin)
    role = Role.objects.get(key="rep")
    create_role(name="Oops", levels=role.levels, flags=[], actor=boss)
    undo(changeset_id=boss.last_change, actor=boss)
    assert not Role.objects.filter(name="Oops").exists()


# Pages ------------------------------------------------------------------------------------------------------------


def post(client, changeset_id, **data):
    return client.post(f"/undo/{changeset_id}/", data, headers={"HX-Request": "true"})


def test_undo_button_refreshes_the_page_and_offers_to_redo(client_of, rep, me, deal):
    edit_deal(deal_id=deal.pk, values={"title": "Mine"}, actor=me)
    response = post(client_of(rep), me.last_change)
    assert response.status_code == 200 and "crm:refresh" in response.headers["HX-Trigger"]
    redo = ChangeSet.objects.get(command="audit.undo")
    assert str(redo.pk) in response.headers["HX-Trigger"]
    assert post(client_of(rep), redo.pk).status_code == 200
    deal.refresh_from_db()
    assert deal.title == "Mine"


def test_conflict_opens_a_dialog_with_both_values(client_of, rep, me, manager, deal):
    edit_deal(deal_id=deal.pk, values={"title": "Mine", "source": "Web"}, actor=me)
    mine = me.last_change
    edit_deal(deal_id=deal.pk, values={"title": "Theirs"}, actor=Actor.of(manager))
    client = client_of(rep)
    response = post(client, mine)
    assert response.status_code == 409 and response.headers["HX-Retarget"] == "#modal-body"
    for word in (b"Atlas rollout", b"Mine", b"Theirs", b"Undo the rest"):
        assert word in response.content
    page = client.post(f"/undo/{mine}/")
    assert page.status_code == 409 and b"<html" in page.content
    assert post(client, mine, force="1").status_code == 200
    deal.refresh_from_db()
    assert (deal.title, deal.source) == ("Theirs", "")


def test_undone_already_says_so(client_of, rep, me, deal, database_diff):
    edit_deal(deal_id=deal.pk, values={"title": "Mine"}, actor=me)
    mine = me.last_change
    client = client_of(rep)
    post(client, mine)
    with database_diff() as diff:
        response = post(client, mine)
    assert response.status_code == 422 and "undone already" in response.headers["HX-Trigger"] and diff.empty


def test_somebody_elses_and_unknown_commands_are_not_found(client_of, rep, mate, me, deal, database_diff):
    edit_deal(deal_id=deal.pk, values={"title": "Mine"}, actor=me)
    client = client_of(mate)
    with database_diff() as diff:
        assert post(client, me.last_change).status_code == 404
        assert post(client, deal.pk).status_code == 404
        assert client.get(f"/undo/{me.last_change}/").status_code == 405
    assert diff.empty


def test_plain_form_goes_back_to_where_it_was(client_of, rep, me, deal):
    edit_deal(deal_id=deal.pk, values={"title": "Mine"}, actor=me)
    client = client_of(rep)
    here = f"http://testserver/deals/{deal.pk}/"
    assert client.post(f"/undo/{me.last_change}/", headers={"Referer": here}).headers["Location"] == here
    redo = ChangeSet.objects.get(command="audit.undo").pk
    away = client.post(f"/undo/{redo}/", headers={"Referer": "https://evil.example/"})
    assert away.headers["Location"] == "/"


def test_dated_back_rows_are_undone_alike(me, rep, company):
    before = business()
    with changeset(Actor.of(rep, source="import"), "imports.run", at=now() - dt.timedelta(days=400)) as change:
        create_contact(values={"first_name": "Old", "owner_id": me.id, "company_id": company.pk}, actor=me)
    undo(changeset_id=change.id, actor=me)
    assert business() == before
