"""Merge two contacts or two companies (M3). The survivor keeps its id; everything that hangs on the other follows.

One transaction, both rows locked in the order of their ids: an edit that came first is in the result, one that comes
later finds the record merged. Undoing the command gives the other record and its rows back (M4): every step is recorded.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.events import CompanyMerged, ContactMerged
from contacts.models import Company, Contact
from crm.kernel.audit.registry import recomputes
from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.core.relations import Merging, relations_of
from crm.kernel.events.bus import DomainEvent, publish

from .parents import settle_parent
from .rows import unite_rows
from .values import children_of, merged_values

Choices = Mapping[str, Any]
MODELS: dict[str, type[Any]] = {"contact": Contact, "company": Company}


@command("contacts.merge")
def merge_contacts(*, survivor_id: UUID, loser_id: UUID, actor: Actor, choices: Choices | None = None) -> Contact:
    """Make two contacts one and return the survivor. `choices`: see `merged_values`.

    Raises Contact.DoesNotExist for one that the actor may not see, PermissionDenied without the right to merge or to
    edit both, Refused for one that is merged already, in the bin or of another kind, and for the contact itself.
    """
    survivor, event = _merge(Contact, survivor_id, loser_id, actor, choices or {})
    publish(event, actor=actor)
    return survivor


@command("companies.merge")
def merge_companies(*, survivor_id: UUID, loser_id: UUID, actor: Actor, choices: Choices | None = None) -> Company:
    """Make two companies one and return the survivor: domains and shared addresses united, people and deals follow.

    Raises as `merge_contacts` does, and Refused where the survivor would come to stand below itself.
    """
    survivor, event = _merge(Company, survivor_id, loser_id, actor, choices or {})
    publish(event, actor=actor)
    return survivor


def merge_records(*, kind: str, survivor_id: UUID, loser_id: UUID, actor: Actor, choices: Choices | None = None) -> Any:
    """Merge two records of a kind; the door for callers that have either."""
    merge: Any = merge_contacts if kind == Contact.kind else merge_companies
    return merge(survivor_id=survivor_id, loser_id=loser_id, actor=actor, choices=choices)


def lock_pair(model: type[Any], survivor_id: UUID, loser_id: UUID, actor: Actor) -> tuple[Any, Any]:
    """Return both records, locked in the order of their ids, once everything says that they may be merged."""
    if survivor_id == loser_id:
        raise Refused(_("A record cannot be merged with itself."))
    rows = model.objects.visible_to(actor).filter(pk__in=[survivor_id, loser_id])
    found = {row.pk: row for row in rows.locked().order_by("pk")}
    for pk in (survivor_id, loser_id):
        if pk not in found:
            _refuse_other_kind(model, pk, actor)
            raise model.DoesNotExist(f"No {model.kind} {pk}.")
    actor.require_flag("merge")
    for record in found.values():
        actor.require("edit", record)
    for record in found.values():
        if record.merged_into_id is not None:
            raise Refused(_("%(name)s has been merged already.") % {"name": record})
        if record.binned_at is not None:
            raise Refused(_("%(name)s is in the bin. Restore it first.") % {"name": record})
    return found[survivor_id], found[loser_id]


def _refuse_other_kind(model: type[Any], pk: UUID, actor: Actor) -> None:
    """Raise Refused if the id is one of another kind that the actor may see."""
    for other in MODELS.values():
        if other is not model and other.objects.visible_to(actor).filter(pk=pk).exists():
            raise Refused(_("A contact can only be merged with a contact, a company with a company."))


def _merge(
    model: type[Any], survivor_id: UUID, loser_id: UUID, actor: Actor, choices: Choices
) -> tuple[Any, DomainEvent]:
    survivor, loser = lock_pair(model, survivor_id, loser_id, actor)
    present = children_of(model, [survivor_id, loser_id])
    merged = merged_values(survivor, loser, choices, present)
    if model is Company:
        settle_parent(survivor, loser, merged.values, chosen="parent" in choices)
    merging = Merging(model.kind, survivor_id, loser_id, actor)
    _let_go(loser, survivor)
    fields = unite_rows(survivor, loser, merged.children, present, merging)
    for relation in relations_of(model.kind):
        relation.move(relation, merging)
    fields += _take(survivor, merged.values)
    merging.note_moved(model, [survivor_id, loser_id])
    _recompute(merging)
    survivor.refresh_from_db()
    values: dict[str, Any] = {"subject_id": survivor_id, "loser_id": loser_id, "fields": tuple(fields)}
    if model is Company:
        return survivor, CompanyMerged(**values)
    return survivor, ContactMerged(company_id=survivor.company_id, **values)


def gather_stragglers(*, kind: str, survivor_id: UUID, loser_id: UUID, actor: Actor) -> int:
    """Move what has come to a merged record after all and return how many rows: nothing is lost in a race (M3).

    A call or task that was being saved while the merge ran was checked against a record that was still there, and
    committed after it. Called by the worker soon after each merge, within its change-set; changes nothing where nothing
    came late or the merge is undone by now.
    """
    model = MODELS[kind]
    rows = model.objects.filter(pk__in=[survivor_id, loser_id]).locked().order_by("pk")
    found = {row.pk: row for row in rows}
    if len(found) < 2 or found[loser_id].merged_into_id != survivor_id:
        return 0
    merging = Merging(kind, survivor_id, loser_id, actor)
    for relation in relations_of(kind):
        relation.move(relation, merging)
    moved = sum(len(ids) for ids in merging.moved.values())
    if moved:
        merging.note_moved(model, [survivor_id])
        _recompute(merging)
    return moved


def _let_go(loser: Any, survivor: Any) -> None:
    """Mark the other record as merged: gone from every list, its address leads to the survivor."""
    loser.binned_at = loser.updated_at = timezone.now()
    loser.merged_into, loser.version = survivor, loser.version + 1
    loser.save(update_fields=["binned_at", "merged_into", "version", "updated_at"])


def _take(survivor: Any, values: Mapping[str, Any]) -> list[str]:
    """Set what differs and return the names of the changed columns; the version rises in any case."""
    changed = [name for name, value in values.items() if getattr(survivor, name) != value]
    for name in changed:
        setattr(survivor, name, values[name])
    survivor.version, survivor.updated_at = survivor.version + 1, timezone.now()
    survivor.save(update_fields=[*changed, "version", "updated_at"])
    return changed


def _recompute(merging: Merging) -> None:
    """Recompute what follows from all that was touched: search texts, clocks, lifecycle (R4, P8)."""
    for model, ids in merging.moved.items():
        for recompute in recomputes.get(model, ()):
            recompute(list(dict.fromkeys(ids)))
