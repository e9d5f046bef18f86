"""Rights of the application's role: it may use every table, but of history only insert and read.

`secure` runs after every migration as the owner. It is idempotent: it states the whole truth each time.
"""

import logging
from typing import Any

import pghistory.models
from django.apps import apps
from django.db import transaction

from .base import DatabaseWrapper
from .erasing import erase_function_sql

logger = logging.getLogger(__name__)

CONTEXT_TABLE = "pghistory_context"
# pgtrigger re-creates this function with every trigger. Its own body obeys the session setting `pgtrigger.ignore`,
# by which anybody who can run SQL could switch history off; ours ignores nothing.
NEVER_IGNORE_SQL = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE AS $$ SELECT FALSE $$
"""
APP_SQL = """
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {app};
REVOKE TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA public FROM {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app};
"""
# Only our own functions: those of extensions belong to the superuser, and granting them would only warn.
OWN_FUNCTIONS = """
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = current_user::regrole AND p.prokind IN ('f', 'w')
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
# Queues are made by the application itself, hence CREATE; it owns those, and nothing else in there.
BROKER_SQL = """
GRANT USAGE, CREATE ON SCHEMA pgmq TO {app};
"""
OWNED_BROKER_TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = to_regnamespace('pgmq')
AND c.relkind IN ('r', 'p') AND pg_has_role(current_user, c.relowner, 'USAGE') AND c.relowner <> %s::regrole
"""


def append_only_tables() -> set[str]:
    """Return the tables whose rows are written once: history, its contexts, and models with `append_only = True`."""
    tables = {CONTEXT_TABLE}
    for model in apps.get_models(include_auto_created=True):
        written_once = getattr(model, "append_only", False) or issubclass(model, pghistory.models.Event)
        if written_once and model._meta.managed and not model._meta.proxy:
            tables.add(model._meta.db_table)
    return tables


def secure(connection: DatabaseWrapper) -> bool:
    """Give the application's role its rights and take from it what it must not have; return False if it is the owner.

    Must run as the owner. On a server with one role only the triggers protect history: a warning says so.
    """
    quote = connection.ops.quote_name
    app = connection.app_role
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('public._pgtrigger_should_ignore(name)') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute(NEVER_IGNORE_SQL)
        _make_erasing(cursor)
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] == app:
            logger.warning("One database role for everything: history is guarded by triggers alone (see doctor).")
            return False
        cursor.execute(APP_SQL.format(app=quote(app)))
        cursor.execute(OWN_FUNCTIONS)
        if functions := ", ".join(row[0] for row in cursor.fetchall()):
            cursor.execute(f"GRANT EXECUTE ON FUNCTION {functions} TO {quote(app)}")
        for table in sorted(append_only_tables() & _existing(cursor)):
            cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {quote(table)} FROM {quote(app)}")
        _open_broker(cursor, app=quote(app), quote=quote)
    return True


def _make_erasing(cursor: Any) -> None:
    """Make the function by which a person is erased, once the tables that it names are there."""
    cursor.execute("SELECT to_regclass('public.contacts_erasure') IS NOT NULL")
    if cursor.fetchone()[0] and (statements := erase_function_sql()):
        cursor.execute(statements)


def _existing(cursor: Any) -> set[str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {row[0] for row in cursor.fetchall()}


def _open_broker(cursor: Any, *, app: str, quote: Any) -> None:
    cursor.execute("SELECT to_regnamespace('pgmq') IS NOT NULL")
    if not cursor.fetchone()[0]:
        return
    cursor.execute(BROKER_SQL.format(app=app))
    cursor.execute(OWNED_BROKER_TABLES, [app])
    for (table,) in cursor.fetchall():
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON pgmq.{quote(table)} TO {app}")
