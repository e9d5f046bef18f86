"""What the timeline writes down in the transaction of a change (R7): in sets, so bulk work costs two statements."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from contacts import events as people
from contacts.models import Company, Contact
from crm.kernel.core.changes import Actor
from crm.kernel.events.bus import DomainEvent, subscribe
from crm.kernel.users.models import User
from deals import events as deals
from deals.models import Deal, Stage

from .events import TaskDone
from .models import Task
from .services.entries import Entry, write_entries


def _actor(events: Sequence[DomainEvent]) -> Actor | None:
    return events[0].actor


def _of_deal(event: Any, system: str, **values: Any) -> Entry:
    return Entry(
        system=system,
        at=event.at,
        deal_id=event.subject_id,
        company_id=event.company_id,
        contact_ids=tuple(event.contact_ids),
        **values,
    )


def deals_created(events: list[deals.DealCreated]) -> None:
    """A deal was made: its first visit's entry."""
    write_entries([_of_deal(e, "deal_created", stage_change_id=e.stage_change_id) for e in events], _actor(events))


def stages_changed(events: list[deals.DealStageChanged]) -> None:
    """A deal moved, was won, lost or opened again: one entry, tied to the visit; a loss with its reason as it is called
    now."""
    lost = [e.subject_id for e in events if e.to_kind == Stage.Kind.LOST]
    reasons = dict(Deal.objects.filter(pk__in=lost).values_list("pk", "lost_reason__name")) if lost else {}
    write_entries(
        [
            _of_deal(
                e,
                _word_of_move(e),
                stage_change_id=e.stage_change_id,
                data={"reason": reason} if (reason := reasons.get(e.subject_id)) else {},
            )
            for e in events
        ],
        _actor(events),
    )


def _word_of_move(event: deals.DealStageChanged) -> str:
    """Return what a move means: kinds decide, never names (P2)."""
    if event.to_kind == Stage.Kind.WON:
        return "deal_won"
    if event.to_kind == Stage.Kind.LOST:
        return "deal_lost"
    closed = event.from_kind in (Stage.Kind.WON, Stage.Kind.LOST)
    return "deal_reopened" if closed else "stage_changed"


def deals_changed(events: list[deals.DealChanged]) -> None:
    """A deal was edited; only a new owner is worth a line, field changes are read from history on demand."""
    given = [e for e in events if e.from_owner_id != e.to_owner_id]
    if not given:
        return
    names = _names_of(owner for e in given for owner in (e.from_owner_id, e.to_owner_id))
    write_entries(
        [_of_deal(e, "owner_changed", data=_handover(e.from_owner_id, e.to_owner_id, names)) for e in given],
        _actor(events),
    )


def _names_of(ids: Any) -> dict[UUID, str]:
    wanted = {pk for pk in ids if pk is not None}
    return dict(User.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def _handover(before: UUID | None, after: UUID | None, names: dict[UUID, str]) -> dict[str, Any]:
    return {"from": names.get(before, "") if before else "", "to": names.get(after, "") if after else ""}


def _deal_line(system: str) -> Callable[[list[Any]], None]:
    """Return a handler that writes one line per deal."""

    def write(events: list[Any]) -> None:
        write_entries([_of_deal(e, system) for e in events], _actor(events))

    write.__name__ = f"write_{system}"
    return write


def leads_qualified(events: list[deals.LeadQualified]) -> None:
    """A lead became a deal (R4): a line on the lead's and the deal's timeline."""
    write_entries(
        [
            Entry(
                system="lead_qualified",
                at=e.at,
                deal_id=e.subject_id,
                company_id=e.company_id,
                contact_ids=tuple(dict.fromkeys((e.contact_id, *e.contact_ids))),
            )
            for e in events
        ],
        _actor(events),
    )


def _of_person(event: Any, system: str, **values: Any) -> Entry:
    """Return the line of a contact's event, on its timeline and its company's."""
    return Entry(system=system, at=event.at, company_id=event.company_id, contact_ids=(event.subject_id,), **values)


def _person_line(system: str) -> Callable[[list[Any]], None]:
    """Return a handler that writes one line per contact."""

    def write(events: list[Any]) -> None:
        write_entries([_of_person(e, system) for e in events], _actor(events))

    write.__name__ = f"write_{system}"
    return write


def _company_line(system: str) -> Callable[[list[Any]], None]:
    """Return a handler that writes one line per company."""

    def write(events: list[Any]) -> None:
        write_entries([Entry(system=system, at=e.at, company_id=e.subject_id) for e in events], _actor(events))

    write.__name__ = f"write_{system}"
    return write


def _unless_imported(write: Callable[[list[Any]], None]) -> Callable[[list[Any]], None]:
    """Leave the line out for what an import made: each record names its source, and thousands of lines tell no more."""

    def write_unless_imported(events: list[Any]) -> None:
        actor = _actor(events)
        if actor is None or actor.kind != "import":
            write(events)

    return write_unless_imported


def contacts_worked(events: list[Any]) -> None:
    """A person added or merged contacts: their "last worked" clock starts (P8); edits set it themselves."""
    actor = _actor(events)
    if actor is not None and actor.kind == "user":
        Contact.objects.filter(pk__in=[e.subject_id for e in events]).update(last_worked_at=max(e.at for e in events))


def contacts_merged(events: list[people.ContactMerged]) -> None:
    """Two contacts became one (M3): the survivor's timeline names the other."""
    names = dict(_names_of_records(Contact, events))
    write_entries(
        [_of_person(e, "contact_merged", data=_merged(e, names)) for e in events],
        _actor(events),
    )


def companies_merged(events: list[people.CompanyMerged]) -> None:
    """Two companies became one (M3)."""
    names = dict(_names_of_records(Company, events))
    write_entries(
        [Entry(system="company_merged", at=e.at, company_id=e.subject_id, data=_merged(e, names)) for e in events],
        _actor(events),
    )


def _names_of_records(model: Any, events: Sequence[Any]) -> list[tuple[UUID, str]]:
    return [(record.pk, record.name) for record in model.objects.filter(pk__in=[e.loser_id for e in events])]


def _merged(event: Any, names: dict[UUID, str]) -> dict[str, Any]:
    return {"merged": str(event.loser_id), "title": names.get(event.loser_id, "")}


def leads_returned(events: list[people.LeadReturned]) -> None:
    """A known address came in again (R4): the timeline says so, and from where."""
    write_entries([_of_person(e, "lead_returned", data={"source": e.source}) for e in events], _actor(events))


def owners_changed(events: list[people.OwnerChanged]) -> None:
    """A contact or company was given to somebody else."""
    names = _names_of(owner for e in events for owner in (e.from_owner_id, e.to_owner_id))
    entries = []
    for e in events:
        data = _handover(e.from_owner_id, e.to_owner_id, names)
        if e.record_kind == "contact":
            entries.append(_of_person(e, "owner_changed", data=data))
        else:
            entries.append(Entry(system="owner_changed", at=e.at, company_id=e.subject_id, data=data))
    write_entries(entries, _actor(events))


def tasks_done(events: list[TaskDone]) -> None:
    """A task is done (R7): a line where it is linked; one that is linked to nothing has no timeline."""
    linked = [e for e in events if e.deal_id or e.contact_id or e.company_id]
    titles = dict(Task.objects.filter(pk__in=[e.subject_id for e in linked]).values_list("pk", "title"))
    write_entries(
        [
            Entry(
                system="task_done",
                at=e.at,
                deal_id=e.deal_id,
                company_id=e.company_id,
                contact_ids=(e.contact_id,) if e.contact_id else (),
                data={"task": str(e.subject_id), "title": titles[e.subject_id]},
            )
            for e in linked
        ],
        _actor(events),
    )


def connect() -> None:
    """Subscribe; called when the app is ready."""
    subscribe(deals.DealCreated, deals_created)
    subscribe(deals.DealStageChanged, stages_changed)
    subscribe(deals.DealChanged, deals_changed)
    subscribe(deals.DealBinned, _deal_line("binned"))
    subscribe(deals.DealRestored, _deal_line("restored"))
    subscribe(deals.LeadQualified, leads_qualified)
    subscribe(people.ContactCreated, _unless_imported(_person_line("contact_created")))
    subscribe(people.ContactCreated, contacts_worked)
    subscribe(people.ContactBinned, _person_line("contact_binned"))
    subscribe(people.ContactRestored, _person_line("contact_restored"))
    subscribe(people.LeadReturned, leads_returned)
    subscribe(people.CompanyCreated, _unless_imported(_company_line("company_created")))
    subscribe(people.CompanyBinned, _company_line("company_binned"))
    subscribe(people.CompanyRestored, _company_line("company_restored"))
    subscribe(people.OwnerChanged, owners_changed)
    subscribe(people.ContactMerged, contacts_merged)
    subscribe(people.ContactMerged, contacts_worked)
    subscribe(people.CompanyMerged, companies_merged)
    subscribe(TaskDone, tasks_done)
