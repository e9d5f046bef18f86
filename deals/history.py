"""Going back to an earlier value of a deal, by the service that edits it (H3)."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from crm.kernel.audit.registry import restore_with
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.customfields.fields import PREFIX

from .models import Deal
from .services.checks import EDITABLE
from .services.editing import RELATIONS, edit_deal


def set_deal_value(pk: UUID, name: str, value: Any, actor: Actor) -> None:
    """Set one field of a deal; a stage is no such field, since only a move changes it (P3)."""
    if name in RELATIONS and value is not None:
        related: Any = Deal._meta.get_field(name).related_model
        value = related._default_manager.filter(pk=value).first()
        if value is None:
            raise Refused(_("What stood there is gone for good."))
    edit_deal(deal_id=pk, values={name: value}, actor=actor, confirm_currency=True)


def register() -> None:
    """Offer on the history what a deal's page lets people edit."""
    restore_with(Deal, {f"{PREFIX}*", *EDITABLE}, set_deal_value)
