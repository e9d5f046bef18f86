"""Switching an active person off: what is open goes to others in one step and one change-set (U4)."""

import datetime as dt

import pytest
from django.utils.timezone import now

from activities.models import Activity, Task
from activities.services.recording import ActivityRow, log_activity
from activities.services.tasks import TaskRow, create_task
from contacts.models import Company, Contact
from contacts.services.companies import create_company
from contacts.services.contacts import create_contact
from crm.kernel.audit.models import ChangeSet
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.users import leaving
from crm.kernel.users.models import User
from crm.kernel.users.services import edit_team, switch_off
from deals.models import Deal
from deals.services import close_deal, create_deal


@pytest.fixture
def work(rep, teams, admin):
    """One of everything that `rep` owns, open and closed."""
    actor = Actor.of(rep)
    company = create_company(values={"name": "Atlas"}, actor=actor)
    lead = create_contact(values={"first_name": "Lena"}, actor=actor)
    contact = create_contact(values={"first_name": "Jo", "lifecycle": "other"}, actor=actor)
    deal = create_deal(actor=actor, title="Open", owner=rep)
    won = create_deal(actor=actor, title="Won", owner=rep)
    close_deal(deal_id=won.pk, won=True, actor=actor)
    task = create_task(row=TaskRow(title="Call"), actor=actor)
    soon = now() + dt.timedelta(days=1)
    meeting = log_activity(row=ActivityRow(type="meeting", subject="Demo", done=False, scheduled_at=soon), actor=actor)
    past = log_activity(row=ActivityRow(type="call", subject="Done"), actor=actor)
    edit_team(team_id=teams["east"].pk, manager=rep, actor=Actor.of(admin))
    records = (company, lead, contact, deal, won, task, meeting, past)
    with changeset(Actor.system("test data"), "test.owners"):
        for record in records[:3]:
            type(record).objects.filter(pk=record.pk).update(owner=rep)
    return records


def heirs_of(person: User) -> dict[str, User]:
    return dict.fromkeys((owned.key for owned in leaving.kinds()), person)


def test_every_kind_of_open_work_is_counted(work, rep):
    counted = {owned.key: number for owned, number in leaving.work_of(rep)}
    assert counted == {
        "deals": 1,
        "tasks": 1,
        "meetings": 1,
        "leads": 1,
        "contacts": 1,
        "companies": 1,
        "teams": 1,
    }


def test_open_work_moves_and_the_past_stays_in_one_change_set(work, rep, mate, admin):
    actor = Actor.of(admin)
    before = ChangeSet.objects.count()
    switch_off(person_id=rep.pk, heirs=heirs_of(mate), actor=actor)
    assert ChangeSet.objects.count() == before + 1
    company, lead, contact, deal, won, task, meeting, past = work
    for record in work:
        record.refresh_from_db()
    assert {each.owner_id for each in (company, lead, contact, deal)} == {mate.pk}
    assert (task.assignee_id, meeting.user_id) == (mate.pk, mate.pk)
    assert (won.owner_id, past.user_id) == (rep.pk, rep.pk)
    rep.refresh_from_db()
    assert rep.state == "without_login" and not leaving.work_of(rep)


def test_undo_of_leaving_gives_everything_back(work, rep, mate, admin):
    actor = Actor.of(admin)
    switch_off(person_id=rep.pk, heirs=heirs_of(mate), actor=actor)
    undo(changeset_id=actor.last_change, actor=actor)
    for record in work:
        record.refresh_from_db()
    assert {each.owner_id for each in work[:5]} == {rep.pk}
    assert (work[5].assignee_id, work[6].user_id) == (rep.pk, rep.pk)
    rep.refresh_from_db()
    assert rep.state == "active"


def test_without_an_heir_nothing_happens(work, rep, mate, admin, database_diff):
    heirs = heirs_of(mate)
    del heirs["deals"]
    with database_diff() as diff, pytest.raises(Refused) as refusal:
        switch_off(person_id=rep.pk, heirs=heirs, actor=Actor.of(admin))
    assert set(refusal.value.fields) == {"deals"} and diff.empty


def test_contacts_and_companies_may_go_back_to_the_queue_but_deals_may_not(work, rep, mate, admin):
    nobody = {**heirs_of(mate), "leads": None, "contacts": None, "companies": None, "teams": None}
    with pytest.raises(Refused):
        switch_off(person_id=rep.pk, heirs={**nobody, "deals": None}, actor=Actor.of(admin))
    switch_off(person_id=rep.pk, heirs=nobody, actor=Actor.of(admin))
    assert Contact.objects.filter(owner=None).count() == 2 and Company.objects.get().owner is None
    assert Deal.objects.get(title="Open").owner == mate


def test_heirs_can_log_in(work, rep, teams, admin):
    from tests.conftest import make_user

    gone = make_user("gone@test.example", "Gone", "rep", state="without_login")
    for heir in (gone, rep):
        with pytest.raises(Refused):
            switch_off(person_id=rep.pk, heirs=heirs_of(heir), actor=Actor.of(admin))


def test_sessions_end_and_login_is_refused(rep, mate, admin, client_of, django_capture_on_commit_callbacks):
    client = client_of(rep)
    assert client.get("/profile/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        switch_off(person_id=rep.pk, heirs={}, actor=Actor.of(admin))
    assert client.get("/profile/").status_code == 302


def test_nobody_switches_themself_or_the_last_admin_off(admin, rep):
    with pytest.raises(Refused):
        switch_off(person_id=admin.pk, heirs={}, actor=Actor.of(admin))
    with pytest.raises(Refused):
        switch_off(person_id=admin.pk, heirs={}, actor=Actor.system("test"))


def test_others_lose_their_stand_in(rep, mate, admin):
    from crm.kernel.users.services import edit_profile

    edit_profile(person_id=mate.pk, delegate=rep, actor=Actor.of(mate))
    switch_off(person_id=rep.pk, heirs={}, actor=Actor.of(admin))
    mate.refresh_from_db()
    assert mate.delegate is None


def test_page_asks_for_each_kind_and_does_it_in_one_step(work, rep, mate, admin, client_of):
    client = client_of(admin)
    path = f"/settings/people/{rep.pk}/leave/"
    page = client.get(path)
    assert page.status_code == 200 and b"Open deals" in page.content
    assert client.post(path, {}).status_code == 422
    values = {owned.key: str(mate.pk) for owned in leaving.kinds()} | {"leads": "nobody"}
    assert client.post(path, values | {"deals": "someone"}).status_code == 422
    assert client.post(path, values).status_code == 302
    rep.refresh_from_db()
    assert not rep.is_active
    assert Task.objects.get().assignee == mate and Activity.objects.get(subject="Demo").user == mate
    assert Contact.objects.get(first_name="Lena").owner is None
