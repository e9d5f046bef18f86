"""What is compared of a record: its values by field, each prepared once; and the same of what somebody is typing."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from .rules import Rules
from .words import firm_words, fold, mailbox, name_words, own_domain

CONTACTS = """
SELECT c.id, c.first_name, c.last_name, COALESCE(o.name, '') AS company, c.job_title, c.street, c.postal_code, c.city,
    c.region, c.country, c.custom::text AS custom,
    ARRAY(SELECT address FROM contacts_contactemail WHERE contact_id = c.id) AS emails,
    ARRAY(SELECT number FROM contacts_contactphone WHERE contact_id = c.id) AS phones
FROM contacts_contact c LEFT JOIN contacts_company o ON o.id = c.company_id
WHERE c.id = ANY(%s) AND c.binned_at IS NULL
"""
COMPANIES = """
SELECT c.id, c.name, c.website, c.street, c.postal_code, c.city, c.region, c.country, c.custom::text AS custom,
    ARRAY(SELECT domain FROM contacts_companydomain WHERE company_id = c.id) AS domains,
    ARRAY(SELECT address FROM contacts_companyemail WHERE company_id = c.id) AS emails,
    ARRAY(SELECT number FROM contacts_companyphone WHERE company_id = c.id) AS phones
FROM contacts_company c WHERE c.id = ANY(%s) AND c.binned_at IS NULL
"""
SQL = {"contact": CONTACTS, "company": COMPANIES}


@dataclass(slots=True)
class Profile:
    """A record as it is compared: `values` by field, each a tuple of prepared values, empty fields left out.

    `words` are the words of its name, for the keys under which it is looked for.
    """

    id: UUID | None
    values: dict[str, tuple[Any, ...]]
    words: frozenset[str]


def load_profiles(rules: Rules, ids: Collection[UUID]) -> dict[UUID, Profile]:
    """Return the live ones of these records; one query."""
    with connection.cursor() as cursor:
        cursor.execute(SQL[rules.kind], [list(ids)])
        names = [each.name for each in cursor.description]
        return {row[0]: profile_of(rules, dict(zip(names, row, strict=True))) for row in cursor.fetchall()}


def profile_of(rules: Rules, row: Mapping[str, Any]) -> Profile:
    """Return the profile of a record given as columns and lists; what no rule asks for is left out."""
    read = _contact if rules.kind == "contact" else _company
    values = read(row)
    words = frozenset(word for part in values.get("name", ()) for word in _all_words(part))
    wanted: dict[str, tuple[Any, ...]] = {}
    custom = row.get("custom") or {}
    if isinstance(custom, str):
        custom = json.loads(custom)
    for rule in rules.rules:
        found = values.get(rule.field, ())
        if rule.field.startswith("cf_"):
            found = tuple(_plain(custom.get(rule.field[3:])))
        if found:
            wanted[rule.field] = found
    return Profile(row.get("id"), wanted, words)


def _all_words(name: Any) -> Iterable[str]:
    return name.split() if isinstance(name, str) else (*name[0], *name[1])


def _contact(row: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    emails = [each for each in row.get("emails") or () if each]
    return _filled(
        {
            "email": {mailbox(each) for each in emails},
            "domain": {own_domain(each) for each in emails},
            "phone": {each.partition(";")[0] for each in row.get("phones") or ()},
            "company": {firm_words(row.get("company") or "")},
            "job_title": {fold(row.get("job_title") or "")},
            **_address(row),
        }
    ) | _name(row)


def _name(row: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    parts = name_words(row.get("first_name") or ""), name_words(row.get("last_name") or "")
    return {"name": (parts,)} if any(parts) else {}


def _company(row: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    emails = [each for each in row.get("emails") or () if each]
    hosts = {*(row.get("domains") or ()), *(own_domain(each) for each in emails), _host(row.get("website") or "")}
    return _filled(
        {
            "name": {firm_words(row.get("name") or "")},
            "domain": {host.removeprefix("www.") for host in hosts},
            "email": {mailbox(each) for each in emails},
            "phone": {each.partition(";")[0] for each in row.get("phones") or ()},
            **_address(row),
        }
    )


def _host(website: str) -> str:
    return website.casefold().partition("://")[2].partition("/")[0].partition(":")[0]


def _address(row: Mapping[str, Any]) -> dict[str, set[str]]:
    return {name: {fold(row.get(name) or "")} for name in ("street", "postal_code", "city", "region", "country")}


def _filled(values: Mapping[str, set[str]]) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(sorted(found - {""})) for name, found in values.items() if found - {""}}


def _plain(value: Any) -> Iterable[str]:
    """Yield the text of a stored custom value, in whichever shape it is."""
    if value in (None, "", []):
        return
    if isinstance(value, list):
        yield from (str(each) for each in value)
    elif isinstance(value, dict):
        yield " ".join(str(each) for each in value.values())
    else:
        yield fold(str(value)) if not isinstance(value, bool) else str(value)
