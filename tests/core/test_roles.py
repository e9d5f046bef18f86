"""The application's role may use every table, but history it may only read and add to."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.changes import changeset
from crm.kernel.core.history import history_of
from crm.kernel.core.postgres.base import wrapper
from crm.kernel.core.postgres.roles import append_only_tables, secure
from crm.kernel.users.models import Team

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db) -> Iterator[object]:
    """A connection that acts as the owner of the tables."""
    other = wrapper().owner_connection()
    yield other
    other.close()


@pytest.fixture
def history(system) -> str:
    """A history table with a row in it."""
    with changeset(system, "test.team"):
        Team.objects.create(name="East")
    assert history_of(Team).objects.exists()
    return history_of(Team)._meta.db_table


def refused(sql: str) -> bool:
    """Tell whether PostgreSQL refuses a statement of the application for want of a right."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except DatabaseError as error:
        return error.__cause__.sqlstate == "42501"
    return False


def test_the_application_does_not_run_as_the_owner(owner):
    with connection.cursor() as ours, owner.cursor() as theirs:
        ours.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
        theirs.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
        (app, app_super), (other, owner_super) = ours.fetchone(), theirs.fetchone()
    assert app != other
    assert not app_super
    assert not owner_super


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET pgh_label = 'forged'",
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "ALTER TABLE {table} ADD COLUMN forged int",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "DROP TABLE {table}",
        "CREATE TRIGGER forged BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ],
)
def test_history_cannot_be_rewritten(history, statement):
    assert refused(statement.format(table=history))


def test_change_sets_cannot_be_forged(history):
    table = ChangeSet._meta.db_table
    assert refused(f"UPDATE {table} SET label = 'somebody else'")
    assert refused(f"DELETE FROM {table}")
    assert refused(f"TRUNCATE {table}")


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE users_team DISABLE TRIGGER ALL",
        "TRUNCATE users_team CASCADE",
        "SET session_replication_role = replica",
        "CREATE TABLE public.mine (id int)",
        "ALTER FUNCTION public._pgtrigger_should_ignore(name) RENAME TO gone",
        "DROP FUNCTION _pgh_attach_context() CASCADE",
        "SET ROLE crm_owner",
    ],
)
def test_recording_cannot_be_switched_off(statement):
    assert refused(statement)


def test_pgtriggers_ignore_setting_has_no_effect(system, history):
    name = history_of(Team).objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'users_team'::regclass AND NOT tgisinternal")
        triggers = ",".join(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", ["{" + triggers + "}"])
    with changeset(system, "test.team"):
        Team.objects.update(name="West")
    assert history_of(Team).objects.count() == name + 1


def test_every_history_model_is_guarded():
    recorded = {model._meta.db_table for model in apps.get_models() if model.__name__.endswith("History")}
    assert recorded
    assert recorded <= append_only_tables()


def test_other_tables_are_open_for_work(system):
    with changeset(system, "test.team"):
        team = Team.objects.create(name="East")
        Team.objects.filter(pk=team.pk).update(name="West")
        team.delete()
    assert not Team.objects.filter(pk=team.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_secure_takes_back_what_was_granted_and_may_run_twice(history):
    connection = wrapper()
    with connection.as_owner():
        with connection.cursor() as cursor:
            cursor.execute(f"GRANT ALL ON {history} TO {connection.app_role}")
        assert secure(connection)
        assert secure(connection)
    assert refused(f"DELETE FROM {history}")
    assert refused(f"TRUNCATE {history}")
    assert not refused(f"SELECT count(*) FROM {history}")


@pytest.mark.django_db(transaction=True)
def test_one_role_for_everything_is_told_not_hidden(monkeypatch, caplog):
    connection = wrapper()
    monkeypatch.setattr(type(connection), "app_role", property(lambda self: self.owner_role))
    with connection.as_owner():
        assert not secure(connection)
    assert "triggers alone" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_in_the_pool_is_not_given_out():
    """The pool holds this one connection alone: nobody else's dies with it."""
    connection.close()
    connection.close_pool()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    connection.close()  # into the pool
    end_backend(backend)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() != (backend,)


def end_backend(pid):
    """End a connection to the server, as its restart does."""
    other = wrapper().owner_connection()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        assert cursor.fetchone() == (True,)
    other.close()
