"""Questions that `doctor` and `/readyz` ask: is the database up, migrated, guarded, and is work being done?"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.migrations.executor import MigrationExecutor

from .postgres.roles import append_only_tables

# Further checks that apps add: name, and a function that returns the problem in words or nothing.
further: list[tuple[str, Callable[[], str]]] = []

EXTENSIONS = {"pg_trgm", "unaccent", "btree_gin", "btree_gist", "citext"}
OLDEST_SERVER = (15, 0)
PRIVILEGES = "UPDATE, DELETE, TRUNCATE, TRIGGER"


def add_check(name: str, check: Callable[[], str]) -> None:
    """Let `doctor` ask one thing more once the database is fine."""
    further[:] = [*(each for each in further if each[0] != name), (name, check)]


def pending_migrations() -> list[str]:
    """Return the names of the migrations that the database lacks."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [str(migration) for migration, _ in plan]


def missing_extensions() -> set[str]:
    """Return the extensions that the database lacks."""
    return EXTENSIONS - {row[0] for row in _rows("SELECT extname FROM pg_extension")}


def oldest_waiting_event() -> dt.timedelta | None:
    """Return the age of the oldest event that no worker has finished; None if there is none, or no outbox yet."""
    if not _value("SELECT to_regclass('public.events_event') IS NOT NULL"):
        return None
    age = "SELECT clock_timestamp() - min(recorded_at) FROM events_event"
    return _value(f"{age} WHERE processed_at IS NULL AND failed_at IS NULL")


def failed_events() -> int:
    """Return how many events were given up after their last attempt."""
    if not _value("SELECT to_regclass('public.events_event') IS NOT NULL"):
        return 0
    return _value("SELECT count(*) FROM events_event WHERE failed_at IS NOT NULL")


def single_role() -> bool:
    """Tell whether the application runs as the owner of its tables, so that triggers alone guard history."""
    return bool(_value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"))


def role_problems() -> list[str]:
    """Return what the application's role may do and must not. Nothing is tried out: PostgreSQL is asked."""
    problems = []
    if _value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        problems.append("it is a superuser")
    if _value("SELECT has_schema_privilege(current_user, 'public', 'CREATE')"):
        problems.append("it may create objects in schema public")
    rows = _rows(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY(%s)"
        " AND has_table_privilege(current_user, format('%%I.%%I', schemaname, tablename), %s) ORDER BY 1",
        [sorted(append_only_tables()), PRIVILEGES],
    )
    problems += [f"it may rewrite {table}" for (table,) in rows]
    if single_role():
        problems.append("it owns tables")
    return problems


def history_can_be_ignored() -> bool:
    """Tell whether a session setting could switch the history triggers off."""
    if not _value("SELECT to_regprocedure('public._pgtrigger_should_ignore(name)') IS NOT NULL"):
        return False
    source = "SELECT prosrc FROM pg_proc WHERE oid = to_regprocedure('public._pgtrigger_should_ignore(name)')"
    return "current_setting" in _value(source).lower()


def _rows(sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _value(sql: str) -> Any:
    return _rows(sql)[0][0]
