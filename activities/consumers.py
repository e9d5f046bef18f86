"""Who is told what, after the commit, by a worker: assignments, mentions, and moves of one's deals by others (W2).

Nobody is told what they did themselves, what an import or the sample workspace did, or of a record that they may
not see any more when the message is written (U3).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from contacts import events as contacts
from contacts.models import Company, Contact
from crm.kernel.audit.models import ChangeSet
from crm.kernel.events.bus import consume
from crm.kernel.events.models import Event
from crm.kernel.notifications.services import Note, notify
from crm.kernel.users.models import User
from deals import events as deals
from deals.models import Deal, Stage, StageChange

from .events import PeopleMentioned, TaskAssigned
from .models import Activity, Task

SILENT_SOURCES = ("import", "command", "demo")
RULES = "workflow"  # what a rule does is not done by its owner, with whose rights it acts (W9)


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be told of an event: `words()` returns the text to be filled, in the language of whoever is told."""

    event: Event
    people: Iterable[Any]
    topic: str
    words: Callable[[], str]
    record: Any
    values: Mapping[str, Any] = field(default_factory=dict)


def tell(messages: Iterable[Message]) -> None:
    """Store one notification per message and person: for those who are active, not its author, and may see the record.

    A fixed number of queries, and one for each person of whose rights there is a question.
    """
    wanted = [(each, _wanted(each)) for each in messages if each.event.source not in SILENT_SOURCES]
    ids = set().union(*(people for _each, people in wanted))
    if not ids:
        return
    authors = {author for each, _people in wanted if (author := _author(each.event)) is not None}
    people = {pk: each for pk, each in _people(ids | authors).items() if pk in ids and each.is_active}
    names: dict[Any, str] = dict(User.objects.filter(pk__in=authors).values_list("pk", "name"))
    names |= _rules(each.event for each, _people in wanted)
    seen = _seen(wanted, people)
    notes = []
    for message, asked in wanted:
        record, event = message.record, message.event
        by_rule = event.source == RULES
        who = names.get(event.changeset_id if by_rule else event.user_id)
        for pk in sorted(asked & people.keys()):
            if (pk, record.pk) in seen:
                with override(people[pk].locale):
                    name = _("The rule “%(name)s”") % {"name": who} if by_rule and who else who or _("Somebody")
                    text = message.words() % {"who": name, **message.values}
                key = f"{message.topic}:{message.event.pk}"
                notes.append(
                    Note(
                        user_id=pk,
                        topic=message.topic,
                        text=text,
                        record_kind=record.kind,
                        record_id=record.pk,
                        key=key,
                    )
                )
    notify(notes)


def _wanted(message: Message) -> set[UUID]:
    return {UUID(str(each)) for each in message.people if each} - {_author(message.event)}


def _author(event: Event) -> UUID | None:
    """Return who did it, None for what no person did."""
    return None if event.source == RULES else event.user_id


def _rules(events: Iterable[Event]) -> dict[UUID, str]:
    """Return the names of the rules whose runs made these change-sets."""
    sets = {each.changeset_id for each in events if each.source == RULES}
    found = ChangeSet.objects.filter(pk__in=sets).values_list("pk", "summary") if sets else ()
    return {pk: str(summary["rule"]) for pk, summary in found if summary.get("rule")}


def _people(ids: Collection[UUID | None]) -> dict[UUID, User]:
    return {each.pk: each for each in User.objects.filter(pk__in=ids).select_related("role", "team")}


def _seen(wanted: Iterable[tuple[Message, set[UUID]]], people: Mapping[UUID, User]) -> set[tuple[UUID, UUID]]:
    """Return which person may see which record (U3)."""
    asked: dict[tuple[UUID, Any], set[UUID]] = defaultdict(set)
    found = set()
    for message, ids in wanted:
        record = message.record
        for pk in ids & people.keys():
            if pk == _owner_of(record) and people[pk].level(record.kind, "view") != "none":
                found.add((pk, record.pk))  # one's own needs no question
            else:
                asked[pk, type(record)].add(record.pk)
    for (pk, model), ids in asked.items():
        rows = model._default_manager.visible_to(people[pk]).filter(pk__in=ids)
        found |= {(pk, each) for each in rows.values_list("pk", flat=True)}
    return found


def _owner_of(record: Any) -> UUID | None:
    owner: UUID | None = getattr(record, "assignee_id", None) or getattr(record, "owner_id", None)
    return owner


def _subjects(model: Any, events: Sequence[Event]) -> dict[UUID, Any]:
    """Return the records of events that are still there."""
    rows = model._default_manager.live().filter(pk__in=[each.subject_id for each in events])
    return {row.pk: row for row in rows}


def task_assigned(events: Sequence[Event]) -> None:
    """Tell the assignee of a task that somebody else gave them; not if it is done or someone else's by now."""
    tasks = _subjects(Task, events)
    tell(
        Message(event, [task.assignee_id], "task_assigned", lambda: _("%(who)s gave you a task: %(title)s"), task,
                {"title": task.title})
        for event in events
        if (task := tasks.get(event.subject_id)) is not None
        and task.done_at is None
        and str(task.assignee_id) == event.data["assignee_id"]
    )  # fmt: skip


def people_mentioned(events: Sequence[Event]) -> None:
    """Tell the mentioned who may see the activity."""
    activities = _subjects(Activity, events)
    tell(
        Message(event, event.data["user_ids"], "mention", lambda: _("%(who)s mentioned you: %(text)s"), activity,
                {"text": " ".join(activity.body.split())[:120]})
        for event in events
        if (activity := activities.get(event.subject_id)) is not None
    )  # fmt: skip


MOVED: dict[str, Callable[[], str]] = {
    Stage.Kind.WON: lambda: _("%(who)s won your deal %(title)s"),
    Stage.Kind.LOST: lambda: _("%(who)s marked your deal %(title)s as lost"),
    Stage.Kind.OPEN: lambda: _("%(who)s moved your deal %(title)s to %(stage)s"),
}


def deal_moved(events: Sequence[Event]) -> None:
    """Tell the owner of a deal that somebody else moved, won, lost or reopened."""
    found = _subjects(Deal, events)
    moves = StageChange.objects.filter(pk__in=[each.data["stage_change_id"] for each in events], undone_at=None)
    changes = {str(each.pk): each for each in moves.select_related("to_stage")}
    tell(
        Message(event, [deal.owner_id], "deal_moved", MOVED[change.to_stage.kind_of], deal,
                {"title": deal.title, "stage": change.to_stage.name})
        for event in events
        if (deal := found.get(event.subject_id)) is not None
        and (change := changes.get(event.data["stage_change_id"])) is not None
    )  # fmt: skip


def deal_created(events: Sequence[Event]) -> None:
    """Tell the owner of a deal that somebody else made for them."""
    _given(Deal, events, "owner_id", lambda: _("%(who)s gave you the deal %(name)s"))


def deal_changed(events: Sequence[Event]) -> None:
    """Tell the new owner of a deal."""
    _given(Deal, events, "to_owner_id", lambda: _("%(who)s gave you the deal %(name)s"))


def record_given(events: Sequence[Event]) -> None:
    """Tell the new owner of a contact or company."""
    for model in (Contact, Company):
        alike = [each for each in events if (each.data["record_kind"] == Company.kind) is (model is Company)]
        _given(model, alike, "to_owner_id", lambda: _("%(who)s gave you %(name)s"))


def contact_created(events: Sequence[Event]) -> None:
    """Tell the owner of a contact that somebody else made for them."""
    _given(Contact, events, "owner_id", lambda: _("%(who)s gave you %(name)s"))


def _given(model: Any, events: Sequence[Event], key: str, words: Callable[[], str]) -> None:
    """Tell whom the events name as owner, where they still are it."""
    records = _subjects(model, [each for each in events if each.data.get(key)])
    tell(
        Message(event, [record.owner_id], f"{record.kind}_assigned", words, record, {"name": str(record)})
        for event in events
        if (record := records.get(event.subject_id)) is not None and str(record.owner_id) == event.data.get(key)
    )


def lead_returned(events: Sequence[Event]) -> None:
    """Tell the owner of a lead that it came back (R4)."""
    people = _subjects(Contact, events)
    tell(
        Message(event, [contact.owner_id], "lead_returned", lambda: _("%(name)s came back"), contact, {"name": contact.name})
        for event in events
        if (contact := people.get(event.subject_id)) is not None
    )  # fmt: skip


def connect() -> None:
    """Register the consumers; called when the app is ready. The keys mark what is done and must stay as they are."""
    consume(TaskAssigned, "activities.tell_assignee", task_assigned, bulk=False, many=True)
    consume(PeopleMentioned, "activities.tell_mentioned", people_mentioned, many=True)
    consume(deals.DealStageChanged, "activities.tell_owner_of_move", deal_moved, bulk=False, many=True)
    consume(deals.DealCreated, "activities.tell_owner_of_deal", deal_created, bulk=False, many=True)
    consume(deals.DealChanged, "activities.tell_new_owner", deal_changed, bulk=False, many=True)
    consume(contacts.OwnerChanged, "activities.tell_owner_of_record", record_given, bulk=False, many=True)
    consume(contacts.ContactCreated, "activities.tell_owner_of_contact", contact_created, bulk=False, many=True)
    consume(contacts.LeadReturned, "activities.tell_owner_of_return", lead_returned, many=True)
