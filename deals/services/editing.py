"""Edits of a deal's fields (P0, P3, P7), and its snooze (P8)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from contacts.services.companies import company_for_name
from crm.kernel.core.bulk import update_rows
from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.customfields.fields import PREFIX
from crm.kernel.customfields.values import Reader, changed_names, merged, split
from crm.kernel.events.bus import publish
from crm.kernel.workspace.models import Workspace
from deals.events import DealChanged
from deals.models import Deal, DealContact

from .checks import EDITABLE, check_closed_on, check_company, check_lost_reason, check_owner, cleaned, visible_contacts
from .lifecycle import derive_lifecycle_of_deals
from .locking import lock_deal, lock_deals
from .searching import refresh_search

RELATIONS = ("owner", "company", "lost_reason")


@command("deals.edit")
def edit_deal(
    *,
    deal_id: UUID,
    values: Mapping[str, Any],
    actor: Actor,
    version: int | None = None,
    seen: Mapping[str, Any] | None = None,
    company_name: str = "",
    confirm_currency: bool = False,
) -> Deal:
    """Change fields of a deal, named as in `checks.EDITABLE`; people, companies and reasons are given as objects.
    Custom fields go by `cf_<key>` (C1).

    With `version`, fields that somebody else has changed since conflict one by one: `seen` holds what the caller saw of
    each. `company_name` stands for a company that may not exist yet. Changing the currency keeps the number and asks
    first: Refused unless `confirm_currency` (P7).
    Raises Deal.DoesNotExist, PermissionDenied, Conflict with `mine` and `theirs` of each field, Refused.
    """
    deal = lock_deal(deal_id, actor)
    actor.require("edit", deal)
    if company_name and "company" in values and values["company"] is None:
        values = {**values, "company": company_for_name(name=company_name, actor=actor)}
    changes = changes_from(deal, values, actor)
    if version is not None and version < deal.version:
        _check_fields(deal, changes, seen or {})
    if "currency" in changes and deal.amount is not None and not confirm_currency:
        words = _("The number stays as it is: %(amount)s %(old)s becomes %(amount)s %(new)s.") % {
            "amount": f"{deal.amount.normalize():,f}",
            "old": deal.currency,
            "new": changes["currency"],
        }
        raise Refused(words, fields={"currency": words})
    return _write(deal, changes, actor)


@command("deals.edit")
def edit_deals(*, values: Mapping[UUID, Mapping[str, Any]], actor: Actor) -> list[Deal]:
    """Change fields of many deals, each its own, and return those that changed. A new currency keeps the number (P7).

    Raises as `edit_deal` does for the first deal that is refused; nothing is written then.
    """
    deals = lock_deals(values, actor)
    for deal in deals:
        actor.require("edit", deal)
    reader = Reader(Deal.kind, actor)
    changes = {deal.pk: changes_from(deal, values[deal.pk], actor, reader) for deal in deals}
    return _write_all(deals, changes, actor)


def changes_from(deal: Deal, values: Mapping[str, Any], actor: Actor, reader: Reader | None = None) -> dict[str, Any]:
    """Return the columns that these values would change, checked, by attribute name; of custom fields all values.

    Writes nothing. Raises Refused beside the field, and PermissionDenied for a close in an earlier month without the right (P4).
    `reader` is the actor's reader of custom values, for many deals at once.
    """
    columns, custom = split(values)
    if unknown := set(columns) - set(EDITABLE):
        raise Refused(_("These fields cannot be edited: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    clean = cleaned(columns)
    _check_meaning(deal, clean, actor)
    result = {}
    for name, value in clean.items():
        column, stored = (f"{name}_id", value.pk if value else None) if name in RELATIONS else (name, value)
        if getattr(deal, column) != stored:
            result[column] = stored
    if custom:
        wanted = merged(deal.custom, read_custom(custom, reader or Reader(Deal.kind, actor)))
        result |= {"custom": wanted} if wanted != deal.custom else {}
    return result


def read_custom(given: Mapping[str, Any], reader: Reader, *, new: bool = False) -> dict[str, Any]:
    """Return custom values of a deal by key, checked; raises Refused beside the field."""
    values, errors = reader.read(given, new=new)
    if errors:
        raise Refused(_("Some values do not fit."), fields=errors)
    return values


def _check_meaning(deal: Deal, values: Mapping[str, Any], actor: Actor) -> None:
    """Check what one value alone cannot tell: whose it may be, and what only a closed, lost or open deal has."""
    if "owner" in values and getattr(values["owner"], "pk", None) != deal.owner_id:
        check_owner(values["owner"], closed=not deal.is_open)
    if "company" in values and getattr(values["company"], "pk", None) != deal.company_id:
        check_company(values["company"], actor)
    if "probability" in values and values["probability"] is not None and not deal.is_open:
        words = _("A won deal stands at 100 %, a lost one at 0 %.")
        raise Refused(words, fields={"probability": words})
    if "lost_reason" in values and values["lost_reason"] != deal.lost_reason:
        if not deal.stage.is_lost:
            raise Refused(_("Only a lost deal has a reason."), fields={"lost_reason": _("Close it as lost first.")})
        check_lost_reason(values["lost_reason"])
    if "closed_on" in values and values["closed_on"] != deal.closed_on:
        _check_new_close(deal, values["closed_on"], actor)


def _check_new_close(deal: Deal, day: dt.date | None, actor: Actor) -> None:
    """Check a new business date of a close; taking it out of an earlier month restates that month too (P4)."""
    if deal.is_open or deal.closed_on is None:
        raise Refused(_("The deal is open."), fields={"closed_on": _("Only a closed deal has this date.")})
    if day is None:
        raise Refused(_("A closed deal has a date."), fields={"closed_on": _("Choose a date.")})
    check_closed_on(day, created_at=deal.created_at, created_unknown=deal.created_unknown, actor=actor)
    today = Workspace.current().today()
    if (deal.closed_on.year, deal.closed_on.month) < (today.year, today.month):
        actor.require_flag("date_back")


def _check_fields(deal: Deal, changes: Mapping[str, Any], seen: Mapping[str, Any]) -> None:
    """Raise Conflict for fields that hold neither what the caller saw nor what it wants (P3)."""
    clashes = {}
    for name in changed_names(deal.custom, changes.get("custom", deal.custom)):
        key = name.removeprefix(PREFIX)
        theirs = deal.custom.get(key)
        if name not in seen or theirs != seen[name]:
            clashes[name] = {"mine": changes["custom"].get(key), "theirs": theirs}
    for column, mine in changes.items():
        if column == "custom":
            continue
        name = column.removesuffix("_id") if column.removesuffix("_id") in RELATIONS else column
        before = seen.get(name, seen.get(column))
        if name in RELATIONS and before is not None and hasattr(before, "pk"):
            before = before.pk
        theirs = getattr(deal, column)
        if (name not in seen and column not in seen) or theirs != before:
            clashes[name] = {"mine": mine, "theirs": theirs}
    if clashes:
        raise Conflict(_("Somebody else has changed this in the meantime."), theirs={"fields": clashes})


def names_of(deal: Deal, changes: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of changed columns as events carry them, custom fields each by its own; before they are set."""
    names = {name.removesuffix("_id") for name in changes if name != "custom"}
    return tuple(sorted(names | set(changed_names(deal.custom, changes.get("custom", deal.custom)))))


def _write(deal: Deal, changes: dict[str, Any], actor: Actor) -> Deal:
    """Write changed columns of a locked deal and tell about it; nothing to change leaves no trace."""
    _write_all([deal], {deal.pk: changes}, actor)
    return deal


def _write_all(deals: Sequence[Deal], changes: Mapping[UUID, dict[str, Any]], actor: Actor) -> list[Deal]:
    """Write changed columns of locked deals, in sets, and tell about it; return the deals that changed."""
    touched = [deal for deal in deals if changes[deal.pk]]
    if not touched:
        return []
    at = business_time()
    worked = {"last_worked_at": at} if actor.kind == "user" else {}
    update_rows(Deal, [(deal.pk, changes[deal.pk] | worked) for deal in touched], at=at)
    names = {deal.pk: names_of(deal, changes[deal.pk]) for deal in touched}
    owners = {deal.pk: deal.owner_id for deal in touched}
    for deal in touched:
        for name, value in (changes[deal.pk] | worked | {"updated_at": at}).items():
            setattr(deal, name, value)
        deal.version += 1
    refresh_search(deal.pk for deal in touched if changes[deal.pk].keys() & {"title", "company_id", "custom"})
    derive_lifecycle_of_deals(deal.pk for deal in touched if "company_id" in changes[deal.pk] and deal.stage.is_won)
    publish(*(event_of_edit(deal, names[deal.pk], owners[deal.pk]) for deal in touched), actor=actor)
    return touched


def event_of_edit(deal: Deal, names: tuple[str, ...], owner: UUID) -> DealChanged:
    """Return the event of an edit; a change of the owner carries both."""
    moved: dict[str, Any] = {}
    if "owner" in names:
        moved = {"from_owner_id": owner, "to_owner_id": deal.owner_id}
    return DealChanged(
        subject_id=deal.pk,
        company_id=deal.company_id,
        contact_ids=tuple(deal.contact_ids),
        fields=names,
        **moved,
    )


def people_ids(deal: Deal) -> tuple[UUID, ...]:
    """Return the ids of the people in the deal, the primary one first."""
    return tuple(DealContact.objects.filter(deal=deal).order_by("-primary", "id").values_list("contact_id", flat=True))


def fill_people(deal: Deal, contact_id: UUID, actor: Actor) -> None:
    """Put a person into a locked deal that has none yet, as a move that demands one does."""
    if deal.contact_ids:
        return
    visible_contacts([contact_id], actor)
    DealContact.objects.create(deal=deal, contact_id=contact_id, primary=True)
    deal.contact_ids = [contact_id]


@command("deals.snooze")
def snooze_deal(*, deal_id: UUID, until: dt.date | None, actor: Actor) -> Deal:
    """Hide the "gone quiet" mark of a deal until a day to come, or show it again with None (P8). The clock runs on."""
    deal = lock_deal(deal_id, actor)
    actor.require("edit", deal)
    if until is not None and until <= Workspace.current().today():
        raise Refused(_("Choose a day to come."), fields={"until": _("Choose a day after today.")})
    if not deal.is_open:
        raise Refused(_("Only an open deal can be snoozed."))
    return _write(deal, {} if deal.snoozed_until == until else {"snoozed_until": until}, actor)
