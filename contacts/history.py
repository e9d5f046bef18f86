"""Going back to an earlier value of a contact or company, by the services that edit them (H3)."""

from typing import Any
from uuid import UUID

from crm.kernel.audit.registry import restore_with
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


def register() -> None:
    """Offer on the history what the record's page lets people edit."""
    custom = f"{PREFIX}*"
    restore_with(Contact, {custom, *(name for each in CONTACT_FIELDS for name in each.inputs)}, set_contact_value)
    restore_with(Company, {custom, *(name for each in COMPANY_FIELDS for name in each.inputs)}, set_company_value)
