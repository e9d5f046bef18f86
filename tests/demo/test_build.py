"""The sample workspace as it stands in the database: built by the services, attributed, dated back, and right."""

import datetime as dt
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from activities.models import Activity, Task
from activities.services.clocks import refresh_clocks
from contacts.models import Company, Contact, DuplicatePair
from contacts.services import refresh_company_search, refresh_search
from contacts.services.duplicates.finding import check_waiting
from crm.demo import setting
from crm.demo.build import build_story
from crm.demo.bulk import Size, build_bulk
from crm.demo.story.doubles import DOUBLES, TWINS
from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.changes import Actor
from crm.kernel.events.models import Event
from crm.kernel.listing.lists import list_named
from crm.kernel.listing.saved.models import RecordListMember, SavedView
from crm.kernel.users.models import User
from crm.kernel.workspace.models import ExchangeRate, Workspace
from deals.models import Deal, StageChange
from deals.services import derive_lifecycle
from deals.services import refresh_search as refresh_deal_search
from tests.deals.check_numbers import check
from tests.deals.recount import Recount
from workflows.dryrun import dry_run
from workflows.models import Rule, Run

TINY = Size(contacts=600, companies=120, deals=240, activities=1_900, teams=2, star=70)


@pytest.fixture
def password(settings, tmp_path, monkeypatch):
    """A folder of one's own, and no password from outside."""
    settings.VAR_DIR = tmp_path
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    Workspace.forget()


def rows(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def snapshot() -> dict[str, str]:
    """Return every company, contact and deal as the database holds it."""
    tables = ("contacts_company", "contacts_contact", "deals_deal")
    return {pk: text for table in tables for pk, text in rows(f"SELECT id::text, row_to_json(t)::text FROM {table} t")}


def recompute_everything() -> int:
    """Run all that derives columns; return how many lifecycles changed."""
    refresh_clocks(
        deal_ids=Deal.objects.values_list("pk", flat=True),
        contact_ids=Contact.objects.filter(lead_score__gte=0).values_list("pk", flat=True),
        company_ids=Company.objects.values_list("pk", flat=True),
    )
    refresh_search(Contact.objects.values_list("pk", flat=True))
    refresh_company_search(Company.objects.values_list("pk", flat=True))
    refresh_deal_search(Deal.objects.values_list("pk", flat=True))
    return derive_lifecycle(Contact.objects.values_list("pk", flat=True))


@pytest.mark.slow
@pytest.mark.django_db
def test_the_small_workspace(workspace_free, password):
    build_story(seed=1, password="a sample password")
    now = timezone.now()
    assert Workspace.objects.get().name == "Brightwater"
    assert 280 <= Contact.objects.count() <= 340
    assert 220 <= Deal.objects.count() <= 260
    assert 2_400 <= Activity.objects.count() <= 4_000
    assert Rule.objects.filter(state="live").count() == 2 and Rule.objects.filter(state="draft").count() == 1
    # What happened since the rules are at work met them then, and a dry run tells the same of when it happened (W7).
    assert set(Run.objects.values_list("state", flat=True)) == {"done"}
    for rule in Rule.objects.filter(state="live"):
        runs = dict(Run.objects.filter(rule=rule).values_list("event_id", "started_at"))
        matches = dry_run(rule=rule, since=now - dt.timedelta(days=30), until=now).matches
        assert {each.event_id: each.at for each in matches} == runs and len(runs) > 2
        assert min(runs.values()) < now - dt.timedelta(days=14)
        assert all(step.done for each in matches for step in each.steps)

    # Attributed (U5), dated back and marked (H1).
    assert not ChangeSet.objects.filter(actor_kind="unattributed").exists()
    oldest = ChangeSet.objects.filter(source="demo").order_by("at")[0]
    assert oldest.at < now - dt.timedelta(days=700) < oldest.recorded_at
    assert not Contact.objects.filter(created_at__gt=now).exists()

    # Every visit has its one entry on the timeline, and follows the one before it (P9).
    assert Activity.objects.filter(stage_change__isnull=False).count() == StageChange.objects.count()
    assert rows("SELECT count(*) FROM deals_deal d WHERE NOT EXISTS (SELECT FROM deals_stagechange s WHERE s.deal_id = d.id"
                " AND s.until IS NULL AND s.to_stage_id = d.stage_id)") == [(0,)]  # fmt: skip
    assert not Deal.objects.filter(closed_on__gt=now.date()).exists()

    # The board of the eastern team, rates for all currencies in use (P7), something to do today.
    rep = User.objects.get(email="rep.east@demo.test")
    mine = Deal.objects.visible_to(rep).open().filter(pipeline__position=0)
    assert 15 <= mine.count() <= 25
    assert set(Deal.objects.values_list("currency", flat=True)) - {"USD"} <= set(
        ExchangeRate.objects.values_list("currency", flat=True)
    )
    assert Task.objects.filter(assignee=rep, done_at=None, due_on__lte=rep.today()).exists()
    assert Contact.objects.leads().unowned().exists()

    # Who left owns nothing that is open (U4).
    left = User.objects.get(email="oskar.lindgren@demo.test")
    assert left.state == User.State.WITHOUT_LOGIN and not left.is_active
    assert not Deal.objects.open().filter(owner=left).exists()

    # Nothing waits for a worker but what is new.
    assert not Event.objects.waiting().filter(at__lt=now - dt.timedelta(days=4)).exists()

    # Whoever came in twice is found by the worker (M1).
    check_waiting()
    pairs = DuplicatePair.objects.order_by("-score")
    found = {kind: pairs.filter(record_kind=kind).count() for kind in ("contact", "company")}
    assert found == {"contact": len(DOUBLES), "company": len(TWINS)}

    # Views ask what their lists know, and find something; the list has people on it.
    admin = Actor.of(User.objects.get(email="admin@demo.test"))
    for view in SavedView.objects.all():
        page = list_named(view.list_key).for_query(view.query, admin)
        assert page.count() and not page.missing, view.name
    assert 10 <= RecordListMember.objects.count() <= 60

    # Every number equals a recount in plain Python from the full tables, now and at past moments (N1-N8).
    recount, today = Recount(), Workspace.objects.get().today()
    check(recount, today - dt.timedelta(days=90), today, timezone.now(), present=True)
    for days in (20, 200, 500):
        then = now - dt.timedelta(days=days)
        check(recount, today - dt.timedelta(days=days + 90), today - dt.timedelta(days=days), then, present=False)

    with pytest.raises(CommandError, match="not empty"):
        call_command("demo")
    before = Contact.objects.count()
    call_command("demo", if_empty=True)
    assert Contact.objects.count() == before


@pytest.mark.django_db
def test_what_is_built_by_sql_is_what_the_services_would_derive(workspace_free, password):
    setting.set_scene(password="a sample password", now=timezone.now())
    build_bulk(TINY, seed=1, say=lambda what: None)
    assert Contact.objects.count() == TINY.contacts
    assert Deal.objects.count() == TINY.deals
    before = snapshot()
    assert recompute_everything() == 0
    after = snapshot()
    assert [pk for pk in before if before[pk] != after[pk]] == []
    assert not ChangeSet.objects.filter(actor_kind="unattributed").exists()
    history = rows("SELECT count(*) FROM contacts_contacthistory")
    assert history == [(TINY.contacts,)]
    star = Contact.objects.get(last_name="Evergreen")
    assert star.activities.count() >= TINY.star


def test_the_password_is_random_and_kept_from_others(password, settings):
    first = setting.sample_password()
    path = Path(settings.VAR_DIR) / setting.PASSWORD_FILE
    assert len(first) >= 12 and path.stat().st_mode & 0o777 == 0o600
    assert setting.sample_password() == first


def test_the_password_may_be_given(password, monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "given from outside")
    assert setting.sample_password() == "given from outside"
    told = setting.sample_logins("given from outside")
    assert "rep.west@demo.test" in told and told.endswith("given from outside")


@pytest.fixture
def workspace_free(db):
    """An installation as the migrations leave it: roles and the first pipeline, nobody in it."""
    from crm.kernel.core.changes import Actor, changeset
    from crm.kernel.users.models import Role
    from crm.kernel.users.policies import add_default_roles
    from deals.models import LostReason, Pipeline, Stage
    from deals.seeds import add_first_pipeline

    with changeset(Actor.system("test data"), "test.workspace"):
        add_default_roles(Role)
        add_first_pipeline(Pipeline, Stage, LostReason)
