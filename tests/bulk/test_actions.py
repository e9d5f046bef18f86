"""Each bulk action does to many what its service does to one (P3, R4, R6, R8)."""

import datetime as dt
from decimal import Decimal

import pytest

from activities.models import Activity, Task
from activities.services.recording import ActivityRow, log_activities
from activities.services.tasks import TaskRow, create_tasks
from contacts.models import Company, Contact
from contacts.services import create_company
from crm.kernel.core.changes import Actor
from crm.kernel.notifications.models import Notification
from deals.models import Deal, StageChange
from deals.services import create_deal, edit_stage

from .conftest import refused


@pytest.fixture
def deals(rep, pipeline) -> list[Deal]:
    """Three open deals of `rep`, the last one without an amount."""
    amounts = (Decimal(100), Decimal(250), None)
    return [
        create_deal(actor=Actor.of(rep), title=f"Deal {n}", owner=rep, amount=amount)
        for n, amount in enumerate(amounts)
    ]


@pytest.fixture
def tasks(rep, people) -> list[Task]:
    """Two tasks of `rep` on their contacts."""
    day = dt.date(2030, 5, 6)
    rows = [TaskRow(title=f"Call {each}", contact_id=each.pk, due_on=day, remind=True) for each in people[:2]]
    return create_tasks(rows=rows, actor=Actor.of(rep))


def test_fields_of_contacts(run_bulk, rep, people):
    run = run_bulk(
        rep, "contacts", "edit", people, field=["source", "country", "do_not_call"], source="Trade fair", country="Norway",
        do_not_call="on",
    )  # fmt: skip
    assert run.counts["done"] == 5
    assert set(Contact.objects.values_list("source", "country", "do_not_call")) == {("Trade fair", "Norway", True)}
    assert Contact.objects.get(pk=people[0].pk).version == 2


def test_lifecycle_asks_for_the_reason_once(run_bulk, rep, people):
    failed = run_bulk(rep, "contacts", "lifecycle", people, lifecycle="churned")
    assert (failed.state, failed.error) == ("failed", "Say why.")
    run = run_bulk(rep, "leads", "lifecycle", people, lifecycle="churned", churned_reason="Moved away")
    assert run.counts["done"] == 5
    assert set(Contact.objects.values_list("lifecycle", "churned_reason")) == {("churned", "Moved away")}


def test_delete_contacts_and_companies(run_bulk, rep, people):
    assert run_bulk(rep, "contacts", "delete", people).counts["done"] == 5
    assert Contact.objects.binned().count() == 5
    firm = create_company(values={"name": "Acme", "owner": rep}, actor=Actor.of(rep))
    run_bulk(rep, "companies", "tag", [firm], tags="key")
    run_bulk(rep, "companies", "edit", [firm], field=["industry", "size_band"], industry="Shipping", size_band="11-50")
    run_bulk(rep, "companies", "assign", [firm], owner="none")
    firm.refresh_from_db()
    assert (firm.tags, firm.industry, firm.size_band, firm.owner) == (["key"], "Shipping", "11-50", None)


def test_move_deals_through_the_one_service(run_bulk, rep, stages, deals):
    run = run_bulk(rep, "deals", "stage", deals, stage=stages[2].pk)
    assert run.counts == {"done": 3, "unchanged": 0, "refused": 0}
    assert StageChange.objects.filter(to_stage=stages[2]).count() == 3
    assert Activity.objects.filter(system="stage_changed").count() == 3
    assert run_bulk(rep, "deals", "stage", deals, stage=stages[2].pk).counts["unchanged"] == 3


def test_required_fields_are_asked_once_and_what_lacks_them_stays(run_bulk, rep, stages, deals, system):
    edit_stage(stage_id=stages[2].pk, actor=system, values={"required_fields": ["amount", "expected_close"]})
    run = run_bulk(rep, "deals", "stage", deals, stage=stages[2].pk, expected_close="2031-01-31")
    assert run.counts == {"done": 2, "unchanged": 0, "refused": 1}
    assert refused(run) == {deals[2].pk: "Proposal needs: Amount."}
    assert set(Deal.objects.filter(stage=stages[2]).values_list("expected_close", "amount")) == {
        (dt.date(2031, 1, 31), Decimal(100)),
        (dt.date(2031, 1, 31), Decimal(250)),
    }


def test_a_loss_needs_its_reason_for_all(run_bulk, rep, stages, reason, deals):
    failed = run_bulk(rep, "deals", "stage", deals, stage=stages[-1].pk)
    assert (failed.state, failed.error) == ("failed", "Say why the deals were lost.")
    run = run_bulk(rep, "deals", "stage", deals, stage=stages[-1].pk, lost_reason=reason.pk, lost_comment="Too dear")
    assert run.counts["done"] == 3
    assert set(Deal.objects.values_list("lost_reason", "lost_comment")) == {(reason.pk, "Too dear")}


def test_owner_tags_fields_and_bin_of_deals(run_bulk, rep, mate, manager, stages, deals):
    assert run_bulk(rep, "deals", "tag", deals, tags="q3").counts["done"] == 3
    assert run_bulk(rep, "deals", "edit", deals, field="amount", amount="500").counts["done"] == 3
    assert run_bulk(rep, "deals", "edit", deals, field="amount", amount="-5").state == "failed"
    assert run_bulk(rep, "deals", "stage", [deals[0]], stage=stages[-2].pk).counts["done"] == 1
    deleted = run_bulk(rep, "deals", "delete", deals)
    assert deleted.counts == {"done": 2, "unchanged": 0, "refused": 1}
    assert "right to date back" in refused(deleted)[deals[0].pk]
    assert run_bulk(manager, "deals", "assign", [deals[0]], owner=mate.pk).counts["done"] == 1
    assert Deal.objects.get(pk=deals[0].pk).owner == mate
    assert Activity.objects.filter(system="owner_changed", deal=deals[0]).exists()


def test_tasks_are_done_given_and_moved(run_bulk, rep, mate, manager, tasks):
    run = run_bulk(rep, "tasks", "reschedule", tasks, due_on="2030-06-01")
    assert run.counts["done"] == 2
    assert set(Task.objects.values_list("due_on", flat=True)) == {dt.date(2030, 6, 1)}
    assert run_bulk(rep, "tasks", "assign", tasks, owner=mate.pk).counts["done"] == 2
    assert run_bulk(manager, "tasks", "complete", tasks).counts["done"] == 2
    assert set(Task.objects.values_list("done_by", flat=True)) == {manager.pk}
    assert run_bulk(rep, "tasks", "complete", tasks).counts["unchanged"] == 2, "whoever made a task may change it"


def test_a_task_for_each_goes_to_the_owner_who_is_told_once(run_bulk, rep, mate, manager, people):
    run = run_bulk(manager, "contacts", "task", people, title="Wish well", type="todo", priority=1, due_on="2030-12-20")
    assert run.counts["done"] == 5
    assert set(Task.objects.values_list("assignee", "title")) == {(rep.pk, "Wish well")}
    assert {each.contact_id for each in Task.objects.all()} == {each.pk for each in people}
    assert [note.text for note in Notification.objects.filter(user=rep)] == [
        "Ingrid Solberg gave you 5 tasks: Wish well"
    ]


def test_tasks_and_activities_into_the_bin(run_bulk, rep, people, tasks):
    rows = [ActivityRow(type="note", body="Met", user_id=rep.pk, contact_ids=(people[0].pk,), done=True)]
    notes = log_activities(rows=rows, actor=Actor.of(rep))
    assert run_bulk(rep, "tasks", "delete", tasks).counts["done"] == 2
    assert run_bulk(rep, "activities", "delete", notes).counts["done"] == 1
    assert not Task.objects.live().exists()
    assert Company.objects.count() == 0
