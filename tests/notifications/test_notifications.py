"""Who is told what, once, and only of what they may see (U3, W3); the bell and its page."""

import pytest

from activities.services.recording import ActivityRow, log_activity
from activities.services.task_changes import reassign_tasks
from activities.services.tasks import TaskRow, create_task
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.events.drain import drain_outbox
from crm.kernel.events.models import Event
from crm.kernel.notifications.models import Notification
from crm.kernel.notifications.services import Note, mark_read, notify
from deals.services import move_deal
from tests.activities.conftest import as_rep, company, deal, make_deal, maya  # noqa: F401  the same people and records


def told(user) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("at").values_list("topic", flat=True))


def test_a_task_for_somebody_else_is_told_one_for_oneself_is_not(as_rep, rep, mate):  # noqa: F811
    create_task(row=TaskRow(title="Mine"), actor=as_rep)
    task = create_task(row=TaskRow(title="Yours"), actor=as_rep)
    reassign_tasks(task_ids=[task.pk], assignee_id=mate.pk, actor=as_rep)
    drain_outbox()
    assert (told(rep), told(mate)) == ([], ["task_assigned"])
    assert "Yours" in Notification.objects.get().text


def test_a_task_that_went_on_to_somebody_else_tells_only_the_last(as_rep, mate, manager):  # noqa: F811
    task = create_task(row=TaskRow(title="x", assignee_id=mate.pk), actor=as_rep)
    reassign_tasks(task_ids=[task.pk], assignee_id=manager.pk, actor=as_rep)
    drain_outbox()
    assert (told(mate), told(manager)) == ([], ["task_assigned"])


def test_a_mention_is_told_to_those_who_may_see_the_note_u3(as_rep, mate, stranger, maya):  # noqa: F811
    body = f"@{mate.name} and @{stranger.name}"
    log_activity(row=ActivityRow(type="note", body=body, contact_ids=(maya.pk,)), actor=as_rep)
    drain_outbox()
    assert (told(mate), told(stranger)) == (["mention"], [])


def test_a_move_by_somebody_else_is_told_to_the_owner(as_rep, rep, manager, deal):  # noqa: F811
    stages = list(deal.pipeline.stages.order_by("position"))
    move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep)
    move_deal(deal_id=deal.pk, to_stage=stages[2], actor=Actor.of(manager))
    move_deal(deal_id=deal.pk, to_stage=stages[4], actor=Actor.of(manager))
    drain_outbox()
    texts = list(Notification.objects.filter(user=rep).order_by("at").values_list("text", flat=True))
    assert len(texts) == 2
    assert stages[2].name in texts[0]
    assert "won" in texts[1]


def test_a_second_delivery_tells_nothing_twice_w3(as_rep, mate):  # noqa: F811
    create_task(row=TaskRow(title="x", assignee_id=mate.pk), actor=as_rep)
    drain_outbox()
    Event.objects.update(processed_at=None, done=[])
    drain_outbox()
    assert told(mate) == ["task_assigned"]


def test_one_reads_ones_own_only(rep, mate, client_of):
    with changeset(Actor.system("test"), "test.notify"):
        for person in (rep, mate):
            notify([Note(user_id=person.pk, topic="t", text=f"For {person.name}", key="k")])
    page = client_of(rep).get("/notifications/").content.decode()
    assert f"For {rep.name}" in page
    assert f"For {mate.name}" not in page
    theirs = Notification.objects.get(user=mate)
    assert client_of(rep).post(f"/notifications/{theirs.pk}/open/").status_code == 404
    with pytest.raises(Notification.DoesNotExist):
        mark_read(actor=Actor.of(rep), notification_id=theirs.pk)


def test_the_bell_counts_what_is_unread_until_it_is_read(rep, client_of):
    with changeset(Actor.system("test"), "test.notify"):
        notify([Note(user_id=rep.pk, topic="t", text="x", key=f"{n}") for n in range(3)])
    client = client_of(rep)
    assert "3" in client.get("/notifications/count/").content.decode()
    client.post(f"/notifications/{Notification.objects.first().pk}/open/")
    assert "2" in client.get("/notifications/count/").content.decode()
    client.post("/notifications/read/")
    assert not client.get("/notifications/count/").content.decode().strip()


def test_opening_one_leads_to_the_record(as_rep, rep, mate, client_of):  # noqa: F811
    task = create_task(row=TaskRow(title="x", assignee_id=mate.pk), actor=as_rep)
    drain_outbox()
    note = Notification.objects.get(user=mate)
    response = client_of(mate).post(f"/notifications/{note.pk}/open/")
    assert response.headers["Location"] == f"/tasks/{task.pk}/"
    note.refresh_from_db()
    assert note.read_at


def test_what_one_may_no_longer_see_is_not_named_u3(rep, stranger, client_of, deal):  # noqa: F811
    with changeset(Actor.system("test"), "test.notify"):
        note = Note(user_id=stranger.pk, topic="t", text="Secret deal", key="k", record_kind="deal", record_id=deal.pk)
        notify([note])
    assert "Secret" not in client_of(stranger).get("/notifications/").content.decode()


@pytest.mark.parametrize("before", ["x", "00000000-0000-0000-0000-000000000000"])
def test_a_bad_page_address_gives_no_500(rep, client_of, before):
    assert client_of(rep).get(f"/notifications/?before={before}").status_code in (302, 404)
