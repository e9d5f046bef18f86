"""The import against raw SQL: 10,000 contacts with e-mail check, company match, history and undo record.

Both work on a copy of the database. S is COPY into a staging table and INSERT .. SELECT into twins of the product's
tables: the same columns, indexes and rows, no triggers, and one audit row for each contact.
"""

import csv
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from django.db import connection

from crm.demo.words.places import JOB_TITLES, PLACES

from .copies import COPY, copied, in_child

HEADER = ("First name", "Last name", "E-mail", "Phone", "Company", "Job title")
TWINS = """
CREATE SCHEMA s;
CREATE TABLE s.contact (LIKE contacts_contact INCLUDING ALL);
CREATE TABLE s.email (LIKE contacts_contactemail INCLUDING ALL);
CREATE TABLE s.phone (LIKE contacts_contactphone INCLUDING ALL);
CREATE TABLE s.audit (LIKE contacts_contacthistory INCLUDING ALL);
"""
STAGE = """
CREATE TEMP TABLE stage (n serial, id uuid DEFAULT crm_uuid7(), first text, last text, email text, phone text, company text,
    title text) ON COMMIT DROP
"""
CONTACTS = """
INSERT INTO s.contact ({columns})
SELECT {values} FROM stage g LEFT JOIN contacts_company c ON c.sort_name = crm_fold(g.company) AND c.binned_at IS NULL
WHERE NOT EXISTS (SELECT FROM s.email e WHERE e.address = lower(g.email) AND e.live)
"""
EMAILS = """
INSERT INTO s.email (id, contact_id, address, "primary", live)
SELECT crm_uuid7(), g.id, lower(g.email), true, true FROM stage g JOIN s.contact c ON c.id = g.id
"""
PHONES = """
INSERT INTO s.phone (id, contact_id, number, label, "primary")
SELECT crm_uuid7(), g.id, g.phone, '', true FROM stage g JOIN s.contact c ON c.id = g.id
"""


def write_file(path: Path, count: int, tag: str, companies: list[str]) -> list[list[str]]:
    """Write a CSV file of people whom nobody knows, at companies that are known; return its rows."""
    rng = random.Random(tag)
    rows = []
    for number in range(count):
        place = rng.choice(PLACES)
        email = f"person{number}.{tag}@import.example"
        phone = f"+4420794{rng.randrange(10**5):05d}"
        names = [rng.choice(place.first), rng.choice(place.last)]
        rows.append([*names, email, phone, rng.choice(companies), rng.choice(JOB_TITLES)])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows)
    return rows


def _company_names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(name) FROM contacts_company GROUP BY sort_name HAVING count(*) = 1 ORDER BY 1 LIMIT 500"
        )
        return [row[0] for row in cursor.fetchall()]


def measure(var: Path, *, rounds: int) -> dict[str, Any]:
    """Return seconds of the import and of S (medians of interleaved rounds), and the memory grown by 100,000 rows."""
    companies = _company_names()
    with copied():
        return _measure_on_copy(companies, rounds)


def _measure_on_copy(companies: list[str], rounds: int) -> dict[str, Any]:
    raw = connection.owner_connection()
    raw.settings_dict["NAME"] = COPY
    try:
        return _measure_with(raw, companies, rounds)
    finally:
        raw.close()


def _measure_with(raw: Any, companies: list[str], rounds: int) -> dict[str, Any]:
    with raw.cursor() as cursor:
        cursor.execute(TWINS)
        for twin, table in (
            ("contact", "contacts_contact"),
            ("email", "contacts_contactemail"),
            ("phone", "contacts_contactphone"),
        ):
            columns = _columns(cursor, table)
            cursor.execute(f"INSERT INTO s.{twin} ({columns}) SELECT {columns} FROM {table}")
        for twin in ("contact", "email", "phone"):
            cursor.execute(f"VACUUM (ANALYZE) s.{twin}")
    ours, floor = [], []
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "warm.csv"
        write_file(small, 300, "warm", companies)
        for number in range(rounds):
            path = Path(folder) / f"people{number}.csv"
            write_file(path, 10_000, f"r{number}", companies)
            ours.append(_import(small, path))
            floor.append(_raw(raw, path))
        big = Path(folder) / "big.csv"
        write_file(big, 100_000, "big", companies)
        large = _import(small, big)
    return {
        "import_seconds": statistics.median(o["seconds"] for o in ours),
        "s_seconds": statistics.median(floor),
        "rounds": [ours, floor],
        "grown_mib": large["grown_mib"],
        "big_seconds": large["seconds"],
    }


def _columns(cursor: Any, table: str) -> str:
    """Return the columns of a table that are not generated."""
    cursor.execute(
        "SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
        [table],
    )
    return str(cursor.fetchone()[0])


def _import(*paths: Path) -> dict[str, Any]:
    """Import files in a process of its own; the last one is measured. Fails loudly unless all rows were made."""
    figures = in_child("bench.importing", *map(str, paths))
    if figures["state"] != "done" or figures["errors"]:
        raise RuntimeError(f"The import went wrong: {figures}")
    return figures


def _raw(raw: Any, path: Path) -> float:
    """Do the same with the best SQL and return the seconds, reading the file and committing included."""
    with raw.cursor() as cursor:
        values = _values_of(cursor)
        audit = _audit(cursor)
    began = time.monotonic()
    raw.ensure_connection()
    with raw.connection.transaction(), raw.connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(
            "COPY stage (first, last, email, phone, company, title) FROM STDIN (FORMAT csv, HEADER)"
        ) as copy:
            copy.write(path.read_bytes())
        cursor.execute(CONTACTS.format(columns=", ".join(values), values=", ".join(values.values())))
        cursor.execute(EMAILS)
        cursor.execute(PHONES)
        cursor.execute(audit)
    return time.monotonic() - began


def _values_of(cursor: Any) -> dict[str, str]:
    """Return what S writes into each column of a contact."""
    known = {
        "id": "g.id",
        "created_at": "now()",
        "updated_at": "now()",
        "version": "1",
        "first_name": "g.first",
        "last_name": "g.last",
        "job_title": "g.title",
        "company_id": "c.id",
        "lifecycle": "'lead'",
        "lead_status": "'new'",
        "lead_score": "0",
        "links": "'{}'",
        "tags": "'{}'",
        "do_not_email": "false",
        "do_not_call": "false",
        "primary_email": "lower(g.email)",
        "primary_phone": "g.phone",
        "search_text": "crm_fold(concat_ws(' ', g.first, g.last, lower(g.email), g.phone, c.name))",
    }
    cursor.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND is_nullable = 'NO'"
        " AND table_name = 'contacts_contact' AND is_generated = 'NEVER'"
    )
    return {name: "'{}'" if kind in ("jsonb", "ARRAY") else "''" for name, kind in cursor.fetchall()} | known


def _audit(cursor: Any) -> str:
    """Return the statement that writes one audit row for each contact, with all its recorded columns."""
    cursor.execute(
        "SELECT h.column_name FROM information_schema.columns h JOIN information_schema.columns c USING (column_name)"
        " WHERE h.table_name = 'contacts_contacthistory' AND h.table_schema = 'public'"
        " AND c.table_name = 'contacts_contact' AND c.table_schema = 'public'"
    )
    columns = [row[0] for row in cursor.fetchall()]
    names = ", ".join(columns)
    return (
        f"INSERT INTO s.audit (pgh_created_at, pgh_label, pgh_obj_id, {names})"
        f" SELECT now(), 'insert', t.id, {', '.join(f't.{c}' for c in columns)}"
        " FROM stage g JOIN s.contact t ON t.id = g.id"
    )
