"""What an import changes of contacts that are here already (R4): empties are filled, addresses and numbers added.

A lead whom a row knows by an address has come in again, unless the run only keeps records up to date (`returning` is
off, the row has the id of its source, or the same file was imported before): its timeline says so, and a lead at rest is
new again.
"""

from collections.abc import Sequence
from uuid import UUID

from contacts.events import ContactChanged, LeadReturned, LeadStatusChanged, OwnerChanged
from contacts.models import Contact, ContactEmail, ContactPhone, LeadStatus, Lifecycle
from contacts.services import refresh_search
from contacts.services.leads import RESTING
from crm.kernel.core.bulk import copy_rows, update_rows
from crm.kernel.core.ids import uuid7
from crm.kernel.events.bus import DomainEvent, publish
from crm.kernel.listing.imports.engine import Job
from crm.kernel.listing.imports.registry import Row

from .common import changed, told_fields

COLUMNS = (
    "first_name", "middle_name", "last_name", "job_title", "company_id", "owner_id", "lifecycle",
    "churned_on", "churned_reason", "lead_status", "unqualified_reason", "lead_score", "consent_at", "consent_how",
    "consent_basis", "source", "language", "links", "tags", "description", "do_not_email", "do_not_call",
    "street", "postal_code", "city", "region", "country", "created_at",
)  # fmt: skip
# What a known contact keeps unless the file is to overwrite: it has a value from the beginning, never an empty one.
ALWAYS_FILLED = ("lifecycle", "lead_status")


def change_contacts(job: Job, rows: Sequence[Row], *, write: bool) -> None:
    """Work out what changes of known contacts and mark those of which nothing does; or write what was worked out."""
    if not rows:
        return
    if not write:
        _work_out(job, rows)
        return
    update_rows(Contact, [(row.known, row.changes) for row in rows if row.known])
    for key, model, column in (("emails", ContactEmail, "address"), ("phones", ContactPhone, "number")):
        copy_rows(
            model,
            [
                {
                    "id": uuid7(),
                    "contact_id": row.known,
                    column: value,
                    "primary": n == 0 and not row.record["has"][key],
                }
                for row in rows
                for n, value in enumerate(row.record["fresh"][key])
            ],
        )
    refresh_search([row.known for row in rows if row.known])
    publish(*_events(job, rows), actor=job.actor)


def _work_out(job: Job, rows: Sequence[Row]) -> None:
    ids = [row.known for row in rows if row.known]
    contacts = Contact.objects.filter(pk__in=ids)
    contacts = contacts if job.dry else contacts.locked()
    present = {v["pk"]: v for v in contacts.values("pk", *COLUMNS, "custom", "import_source", "external_id")}
    have = _children(ids)
    for row in rows:
        before = present[row.known]
        wanted = {name: value for name, value in row.record.items() if name in before and name != "created_at"}
        if not job.run.overwrite:
            wanted = {name: value for name, value in wanted.items() if name not in ALWAYS_FILLED}
        if row.record.get("external_id", "").startswith("row:"):
            wanted.pop("external_id", None)
        row.changes = changed(job, before, wanted)
        row.record["before"] = before
        _reopen(row)
        mine = have.get(row.known, {})  # type: ignore[arg-type]
        row.record["has"] = {key: bool(mine.get(key)) for key in ("emails", "phones")}
        row.record["fresh"] = {
            key: [value for value in row.values[key] if value not in mine.get(key, ())] for key in ("emails", "phones")
        }
        if not row.changes and not any(row.record["fresh"].values()) and not row.record.get("returned"):
            row.action = "unchanged"


def _reopen(row: Row) -> None:
    """Let a lead at rest be new again if it has come in again; whoever is no lead has not returned as one (R4)."""
    before = row.record["before"]
    if row.changes.get("lifecycle", before["lifecycle"]) != Lifecycle.LEAD:
        row.record.pop("returned", None)
    elif row.record.get("returned") and before["lead_status"] in RESTING and "lead_status" not in row.changes:
        row.changes |= {"lead_status": LeadStatus.NEW, "unqualified_reason": ""}


def _children(ids: Sequence[UUID]) -> dict[UUID, dict[str, set[str]]]:
    found: dict[UUID, dict[str, set[str]]] = {}
    for key, model, column in (("emails", ContactEmail, "address"), ("phones", ContactPhone, "number")):
        for pk, value in model.objects.filter(contact__in=ids).values_list("contact_id", column):
            found.setdefault(pk, {}).setdefault(key, set()).add(value)
    return found


def _events(job: Job, rows: Sequence[Row]) -> list[DomainEvent]:
    """Return what changed, and apart from it a new owner, a new lead status, and that a lead came in again."""
    events: list[DomainEvent] = []
    for row in rows:
        assert row.known is not None
        before, changes = row.record["before"], row.changes
        company = changes.get("company_id", before["company_id"])
        fresh = [key for key, added in row.record["fresh"].items() if added]
        fields = tuple(sorted((*told_fields(changes, before), *fresh)))
        if fields:
            events.append(ContactChanged(subject_id=row.known, company_id=company, fields=fields))
        if row.record.get("returned"):
            source, reopened = row.values.get("source") or job.run.source, "lead_status" in changes
            events.append(LeadReturned(subject_id=row.known, company_id=company, source=source, reopened=reopened))
        if "owner_id" in changes:
            events.append(
                OwnerChanged(
                    record_kind="contact", subject_id=row.known, company_id=company,
                    from_owner_id=before["owner_id"], to_owner_id=changes["owner_id"],
                )
            )  # fmt: skip
        if "lead_status" in changes:
            events.append(
                LeadStatusChanged(
                    subject_id=row.known, company_id=company,
                    from_status=before["lead_status"], to_status=changes["lead_status"],
                )
            )  # fmt: skip
    return events
