"""What deals do when something happens elsewhere, and what they tell the kernel about themselves."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from crm.kernel.audit.registry import label_commands, recompute_with, undo_with

from . import leaving
from .models import Deal, DealContact, StageChange
from .services.lifecycle import derive_lifecycle
from .services.undoing import recompute_deals, recompute_people, undo_visits

COMMANDS: dict[str, Any] = {
    "deals.create": _("created a deal"),
    "deals.clone": _("copied a deal"),
    "deals.edit": _("edited a deal"),
    "deals.move": _("moved a deal"),
    "deals.close": _("closed a deal"),
    "deals.reopen": _("reopened a deal"),
    "deals.change_pipeline": _("moved a deal to another pipeline"),
    "deals.add_person": _("added a person to a deal"),
    "deals.change_person": _("changed a person's role in a deal"),
    "deals.remove_person": _("took a person out of a deal"),
    "deals.snooze": _("snoozed a deal"),
    "deals.bin": _("put a deal into the bin"),
    "deals.restore": _("restored a deal"),
    "leads.qualify": _("qualified a lead"),
}


def connect() -> None:
    """Wire deals into the audit's registries and subscribe to what happens to contacts and companies."""
    label_commands(COMMANDS)
    undo_with(StageChange, undo_visits)
    recompute_with(Deal, recompute_deals)
    recompute_with(DealContact, recompute_people)
    recompute_with(Contact, derive_lifecycle)
    leaving.register()
