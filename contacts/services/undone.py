"""What an undo did to contacts and companies, as the events that the services would have published (W4)."""

from collections.abc import Callable, Sequence
from typing import Any

from contacts.events import (
    CompanyBinned,
    CompanyCreated,
    CompanyRestored,
    ContactBinned,
    ContactCreated,
    ContactRestored,
    MergeUndone,
)
from contacts.models import Company, Contact
from crm.kernel.audit.registry import announce_with
from crm.kernel.audit.undo import Turned
from crm.kernel.core.changes import Actor
from crm.kernel.customfields.values import changed_names
from crm.kernel.events.bus import DomainEvent, publish_undone

from . import companies, contacts
from .children import CHILDREN
from .writing import Edited

# Columns that no event names: they go with the record's being made, deleted or merged.
UNNAMED = {"created_at", "binned_at", "merged_into_id", "custom"}


def contacts_undone(records: Sequence[Turned], actor: Actor) -> None:
    """Tell which contacts an undo brought back, deleted or changed."""
    events: list[DomainEvent] = []
    for each in records:
        common: dict[str, Any] = {"subject_id": each.pk, "company_id": each.now["company_id"]}
        if each.before is None:
            events.append(ContactCreated(**common, owner_id=each.now["owner_id"]))
        elif _binned_or_back(each):
            events.append((ContactBinned if each.now["binned_at"] else ContactRestored)(**common))
    publish_undone(events + _edits(Contact, records, contacts.events_of_edits), actor=actor)


def companies_undone(records: Sequence[Turned], actor: Actor) -> None:
    """Tell which companies an undo brought back, deleted or changed."""
    events: list[DomainEvent] = []
    for each in records:
        if each.before is None:
            events.append(CompanyCreated(subject_id=each.pk, owner_id=each.now["owner_id"]))
        elif _binned_or_back(each):
            events.append((CompanyBinned if each.now["binned_at"] else CompanyRestored)(subject_id=each.pk))
    publish_undone(events + _edits(Company, records, companies.events_of_edits), actor=actor)


def merges_undone(records: Sequence[Turned], actor: Actor) -> None:
    """Tell which records the undo of a merge has changed: that it did, and nothing that rules run for (M3)."""
    kinds = {True: Contact.kind, False: Company.kind}
    events = [
        MergeUndone(subject_id=each.pk, record_kind=kinds["lifecycle" in each.now], into_id=each.now["merged_into_id"])
        for each in records
    ]
    publish_undone(events, actor=actor)


def _binned_or_back(record: Turned) -> bool:
    return "binned_at" in record.changed and (record.now["binned_at"] is None) != (record.changed["binned_at"] is None)


def _edits(
    model: type[Any], records: Sequence[Turned], events_of: Callable[[list[Edited]], list[DomainEvent]]
) -> list[DomainEvent]:
    """Return the events of records whose fields changed and that are not in the bin."""
    edited = []
    for each in records:
        if each.before is None or each.now["binned_at"] is not None:
            continue
        old = {name: value for name, value in each.changed.items() if name not in UNNAMED}
        custom = changed_names(each.before["custom"], each.now["custom"])
        if fields := (*old, *each.rows, *custom):
            edited.append(Edited(model(**each.now), fields, each.before["owner_id"], old))
    return events_of(edited)


def register() -> None:
    """Have the audit tell of undone changes."""
    announce_with(Contact, contacts_undone, {kind.model: name for name, kind in CHILDREN[Contact].items()})
    announce_with(Company, companies_undone, {kind.model: name for name, kind in CHILDREN[Company].items()})
