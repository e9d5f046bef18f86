"""What goes with contacts and companies that are purged (R8)."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.kernel.listing.purging.registry import Purgeable, purge_along
from crm.kernel.listing.purging.registry import register as purge

from .models import Company, Contact, PersonalRun
from .services.search import refresh_search


def register() -> None:
    """Offer both kinds, and say what becomes of what refers to them."""
    purge(
        Purgeable(
            "contact", Contact, _("Contacts"), lambda n: ngettext("%d contact", "%d contacts", n) % n,
            _("Addresses, numbers and places in deals go along, and notes, tasks and files that belong to nothing else."),
            "contacts:contact_bin_list", widen=merged_into(Contact),
        )
    )  # fmt: skip
    purge(
        Purgeable(
            "company", Company, _("Companies"), lambda n: ngettext("%d company", "%d companies", n) % n,
            _("Domains and shared addresses go along, and what belongs to nothing else. Contacts and deals stay."),
            "contacts:company_bin_list", widen=merged_into(Company),
        )
    )  # fmt: skip
    purge_along(release)


def merged_into(model: type[Any]) -> Callable[[Collection[UUID]], set[UUID]]:
    """Return a function that finds all records that have become part of these, over any number of merges (M3)."""

    def find(ids: Collection[UUID]) -> set[UUID]:
        found: set[UUID] = set()
        parts = set(ids)
        while parts:
            rows = model.objects.merged().filter(merged_into__in=parts).locked()
            parts = set(rows.values_list("pk", flat=True)) - found
            found |= parts
        return found

    return find


def release(kind: str, ids: Collection[UUID]) -> dict[str, int]:
    """Let go of people and subsidiaries of purged companies; remove archives of purged people."""
    if kind == Contact.kind:
        for run in PersonalRun.objects.filter(contact__in=ids):
            run.delete()  # with its file
    elif kind == Company.kind:
        touched = {"version": F("version") + 1, "updated_at": timezone.now()}
        people = list(Contact.objects.filter(company__in=ids).values_list("pk", flat=True))
        Contact.objects.filter(pk__in=people).update(company=None, **touched)
        Company.objects.filter(parent__in=ids).update(parent=None, **touched)
        refresh_search(people)
    return {}
