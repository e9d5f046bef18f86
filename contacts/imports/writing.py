"""New contacts, copied in by the thousand: each row is written once, with its search text folded beforehand."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from contacts.events import ContactCreated
from contacts.models import Company, Contact, ContactEmail, ContactPhone, Lifecycle
from contacts.registry import companies_that_bought
from contacts.services import spellings
from crm.kernel.core.bulk import copy_rows
from crm.kernel.core.ids import uuid7
from crm.kernel.customfields.fields import fields_for
from crm.kernel.customfields.values import words_of
from crm.kernel.events.bus import publish
from crm.kernel.listing.imports.engine import Job
from crm.kernel.listing.imports.tables import copy_by_time

CHILDREN = ("emails", "phones")


def write_contacts(job: Job, contacts: Sequence[dict[str, Any]]) -> None:
    """Insert contacts given as columns with an `id`, and `emails` and `phones` as lists, and say so."""
    now = timezone.now()
    rows = []
    bought = companies_that_bought(contact.get("company_id") for contact in contacts)
    for contact, text in zip(contacts, _search_texts(contacts), strict=True):
        row = {name: value for name, value in contact.items() if name not in CHILDREN}
        row.setdefault("created_at", now)
        if row.get("company_id") in bought:
            row.setdefault("lifecycle", Lifecycle.CUSTOMER)
        emails, phones = contact["emails"], contact["phones"]
        row |= {"updated_at": now, "search_text": text}
        row |= {"primary_email": emails[0] if emails else "", "primary_phone": phones[0] if phones else ""}
        rows.append(row)
    copy_by_time(Contact, rows, "created_at")
    copy_rows(ContactEmail, list(_children(contacts, "emails", "address")))
    copy_rows(ContactPhone, list(_children(contacts, "phones", "number")))
    publish(
        *(
            ContactCreated(
                subject_id=row["id"],
                company_id=row.get("company_id"),
                owner_id=row.get("owner_id"),
                at=row["created_at"],
            )
            for row in rows
        ),
        actor=job.actor,
    )


def _children(contacts: Sequence[dict[str, Any]], key: str, column: str) -> Iterable[dict[str, Any]]:
    """Yield the addresses or numbers of contacts as rows, the first of each primary."""
    for contact in contacts:
        for position, value in enumerate(contact[key]):
            yield {"id": uuid7(), "contact_id": contact["id"], column: value, "primary": position == 0}


def _search_texts(contacts: Sequence[dict[str, Any]]) -> list[str]:
    """Return what each new contact is found by, as `refresh_search` would write it."""
    wanted = {contact["company_id"] for contact in contacts if contact.get("company_id")}
    names = dict(Company.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}
    fields = fields_for(Contact.kind)
    words = []
    for contact in contacts:
        parts = (
            *(contact.get(name) for name in ("first_name", "middle_name", "last_name")),
            *contact["emails"],
            *contact["phones"],
            names.get(contact.get("company_id")),
            *spellings.of_person(contact.get("first_name") or "", contact.get("last_name") or ""),
            *words_of(fields, contact.get("custom", {})),
        )
        words.append(" ".join(part for part in parts if part))
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_fold(w) FROM unnest(%s::text[]) WITH ORDINALITY AS u(w, n) ORDER BY n", [words])
        return [text for (text,) in cursor.fetchall()]
