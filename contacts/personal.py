"""What contacts hold on a person, and how a person is recognised in other rows (H1)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from crm.kernel.audit.registry import never_undone
from crm.kernel.core import panels, personal
from crm.kernel.core.history import history_of
from crm.kernel.core.personal import ERASED, Afterwards, Identity
from crm.kernel.listing.imports.models import ImportRun
from crm.kernel.listing.runs import register_work

from .models import (
    Company,
    CompanyDomain,
    CompanyEmail,
    CompanyPhone,
    Contact,
    ContactEmail,
    ContactPhone,
    Dismissal,
    DuplicateCheck,
    DuplicateKey,
    DuplicatePair,
    PersonalRun,
)
from .services.personal.runs import WORK, perform

IDS = """
WITH RECURSIVE g AS (
    SELECT c.id FROM contacts_contact c WHERE c.id = person
    UNION SELECT c.id FROM contacts_contact c JOIN g ON c.merged_into_id = g.id
) SELECT id FROM g
"""
NAMES = """
SELECT n.first_name, n.last_name, NOT EXISTS (
    SELECT FROM contacts_contact o WHERE o.id <> ALL (ids)
    AND lower(o.first_name) = lower(n.first_name) AND lower(o.last_name) = lower(n.last_name)
) FROM (
    SELECT first_name, last_name FROM contacts_contact WHERE id = ANY (ids)
    UNION SELECT first_name, last_name FROM contacts_contacthistory WHERE pgh_obj_id = ANY (ids)
) n
"""
EMAILS = """
SELECT e.address FROM (
    SELECT address FROM contacts_contactemail WHERE contact_id = ANY (ids)
    UNION SELECT address FROM contacts_contactemailhistory WHERE contact_id = ANY (ids)
) e
WHERE NOT EXISTS (SELECT FROM contacts_contactemail o WHERE o.address = e.address AND o.contact_id <> ALL (ids))
AND NOT EXISTS (SELECT FROM contacts_companyemail o WHERE o.address = e.address)
"""
PHONES = """
SELECT e.number FROM (
    SELECT number FROM contacts_contactphone WHERE contact_id = ANY (ids)
    UNION SELECT number FROM contacts_contactphonehistory WHERE contact_id = ANY (ids)
) e
WHERE NOT EXISTS (SELECT FROM contacts_contactphone o WHERE o.number = e.number AND o.contact_id <> ALL (ids))
AND NOT EXISTS (SELECT FROM contacts_companyphone o WHERE o.number = e.number)
"""
CONTACT: dict[str, Any] = {
    "first_name": ERASED, "middle_name": "", "last_name": "", "job_title": "", "source": "", "language": "",
    "churned_reason": "", "unqualified_reason": "", "links": [], "tags": [], "description": "", "consent_at": None,
    "consent_how": "", "consent_basis": "", "street": "", "postal_code": "", "city": "", "region": "", "country": "",
    "custom": {}, "import_source": "", "external_id": "", "search_text": "", "primary_email": "", "primary_phone": "",
}  # fmt: skip


def uploads_of(contact_ids: Collection[UUID]) -> Afterwards:
    """Return what removes uploaded import files that wrote a person and are done with: their rows hold what was typed."""
    sets = history_of(Contact).objects.filter(pgh_obj_id__in=contact_ids).values("pgh_context_id")
    runs = ImportRun.objects.filter(changeset_id__in=sets).exclude(state__in=ImportRun.AT_WORK)
    paths = [run.path for run in runs]

    def remove() -> None:
        for path in paths:
            path.unlink(missing_ok=True)

    return remove


def register() -> None:
    """Declare the columns of this app; `keep` says which texts tell nothing of a person."""
    register_work(WORK, PersonalRun, perform)
    never_undone("contacts.erase", _("The person was erased for good: this cannot be undone."))
    panels.register(
        "contact.more", "contacts/_personal_item.html", order=95, visible=lambda user, obj: user.may("personal_data")
    )
    personal.identify(Identity(IDS, NAMES, EMAILS, PHONES))
    for model, blank in ((ContactEmail, {"address": ERASED}), (ContactPhone, {"number": ERASED, "label": ""})):
        rows = "contact_id = ANY (ids)"
        personal.hold(model, rows, history=rows, blank=blank, remove=True)
    personal.hold(Contact, "id = ANY (ids)", blank=CONTACT, keep=("lifecycle", "lead_status", "sort_name"))
    for below in (Company, CompanyDomain, CompanyEmail, CompanyPhone):
        texts = [f.attname for f in below._meta.concrete_fields]
        personal.hold(below, "false", keep=texts)  # an organisation's; mentions are blanked all the same
    for name in ("RecentView", "Favourite"):
        marks = apps.get_model("search", name)
        personal.hold(marks, "record_kind = 'contact' AND record_id = ANY (ids)", keep=("record_kind",), remove=True)
    personal.hold(apps.get_model("listing", "RecordListMember"), "record_id = ANY (ids)", remove=True)
    personal.hold(apps.get_model("listing", "RecordList"), "false", keep=("name", "record_kind", "shared"))
    for pairs in (DuplicatePair, Dismissal):
        both = "record_kind = 'contact' AND (first_id = ANY (ids) OR second_id = ANY (ids))"
        personal.hold(pairs, both, keep=("record_kind", "reasons"), remove=True)
    for marks in (DuplicateKey, DuplicateCheck):
        personal.hold(marks, "record_kind = 'contact' AND record_id = ANY (ids)", keep=("record_kind",), remove=True)
    personal.erase_with(uploads_of)
    notes = apps.get_model("notifications", "Notification")
    personal.hold(
        notes,
        "record_kind = 'contact' AND record_id = ANY (ids)",
        remove=True,
        keep=("topic", "text", "key", "record_kind", "by_mail"),
    )
