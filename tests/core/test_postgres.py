"""The embedded server: set up once, started by whoever comes first, stopped on request; the test databases."""

import multiprocessing
import os
import signal
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from crm.kernel.core.postgres import binaries, server
from crm.kernel.core.postgres.base import wrapper
from crm.kernel.core.postgres.errors import EmbeddedServerError
from crm.kernel.core.postgres.server import APP_ROLE, DATABASE, OWNER_ROLE, EmbeddedServer


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that any user may enter, unlike pytest's own."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def cluster(place) -> Iterator[EmbeddedServer]:
    """A cluster of its own, stopped at the end."""
    embedded = EmbeddedServer(place / "postgres", disposable=True)
    yield embedded
    embedded.stop()


def connect(embedded: EmbeddedServer, role: str = APP_ROLE) -> psycopg.Connection:
    return psycopg.connect(host=str(embedded.socket_dir), dbname=DATABASE, user=role, autocommit=True)


def test_it_starts_on_demand_with_two_ordinary_roles(cluster):
    assert not cluster.accepts()
    cluster.ensure_running()
    cluster.ensure_running()
    with connect(cluster, OWNER_ROLE) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS mine (id int)")
        rows = owner.execute("SELECT rolname, rolsuper, rolcreatedb FROM pg_roles WHERE rolname LIKE 'crm%'").fetchall()
        assert set(rows) == {(OWNER_ROLE, False, True), (APP_ROLE, False, False)}
        assert owner.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    with connect(cluster) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("CREATE TABLE public.yours (id int)")


def test_it_listens_on_a_private_socket_only(cluster):
    cluster.ensure_running()
    with connect(cluster) as app:
        assert app.execute("SHOW listen_addresses").fetchone() == ("",)
    assert stat.S_IMODE(cluster.socket_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700
    assert len(str(cluster.socket_dir)) < 90


def race(data: Path, results: "multiprocessing.Queue[str]") -> None:
    try:
        embedded = EmbeddedServer(data, disposable=True)
        embedded.ensure_running()
        with connect(embedded) as app:
            results.put(str(app.execute("SELECT system_identifier FROM pg_control_system()").fetchone()))
    except (EmbeddedServerError, psycopg.Error) as error:
        results.put(repr(error))


def test_four_racers_make_one_cluster(place):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    embedded = EmbeddedServer(place / "raced", disposable=True)
    racers = [context.Process(target=race, args=(embedded.data, results)) for _ in range(4)]
    for racer in racers:
        racer.start()
    answers = {results.get(timeout=60) for _ in racers}
    for racer in racers:
        racer.join()
    embedded.stop()
    assert len(answers) == 1
    assert "Error" not in answers.pop()


def test_it_comes_back_after_a_kill(cluster):
    cluster.ensure_running()
    pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    while cluster.accepts():  # the kernel takes a moment to carry it out
        time.sleep(0.01)
    cluster.ensure_running()
    with connect(cluster) as app:
        assert app.execute("SELECT 1").fetchone() == (1,)


def test_a_pid_file_of_another_program_is_no_obstacle(cluster):
    cluster.ensure_running()
    cluster.stop()
    # After a power cut the number may belong to anything: here, to this test.
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n")
    cluster.ensure_running()
    assert cluster.accepts()


def test_open_permissions_are_closed_again(cluster):
    cluster.ensure_running()
    cluster.stop()
    cluster.data.chmod(0o755)
    cluster.ensure_running()
    assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700


def test_a_half_made_cluster_is_made_again(place):
    embedded = EmbeddedServer(place / "halved", disposable=True)
    draft = place / "halved.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18")
    embedded.ensure_running()
    assert embedded.stop()


def test_data_of_another_version_are_left_alone(place):
    embedded = EmbeddedServer(place / "old", disposable=True)
    embedded.data.mkdir()
    (embedded.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedServerError, match="written by PostgreSQL 12"):
        embedded.ensure_running()


def test_another_error_is_told_at_once(place):
    embedded = EmbeddedServer(place / "broken", disposable=True)
    embedded.ensure_running()
    embedded.stop()
    (embedded.data / "global" / "pg_control").unlink()
    began = time.monotonic()
    with pytest.raises(EmbeddedServerError, match="pg_control"):
        embedded.ensure_running()
    assert time.monotonic() - began < server.START_PATIENCE / 2


def test_stopping_a_stopped_server_says_so(place):
    assert not EmbeddedServer(place / "nothing").stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to drop to another user")
def test_a_closed_parent_is_named(place):
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedServerError, match=f"may not enter {closed}"):
        EmbeddedServer(closed / "postgres").ensure_running()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do everything")
def test_somebody_elses_data_are_not_ours():
    with pytest.raises(EmbeddedServerError, match="belongs to uid 0"):
        binaries.server_uid(Path("/etc"))


def test_a_dead_socket_is_no_server(place):
    embedded = EmbeddedServer(place / "dead", disposable=True)
    embedded.socket_dir.mkdir(exist_ok=True)
    path = embedded.socket_dir / f".s.PGSQL.{server.PORT}"
    left_over = socket.socket(socket.AF_UNIX)
    left_over.bind(str(path))
    left_over.close()
    assert not embedded.accepts()
    path.unlink()
    embedded.socket_dir.rmdir()


@pytest.mark.django_db
def test_tests_run_in_a_disposable_cluster_as_the_application():
    if not wrapper().embedded:
        pytest.skip("DATABASE_URL names another server")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('fsync'), current_database()")
        role, fsync, name = cursor.fetchone()
    assert role == APP_ROLE
    assert fsync == "off"
    assert name.startswith("test_")


@pytest.mark.django_db
def test_the_owners_role_is_not_taken_inside_a_transaction():
    refused = pytest.raises(ImproperlyConfigured, match="middle of a transaction")
    with transaction.atomic(), refused, wrapper().as_owner():
        pass


@pytest.mark.django_db(transaction=True)
def test_the_owners_role_ends_with_its_block():
    ours = wrapper()
    with ours.as_owner(), ours.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == ours.owner_role
    with ours.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == ours.app_role
