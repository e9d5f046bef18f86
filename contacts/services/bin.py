"""Deleting and restoring contacts and companies (R8).

A contact's addresses stay with it and are free for others while it is in the bin (`live`). A company's contacts and
subsidiaries stay and lose the link; restoring the company brings back those links that nobody has set anew.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.events import CompanyBinned, CompanyRestored, ContactBinned, ContactRestored
from contacts.models import Company, CompanyDomain, Contact, ContactEmail
from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.core.history import history_of
from crm.kernel.events.bus import publish

from .drafts import AddressTaken, Clash
from .search import refresh_search


def _lock(model: type[Any], ids: Iterable[UUID], actor: Actor, *, binned: bool) -> list[Any]:
    """Lock records that the actor may delete.

    Raises DoesNotExist for one not visible, PermissionDenied for one not theirs.
    """
    wanted = set(ids)
    rows = model._default_manager.visible_to(actor).filter(pk__in=wanted)
    rows = rows.binned() if binned else rows.live()
    records = list(rows.locked().order_by("pk"))
    if len(records) < len(wanted):
        raise model.DoesNotExist(f"{len(wanted) - len(records)} {model.__name__} not found.")
    for record in records:
        actor.require("delete", record)
    if len(records) > 1:
        actor.require_flag("bulk")
    return records


def _mark(model: type[Any], records: Sequence[Any], at: Any) -> None:
    now = timezone.now()
    model._default_manager.filter(pk__in=[r.pk for r in records]).update(
        binned_at=at, version=F("version") + 1, updated_at=now
    )


@command("contacts.bin")
def bin_contacts(*, contact_ids: Iterable[UUID], actor: Actor) -> list[Contact]:
    """Put contacts into the bin; their addresses may be used by others from then on."""
    contacts = _lock(Contact, contact_ids, actor, binned=False)
    _mark(Contact, contacts, timezone.now())
    ContactEmail.objects.filter(contact__in=contacts).update(live=False)
    publish(*(ContactBinned(subject_id=c.pk, company_id=c.company_id) for c in contacts), actor=actor)
    return contacts


@command("contacts.restore")
def restore_contacts(*, contact_ids: Iterable[UUID], actor: Actor) -> list[Contact]:
    """Bring contacts back from the bin; raises AddressTaken if somebody has one of their addresses by now (R2)."""
    contacts = _lock(Contact, contact_ids, actor, binned=True)
    _check_free(contacts, actor)
    _mark(Contact, contacts, None)
    ContactEmail.objects.filter(contact__in=contacts).update(live=True)
    refresh_search(c.pk for c in contacts)
    publish(*(ContactRestored(subject_id=c.pk, company_id=c.company_id) for c in contacts), actor=actor)
    return contacts


def _check_free(contacts: Sequence[Contact], actor: Actor) -> None:
    addresses = ContactEmail.objects.filter(contact__in=contacts).values("address")
    clashes = []
    for row in ContactEmail.objects.filter(address__in=addresses, live=True).select_related("contact"):
        named = {"address": row.address, "name": row.contact.name}
        if actor.can("view", row.contact):
            clashes.append(Clash(row.address, _("%(address)s belongs to %(name)s by now.") % named, row.contact))
        else:
            clashes.append(Clash(row.address, _("%(address)s is in the workspace again by now.") % named))
    if clashes:
        message = " ".join(clash.message for clash in clashes)
        raise AddressTaken(message, fields={"emails": message}, clashes=clashes)


@command("companies.bin")
def bin_companies(*, company_ids: Iterable[UUID], actor: Actor) -> list[Company]:
    """Put companies into the bin.

    Contacts and subsidiaries lose the link here, deals by a subscriber of CompanyBinned.
    """
    companies = _lock(Company, company_ids, actor, binned=False)
    _mark(Company, companies, timezone.now())
    CompanyDomain.objects.filter(company__in=companies).update(live=False)
    now = timezone.now()
    lost = list(Contact.objects.filter(company__in=companies).values_list("pk", flat=True))
    Contact.objects.filter(pk__in=lost).update(company=None, version=F("version") + 1, updated_at=now)
    Company.objects.filter(parent__in=companies).update(parent=None, version=F("version") + 1, updated_at=now)
    refresh_search(lost)
    publish(*(CompanyBinned(subject_id=c.pk) for c in companies), actor=actor)
    return companies


@command("companies.restore")
def restore_companies(*, company_ids: Iterable[UUID], actor: Actor) -> list[Company]:
    """Bring companies back from the bin, with the links that were lost and that nobody has set since.

    Raises Refused if another company has one of their domains by now.
    """
    companies = _lock(Company, company_ids, actor, binned=True)
    domains = CompanyDomain.objects.filter(company__in=companies).values("domain")
    taken = CompanyDomain.objects.filter(domain__in=domains, live=True).values_list("domain", flat=True).first()
    if taken is not None:
        raise Refused(_("Another company has the domain %(domain)s by now.") % {"domain": taken})
    sets = {company.pk: binning_of(company.pk) for company in companies}
    _mark(Company, companies, None)
    CompanyDomain.objects.filter(company__in=companies).update(live=True)
    for company in companies:
        found = links_lost(Contact, "company_id", company.pk, sets[company.pk])
        Contact.objects.filter(pk__in=found, company=None).update(
            company=company, version=F("version") + 1, updated_at=timezone.now()
        )
        refresh_search(found)
        found = links_lost(Company, "parent_id", company.pk, sets[company.pk])
        Company.objects.filter(pk__in=found, parent=None).exclude(pk=company.pk).update(
            parent=company, version=F("version") + 1, updated_at=timezone.now()
        )
    publish(*(CompanyRestored(subject_id=c.pk, binned_by=sets[c.pk]) for c in companies), actor=actor)
    return companies


def follow_contacts(ids: Iterable[UUID]) -> None:
    """Let the addresses of contacts follow them into the bin and out of it, when an undo has put them there."""
    rows = ContactEmail.objects.filter(contact__in=list(ids))
    rows.filter(live=True, contact__binned_at__isnull=False).update(live=False)
    rows.filter(live=False, contact__binned_at__isnull=True).update(live=True)


def follow_companies(ids: Iterable[UUID]) -> None:
    """Let the domains of companies follow them into the bin and out of it, when an undo has put them there."""
    rows = CompanyDomain.objects.filter(company__in=list(ids))
    rows.filter(live=True, company__binned_at__isnull=False).update(live=False)
    rows.filter(live=False, company__binned_at__isnull=True).update(live=True)


def binning_of(company_id: UUID) -> UUID | None:
    """Return the change-set that put a company into the bin last."""
    rows = history_of(Company).objects.filter(pgh_obj_id=company_id, binned_at__isnull=False)
    return rows.order_by("-pgh_id").values_list("pgh_context_id", flat=True).first()


def links_lost(model: type[models.Model], column: str, company_id: UUID, changeset_id: UUID | None) -> list[UUID]:
    """Return the rows of `model` that lost their link `column` to a company in a change-set, by their history."""
    if changeset_id is None:
        return []
    table = connection.ops.quote_name(history_of(model)._meta.db_table)
    name = connection.ops.quote_name(column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT DISTINCT h.pgh_obj_id FROM {table} h
            JOIN LATERAL (
                SELECT p.{name} AS before FROM {table} p
                WHERE p.pgh_obj_id = h.pgh_obj_id AND p.pgh_id < h.pgh_id ORDER BY p.pgh_id DESC LIMIT 1
            ) earlier ON true
            WHERE h.pgh_context_id = %s AND h.{name} IS NULL AND earlier.before = %s
            """,
            [changeset_id, company_id],
        )
        return [row[0] for row in cursor.fetchall()]
