"""What a deal's values must satisfy, whichever door they come through. All checks happen before anything is written."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from contacts.models import Company, Contact
from crm.kernel.core.changes import Actor, business_time
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace
from deals.models import Deal, LostReason

# The fields that one edits one by one; stage and pipeline change by a move, the close by closing.
EDITABLE = (
    "title",
    "owner",
    "amount",
    "currency",
    "company",
    "expected_close",
    "source",
    "description",
    "forecast_category",
    "probability",
    "tags",
    "lost_reason",
    "lost_comment",
    "closed_on",
)


def cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of a deal's plain columns as they are stored.

    Raises Refused with a message beside each field that does not fit: too long, no number, negative, a NUL byte.
    """
    result: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, value in values.items():
        column = Deal._meta.get_field(name)
        if isinstance(column, models.ForeignKey):
            result[name] = value
            continue
        try:
            result[name] = _cleaned_value(column, value)
        except ValidationError as error:
            no_number = isinstance(column, models.DecimalField) and getattr(error, "code", "") == "invalid"
            errors[name] = _("Type a number, such as 48,000.") if no_number else " ".join(error.messages)
    if result.get("amount") is not None and result["amount"] < 0:
        errors["amount"] = _("Type an amount of 0 or more.")
    if errors:
        raise Refused(_("Some values do not fit."), fields=errors)
    return result


def _cleaned_value(column: Any, value: Any) -> Any:
    if isinstance(value, str):
        value = value.strip()
        if "\x00" in value:
            raise ValidationError(_("A NUL character cannot be stored."))
    if value is None and not column.null:
        value = column.get_default()
    if value == "" and column.null:
        value = None
    return column.clean(value, None)


def check_owner(owner: User | None, *, closed: bool) -> None:
    """Raise Refused unless this person may own the deal: everyone a closed one, only active people an open one (U4)."""
    if owner is None:
        raise Refused(_("A deal needs an owner."), fields={"owner": _("Choose an owner.")})
    if not closed and owner.state != User.State.ACTIVE:
        words = _("%(name)s cannot log in. Choose somebody who can for an open deal.") % {"name": owner.name}
        raise Refused(words, fields={"owner": words})


def check_company(company: Company | None, actor: Actor) -> None:
    """Raise Refused if the actor may not see the company, or it is in the bin."""
    if company is None:
        return
    if company.binned_at is not None or actor.scope("company", "view").nothing:
        raise Refused(_("No such company."), fields={"company": _("No such company.")})


def visible_contacts(ids: Iterable[UUID], actor: Actor) -> dict[UUID, Contact]:
    """Return the contacts by id; Refused if the actor may not see one: linking reveals nothing (U3)."""
    wanted = set(ids)
    if not wanted:
        return {}
    found = {c.pk: c for c in Contact.objects.visible_to(actor).live().filter(pk__in=wanted)}
    if len(found) < len(wanted):
        raise Refused(_("No such contact."), fields={"contact": _("No such contact.")})
    return found


def check_closed_on(day: dt.date, *, created_at: dt.datetime, created_unknown: bool, actor: Actor) -> None:
    """Raise Refused unless a deal may be closed on this day (P4).

    Raises PermissionDenied for an earlier month without the right to date back.
    """
    workspace = Workspace.current()
    today = workspace.day_of(business_time())
    if day > today:
        raise Refused(
            _("The close cannot be in the future."), fields={"closed_on": _("Choose today or an earlier day.")}
        )
    if not created_unknown and day < workspace.day_of(created_at):
        words = _("The deal did not exist yet on that day.")
        raise Refused(words, fields={"closed_on": words})
    if (day.year, day.month) < (today.year, today.month):
        actor.require_flag("date_back")


def check_lost_reason(reason: LostReason | None) -> None:
    """Raise Refused unless a reason from the list is given."""
    if reason is None or reason.archived_at is not None:
        raise Refused(_("Say why the deal was lost."), fields={"lost_reason": _("Choose a reason.")})
