"""What search finds contacts and companies by, and their primary address and number.

Derived columns, kept set-based.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from crm.kernel.customfields.fields import PREFIX

from . import spellings

BATCH = 5000

# A word of the search text is folded; numbers are kept as +digits, so that any part of a number is found.
CONTACTS = f"""
UPDATE contacts_contact c
SET search_text = n.search_text, primary_email = n.email, primary_phone = n.phone
FROM (
    SELECT p.id, COALESCE(e.first, '') AS email, COALESCE(f.first, '') AS phone,
           crm_fold(concat_ws(' ', NULLIF(p.first_name, ''), NULLIF(p.middle_name, ''), NULLIF(p.last_name, ''),
               e.words, f.words, o.name, {spellings.CONTACT_SQL},
               crm_custom_words('contact', p.custom))) AS search_text
    FROM contacts_contact p
    LEFT JOIN contacts_company o ON o.id = p.company_id
    LEFT JOIN LATERAL (
        SELECT string_agg(address, ' ' ORDER BY "primary" DESC, id) AS words,
            (array_agg(address ORDER BY "primary" DESC, id))[1] AS first
        FROM contacts_contactemail WHERE contact_id = p.id
    ) e ON true
    LEFT JOIN LATERAL (
        SELECT string_agg(number, ' ' ORDER BY "primary" DESC, id) AS words,
            (array_agg(number ORDER BY "primary" DESC, id))[1] AS first
        FROM contacts_contactphone WHERE contact_id = p.id
    ) f ON true
    WHERE p.id = ANY(%s)
) n
WHERE c.id = n.id
  AND (c.search_text, c.primary_email, c.primary_phone) IS DISTINCT FROM (n.search_text, n.email, n.phone)
"""
COMPANIES = f"""
UPDATE contacts_company c
SET search_text = n.search_text
FROM (
    SELECT p.id,
           crm_fold(concat_ws(' ', p.name, d.words, e.words, f.words, NULLIF(p.city, ''),
               {spellings.COMPANY_SQL},
               crm_custom_words('company', p.custom))) AS search_text
    FROM contacts_company p
    LEFT JOIN LATERAL (
        SELECT string_agg(domain, ' ' ORDER BY id) AS words FROM contacts_companydomain WHERE company_id = p.id
    ) d ON true
    LEFT JOIN LATERAL (
        SELECT string_agg(address, ' ' ORDER BY "primary" DESC, id) AS words
        FROM contacts_companyemail WHERE company_id = p.id
    ) e ON true
    LEFT JOIN LATERAL (
        SELECT string_agg(number, ' ' ORDER BY "primary" DESC, id) AS words
        FROM contacts_companyphone WHERE company_id = p.id
    ) f ON true
    WHERE p.id = ANY(%s)
) n
WHERE c.id = n.id AND c.search_text IS DISTINCT FROM n.search_text
"""


# What a contact or company is found by, besides its custom fields.
FOUND_BY = {
    *("first_name", "middle_name", "last_name", "company_id", "name", "city"),
    *("emails", "phones", "domains"),
}


def found_by(fields: Iterable[str]) -> bool:
    """Say whether a record whose fields changed is found by other words now."""
    return any(name in FOUND_BY or name.startswith(PREFIX) for name in fields)


def refresh_search(contact_ids: Iterable[UUID]) -> None:
    """Recompute search text, primary address and primary number of contacts.

    Rows that are right already are not written.
    """
    _run(CONTACTS, contact_ids)


def refresh_company_search(company_ids: Iterable[UUID]) -> None:
    """Recompute the search text of companies, and of their contacts, who are found by the company's name."""
    ids = list(company_ids)
    _run(COMPANIES, ids)
    refresh_search(_contacts_of(ids))


def refresh_parents_of_contact_rows(row_ids: Iterable[UUID]) -> None:
    """Recompute the contacts of addresses and numbers that an undo has put back or taken away."""
    _run_for_rows(row_ids, ("contactemail", "contactphone"), "contact_id", refresh_search)


def refresh_parents_of_company_rows(row_ids: Iterable[UUID]) -> None:
    """Recompute the companies of domains, addresses and numbers that an undo has put back or taken away."""
    _run_for_rows(row_ids, ("companydomain", "companyemail", "companyphone"), "company_id", refresh_company_search)


def _run(sql: str, ids: Iterable[UUID]) -> None:
    wanted = sorted(set(ids))
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), BATCH):
            cursor.execute(sql, [wanted[start : start + BATCH]])


def _contacts_of(company_ids: list[UUID]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM contacts_contact WHERE company_id = ANY(%s)", [company_ids])
        return [row[0] for row in cursor.fetchall()]


def _run_for_rows(row_ids: Iterable[UUID], tables: tuple[str, ...], column: str, refresh: object) -> None:
    """Find the parents of rows in the history tables: a row that is gone has its parent only there."""
    ids = list(row_ids)
    parents: set[UUID] = set()
    with connection.cursor() as cursor:
        for table in tables:
            # Table and column names are the constants above.
            cursor.execute(f"SELECT DISTINCT {column} FROM contacts_{table}history WHERE pgh_obj_id = ANY(%s)", [ids])
            parents |= {row[0] for row in cursor.fetchall()}
    refresh(parents)  # type: ignore[operator]
