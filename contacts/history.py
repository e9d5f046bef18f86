"""Going back to an earlier value of a contact or company, by the services that edit them (H3)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from crm.kernel.audit.registry import restore_with, tell_with
from crm.kernel.core.changes import Actor
from crm.kernel.customfields.fields import PREFIX

from .fields import COMPANY_FIELDS, CONTACT_FIELDS
from .models import Company, Contact
from .services.companies import edit_company
from .services.contacts import edit_contact


def set_contact_value(pk: UUID, name: str, value: Any, actor: Actor) -> None:
    """Set one field of a contact."""
    edit_contact(contact_id=pk, values={name: value}, actor=actor)


def set_company_value(pk: UUID, name: str, value: Any, actor: Actor) -> None:
    """Set one field of a company."""
    edit_company(company_id=pk, values={name: value}, actor=actor)


def merged_into(model: type[Any]) -> Callable[[UUID], dict[UUID, str]]:
    """Return a function that finds what was merged into a record, and into that (M3)."""

    def find(pk: UUID) -> dict[UUID, str]:
        found: dict[UUID, str] = {}
        survivors = [pk]
        while survivors:
            rows = {row.pk: str(row) for row in model.objects.filter(merged_into__in=survivors)}
            survivors = [each for each in rows if each not in found]
            found |= rows
        return found

    return find


def register() -> None:
    """Offer on the history what the record's page lets people edit, and tell what was merged into the record with it."""
    tell_with(Contact, merged_into(Contact))
    tell_with(Company, merged_into(Company))
    custom = f"{PREFIX}*"
    restore_with(Contact, {custom, *(name for each in CONTACT_FIELDS for name in each.inputs)}, set_contact_value)
    restore_with(Company, {custom, *(name for each in COMPANY_FIELDS for name in each.inputs)}, set_company_value)
