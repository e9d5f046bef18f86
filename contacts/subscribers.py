"""What happens in the transaction of a change: records that were written wait for being compared with others (M1)."""

from typing import Any
from uuid import UUID

from crm.kernel.core.changes import Actor
from crm.kernel.events.bus import consume, subscribe
from crm.kernel.events.models import Event
from crm.kernel.events.tasks import run_later

from . import events
from .models import Company, Contact
from .services.duplicates.finding import enqueue
from .services.merging import gather_stragglers

TASK = "contacts.tasks.find_duplicates"
CONTACT_EVENTS = (
    events.ContactCreated, events.ContactChanged, events.ContactBinned, events.ContactRestored, events.ContactMerged,
)  # fmt: skip
COMPANY_EVENTS = (
    events.CompanyCreated, events.CompanyChanged, events.CompanyBinned, events.CompanyRestored, events.CompanyMerged,
)  # fmt: skip


def contacts_written(happened: list[Any]) -> None:
    """Contacts were made, changed, deleted, brought back or merged."""
    enqueue(Contact.kind, _subjects(happened))


def companies_written(happened: list[Any]) -> None:
    """The same of companies."""
    enqueue(Company.kind, _subjects(happened))


def _subjects(happened: list[Any]) -> list[Any]:
    return [pk for each in happened for pk in (each.subject_id, getattr(each, "loser_id", None)) if pk is not None]


def wake_finder(event: Event) -> None:
    """Have a worker compare what waits, at once; beat does it besides, also for what imports wrote."""
    run_later(TASK)


def gather(event: Event) -> None:
    """Bring to the survivor of a merge what was being saved for the other record at that moment."""
    loser_id = UUID(event.data["loser_id"])
    gather_stragglers(
        kind=event.kind, survivor_id=event.subject_id, loser_id=loser_id, actor=Actor.system("contacts.gather")
    )


def connect() -> None:
    """Subscribe; called when the app is ready."""
    for kind in CONTACT_EVENTS:
        subscribe(kind, contacts_written)
    for each in COMPANY_EVENTS:
        subscribe(each, companies_written)
    for created in (events.ContactCreated, events.ContactMerged, events.CompanyCreated, events.CompanyMerged):
        consume(created, "contacts.find_duplicates", wake_finder)
    for merged in (events.ContactMerged, events.CompanyMerged):
        consume(merged, "contacts.gather", gather)
