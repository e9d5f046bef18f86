"""The dry run on its page: asked for, worked on by the worker, stopped, found again, told under the viewer's rights (W7)."""

import datetime as dt

import pytest
from django.utils import timezone

from crm.kernel.core.changes import Actor
from crm.kernel.listing.runs import work_on
from crm.kernel.users.policies import KINDS, VERBS
from crm.kernel.users.services import create_role
from deals.models import Deal
from tests.conftest import make_user
from workflows.models import Rule, Run, Trial, TrialLine
from workflows.services import create_rule, save_draft
from workflows.services.trials import WORK, clean_up_trials

from .conftest import document

pytestmark = pytest.mark.django_db
STATEMENTS = 10  # session and person included
BIG = [{"field": "amount", "operator": "gt", "value": 100}, {"field": "source", "operator": "is", "value": "Fair"}]
TASK = {"action": "create_task", "options": {"title": "See {title}"}}


def tried(rule, person):
    """Be the worker for somebody's dry run."""
    trial = Trial.objects.get(rule=rule, user=person)
    work_on(WORK, trial.pk)
    trial.refresh_from_db()
    return trial


def test_w7_a_draft_is_tried_beside_the_published_version_and_told_in_full(
    client_of, manager, publish, new_deal, database_diff
):
    rule = publish("deal.created", TASK, conditions=BIG[:1])
    for amount, source in ((50, ""), (150, "Fair"), (500, "Web")):
        new_deal(f"D{amount}", amount=amount, source=source)
    save_draft(rule_id=rule.pk, document=document("deal.created", TASK, conditions=BIG), actor=Actor.of(manager))
    client, address = client_of(manager), f"/workflows/{rule.pk}/"
    page = client.get(address).content.decode()
    assert "Tries the saved draft" in page and 'aria-current="page"' in page
    assert client.get(f"{address}tried/").status_code == 302  # there is none yet
    assert client.post(f"{address}try/", {"period": "7"}).headers["Location"] == f"{address}?panel=dry"
    assert "Waiting for the worker" in client.get(f"{address}?panel=dry").content.decode()
    with database_diff() as diff:
        trial = tried(rule, manager)
    assert {name.partition(".")[0] for name in diff.tables} <= {"workflows_trial", "workflows_trialline"}
    assert (trial.state, trial.percent, trial.count("looked"), trial.count("matches")) == ("done", 100, 3, 1)
    assert (trial.count("both"), trial.count("only_published"), trial.count("only_draft")) == (1, 1, 0)
    page = client.get(address).content.decode()
    assert "The published version would have run <b>2</b> times" in page and "D150" in page and "1 action" in page
    assert not Run.objects.exists() and not trial.rule.pools.exists()
    full = client.get(f"{address}tried/").content.decode()
    assert "“See D150”" in full and "Amount is more than 100" in full and "D500" not in full
    only = client.get(f"{address}tried/?show=published").content.decode()
    assert "D500" in only and "D150" not in only
    missed = client.get(f"{address}tried/?why=conditions").content.decode()
    assert "Source: Web" in missed and "D50<" in missed and "D500<" in missed
    one = client.get(f"{address}tried/?why=conditions&failed=0").content.decode()
    assert "D50<" in one and "D500<" not in one
    for odd in ("?why=x", "?show=x&after=y", "?failed=9", "?after=99999999999999999999"):
        assert client.get(f"{address}tried/{odd}").status_code == 200
    save_draft(rule_id=rule.pk, document=document("deal.created", TASK), actor=Actor.of(manager))
    assert "The rule has changed since" in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("since", "until", "said", "place"),
    [
        ("", "2026-01-02", "Choose a day, such as", "since"),
        ("2026-01-02", "32.1.", "Choose a day, such as", "until"),
        ("2026-01-05", "2026-01-02", "ends before it begins", "until"),
        ("2150-01-01", "2150-01-02", "has not come yet", "since"),
        ("2020-01-01", "2026-01-02", "at most a year", "since"),
        ("9999-12-31", "0001-01-01", "Choose a day, such as", "since"),
    ],
)
def test_days_that_cannot_be_are_refused_beside_their_field(client_of, manager, publish, since, until, said, place):
    rule = publish("deal.created")
    given = {"period": "custom", "since": since, "until": until}
    for headers in ({}, {"HX-Request": "true", "HX-Target": "dry-run"}):
        answer = client_of(manager).post(f"/workflows/{rule.pk}/try/", given, headers=headers)
        page = answer.content.decode()
        assert answer.status_code == 422 and said in page and f'value="{since}"' in page
        assert f'aria-describedby="dry-{place}-error"' in page
    assert not Trial.objects.exists()


def test_a_dry_run_is_stopped_begun_anew_and_cleaned_up(client_of, manager, admin, publish, new_deal):
    rule, client = publish("deal.created"), client_of(manager)
    new_deal()
    assert client.post(f"/workflows/{rule.pk}/try/stop/").status_code == 302  # nothing to stop
    client.post(f"/workflows/{rule.pk}/try/", {"period": "30"})
    client.post(f"/workflows/{rule.pk}/try/stop/")
    trial = tried(rule, manager)
    assert trial.state == "stopped" and not trial.lines.exists()
    assert "Stopped." in client.get(f"/workflows/{rule.pk}/").content.decode()
    yesterday = timezone.localdate().isoformat()
    client.post(f"/workflows/{rule.pk}/try/", {"period": "custom", "since": yesterday, "until": yesterday})
    client_of(admin).post(f"/workflows/{rule.pk}/try/", {"period": "7"})
    trial = tried(rule, manager)
    assert trial.state == "done" and trial.lines.count() == 1 and Trial.objects.count() == 2  # each has one's own
    assert clean_up_trials(timezone.now() + dt.timedelta(days=29)) == 0
    assert clean_up_trials(timezone.now() + dt.timedelta(days=31)) == 2  # the admin's waits for a worker
    assert Trial.objects.get().user == admin


def test_a_rule_that_cannot_work_is_not_tried(client_of, manager, publish, new_deal):
    rule = create_rule(name="Half", document={"trigger": {}}, actor=Actor.of(manager))
    answer = client_of(manager).post(f"/workflows/{rule.pk}/try/", {"period": "7"})
    assert answer.status_code == 422 and "cannot work yet" in answer.content.decode()
    whole = publish("deal.created", TASK)
    client_of(manager).post(f"/workflows/{whole.pk}/try/", {"period": "7"})
    Trial.objects.update(document={"trigger": {"kind": "deal.gone"}})
    assert tried(whole, manager).state == "failed"
    assert "could not be finished" in client_of(manager).get(f"/workflows/{whole.pk}/").content.decode()


def test_u3_a_dry_run_tells_nothing_of_records_that_its_reader_may_not_see(client_of, admin, publish, new_deal):
    rule = publish("deal.created", TASK, owner=admin, conditions=BIG[:1])
    new_deal("Secret plan", amount=9_000)
    none = {kind: dict.fromkeys(VERBS, "none") for kind in KINDS}
    role = create_role(name="Rule maker", levels=none, flags=["rules"], actor=Actor.of(admin))
    blind = make_user("blind@test.example", "Bo Lind", role.key)
    client = client_of(blind)
    client.post(f"/workflows/{rule.pk}/try/", {"period": "7"})
    assert tried(rule, blind).count("matches") == 1
    for address in (f"/workflows/{rule.pk}/", f"/workflows/{rule.pk}/tried/"):
        page = client.get(address).content.decode()
        assert "A record that you cannot see" in page and "Secret plan" not in page and "9,000" not in page


@pytest.mark.parametrize("count", [3, 60])
def test_the_page_costs_as_many_statements_for_many_lines(
    client_of, manager, publish, django_assert_num_queries, new_deal, count
):
    rule = publish("deal.created", TASK, conditions=BIG[:1])
    deal = new_deal("Sensors", amount=900)
    client_of(manager).post(f"/workflows/{rule.pk}/try/", {"period": "7"})
    trial = tried(rule, manager)
    line = trial.lines.get()
    lines = [
        TrialLine(trial=trial, outcome="match", at=line.at, record_kind="deal", record_id=deal.pk, data=line.data)
        for _number in range(count)
    ]
    TrialLine.objects.bulk_create(lines)
    client = client_of(manager)
    client.get(f"/workflows/{rule.pk}/tried/")
    with django_assert_num_queries(STATEMENTS):
        page = client.get(f"/workflows/{rule.pk}/tried/").content.decode()
    assert page.count("Open Sensors") == min(count + 1, 50)
    if count > 50:
        after = f"/workflows/{rule.pk}/tried/?after={lines[10].pk}"
        assert f'href="{after}"' in page and client.get(after).content.decode().count("Open Sensors") == 11
    assert Deal.objects.count() == 1 and Rule.objects.count() == 1
