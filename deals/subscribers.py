"""What deals do when something happens elsewhere, and what they tell the kernel about themselves."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from contacts.events import CompanyBinned, CompanyChanged, CompanyMerged, ContactChanged, ContactMerged
from contacts.models import Company, Contact
from contacts.registry import tell_customers
from crm.kernel.audit.registry import label_commands, link_records, recompute_with, undo_with
from crm.kernel.customfields.registry import refresh_search_with
from crm.kernel.events.bus import subscribe

from . import history, leaving, personal
from .models import Deal, DealContact, StageChange
from .services import undone
from .services.lifecycle import companies_that_bought, derive_lifecycle
from .services.searching import refresh_search
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
    "pipelines.add": _("added a pipeline"),
    "pipelines.rename": _("renamed a pipeline"),
    "pipelines.archive": _("archived a pipeline"),
    "stages.add": _("added a stage"),
    "forecasts.adopt": _("adopted learned probabilities"),
    "forecasts.freeze": _("froze the forecast"),
    "stages.edit": _("edited a stage"),
    "stages.order": _("reordered the stages"),
    "stages.archive": _("archived a stage"),
    "reasons.add": _("added a lost reason"),
    "reasons.edit": _("edited a lost reason"),
    "reasons.order": _("reordered the lost reasons"),
    "reasons.archive": _("archived a lost reason"),
    "leads.qualify": _("qualified a lead"),
}


def connect() -> None:
    """Wire deals into the audit's registries and subscribe to what happens to contacts and companies."""
    label_commands(COMMANDS)
    link_records({"deal": "deals:deal_detail"})
    undo_with(StageChange, undo_visits)
    refresh_search_with(Deal.kind, refresh_search)
    recompute_with(Deal, recompute_deals)
    recompute_with(DealContact, recompute_people)
    recompute_with(Contact, derive_lifecycle)
    recompute_with(Contact, rename_people)
    recompute_with(Company, rename_companies)
    subscribe(ContactChanged, follow_contacts)
    subscribe(CompanyChanged, follow_companies)
    subscribe(ContactMerged, follow_contacts)
    subscribe(CompanyMerged, follow_companies)
    subscribe(CompanyBinned, let_go_of_companies)
    tell_customers(companies_that_bought)
    undone.register()
    leaving.register()
    history.register()
    personal.register()


def follow_contacts(events: list[ContactChanged] | list[ContactMerged]) -> None:
    """Keep what depends on a contact: its stage by its company's wins (R4), and the search text of its deals."""
    moved = [event.contact_id for event in events if {"company", "company_id"} & set(event.fields)]
    derive_lifecycle(moved)
    rename_people([event.contact_id for event in events if {"first_name", "last_name"} & set(event.fields)])


def follow_companies(events: list[CompanyChanged] | list[CompanyMerged]) -> None:
    """Keep the search text of the deals of companies that were renamed."""
    rename_companies([event.company_id for event in events if "name" in event.fields])


def rename_people(contact_ids: Iterable[UUID]) -> None:
    """Keep the search text of the deals in which these people are."""
    if ids := list(contact_ids):
        links = DealContact.objects.filter(contact__in=ids)
        refresh_search(links.values_list("deal_id", flat=True).distinct())


def rename_companies(company_ids: Iterable[UUID]) -> None:
    """Keep the search text of the deals of these companies."""
    if ids := list(company_ids):
        refresh_search(Deal.objects.filter(company__in=ids).values_list("pk", flat=True))


def let_go_of_companies(events: list[CompanyBinned]) -> None:
    """Take binned companies out of their deals, which stay (R8); undo and restoring bring the link back by history."""
    deals = Deal.objects.filter(company__in=[event.company_id for event in events])
    ids = list(deals.values_list("pk", flat=True))
    if ids:
        Deal.objects.filter(pk__in=ids).update(company=None, version=F("version") + 1)
        refresh_search(ids)
