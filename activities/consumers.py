"""Who is told what, after the commit, by a worker: assignments, mentions, and moves of one's deals by others (W2).

Nobody is told what they did themselves, what an import or the sample workspace did, or of a record that they may
not see any more when the message is written (U3).
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import override

from contacts import events as contacts
from contacts.models import Company, Contact
from crm.kernel.events.bus import consume
from crm.kernel.events.models import Event
from crm.kernel.notifications.services import Note, notify
from crm.kernel.users.models import User
from deals import events as deals
from deals.models import Deal, Stage, StageChange

from .events import PeopleMentioned, TaskAssigned
from .models import Activity, Task

SILENT_SOURCES = ("import", "command", "demo")


def recipients(event: Event, ids: Iterable[Any], model: type[Model], pk: UUID) -> list[User]:
    """Return those of the people who are to be told: active, not the author, and still allowed to see the record."""
    if event.source in SILENT_SOURCES:
        return []
    wanted = {UUID(str(each)) for each in ids if each} - {event.user_id}
    if not wanted:
        return []
    people = User.objects.active().filter(pk__in=wanted).select_related("role", "team")
    return [person for person in people if model.objects.visible_to(person).filter(pk=pk).exists()]  # type: ignore[attr-defined]


def author_of(event: Event) -> str:
    """Return who did it, by name."""
    return User.objects.filter(pk=event.user_id).values_list("name", flat=True).first() or _("Somebody")


def _tell(event: Event, people: list[User], topic: str, words: Any, record: Any, **values: Any) -> None:
    """Store one notification per person, in their language; `words()` returns the text to be filled."""
    notes = []
    for person in people:
        with override(person.locale):
            text = words() % {"who": author_of(event), **values}
        notes.append(
            Note(
                user_id=person.pk,
                topic=topic,
                text=text,
                record_kind=record.kind,
                record_id=record.pk,
                key=f"{topic}:{event.pk}",
            )
        )
    notify(notes)


def task_assigned(event: Event) -> None:
    """Tell the assignee of a task that somebody else gave them; not if it is done or someone else's by now."""
    task = Task.objects.live().open().filter(pk=event.subject_id).first()
    if task is None or str(task.assignee_id) != event.data["assignee_id"]:
        return
    people = recipients(event, [task.assignee_id], Task, task.pk)
    _tell(event, people, "task_assigned", lambda: _("%(who)s gave you a task: %(title)s"), task, title=task.title)


def people_mentioned(event: Event) -> None:
    """Tell the mentioned who may see the activity."""
    activity = Activity.objects.live().filter(pk=event.subject_id).first()
    if activity is None:
        return
    people = recipients(event, event.data["user_ids"], Activity, activity.pk)
    text = " ".join(activity.body.split())[:120]
    _tell(event, people, "mention", lambda: _("%(who)s mentioned you: %(text)s"), activity, text=text)


def deal_moved(event: Event) -> None:
    """Tell the owner of a deal that somebody else moved, won, lost or reopened."""
    deal = Deal.objects.live().filter(pk=event.subject_id).first()
    change = StageChange.objects.filter(pk=event.data["stage_change_id"]).select_related("to_stage").first()
    if deal is None or change is None or change.undone_at is not None:
        return
    people = recipients(event, [deal.owner_id], Deal, deal.pk)
    words = {
        Stage.Kind.WON: lambda: _("%(who)s won your deal %(title)s"),
        Stage.Kind.LOST: lambda: _("%(who)s marked your deal %(title)s as lost"),
        Stage.Kind.OPEN: lambda: _("%(who)s moved your deal %(title)s to %(stage)s"),
    }[Stage.Kind(change.to_stage.kind_of)]
    _tell(event, people, "deal_moved", words, deal, title=deal.title, stage=change.to_stage.name)


def deal_created(event: Event) -> None:
    """Tell the owner of a deal that somebody else made for them."""
    _deal_given(event, event.data.get("owner_id"))


def deal_changed(event: Event) -> None:
    """Tell the new owner of a deal."""
    _deal_given(event, event.data.get("to_owner_id"))


def _deal_given(event: Event, owner_id: str | None) -> None:
    deal = Deal.objects.live().filter(pk=event.subject_id).first() if owner_id else None
    if deal is None or str(deal.owner_id) != owner_id:
        return
    people = recipients(event, [owner_id], Deal, deal.pk)
    _tell(event, people, "deal_assigned", lambda: _("%(who)s gave you the deal %(title)s"), deal, title=deal.title)


def record_given(event: Event) -> None:
    """Tell the new owner of a contact or company."""
    model = Company if event.data["record_kind"] == "company" else Contact
    _given(event, model, event.data.get("to_owner_id"))


def contact_created(event: Event) -> None:
    """Tell the owner of a contact that somebody else made for them."""
    _given(event, Contact, event.data.get("owner_id"))


def _given(event: Event, model: Any, owner_id: str | None) -> None:
    record = model.objects.live().filter(pk=event.subject_id).first() if owner_id else None
    if record is None or str(record.owner_id) != owner_id:
        return
    people = recipients(event, [owner_id], model, record.pk)
    _tell(event, people, f"{record.kind}_assigned", lambda: _("%(who)s gave you %(name)s"), record, name=record.name)


def lead_returned(event: Event) -> None:
    """Tell the owner of a lead that it came back (R4)."""
    contact = Contact.objects.live().filter(pk=event.subject_id).first()
    if contact is None:
        return
    people = recipients(event, [contact.owner_id], Contact, contact.pk)
    _tell(event, people, "lead_returned", lambda: _("%(name)s came back"), contact, name=contact.name)


def connect() -> None:
    """Register the consumers; called when the app is ready. The keys mark what is done and must stay as they are."""
    consume(TaskAssigned, "activities.tell_assignee", task_assigned, bulk=False)
    consume(PeopleMentioned, "activities.tell_mentioned", people_mentioned)
    consume(deals.DealStageChanged, "activities.tell_owner_of_move", deal_moved, bulk=False)
    consume(deals.DealCreated, "activities.tell_owner_of_deal", deal_created, bulk=False)
    consume(deals.DealChanged, "activities.tell_new_owner", deal_changed, bulk=False)
    consume(contacts.OwnerChanged, "activities.tell_owner_of_record", record_given, bulk=False)
    consume(contacts.ContactCreated, "activities.tell_owner_of_contact", contact_created, bulk=False)
    consume(contacts.LeadReturned, "activities.tell_owner_of_return", lead_returned)
