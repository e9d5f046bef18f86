"""Commands for those who run the site: doctor, backup and restore, the supervisor, the health checks."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import RequestFactory

from crm.kernel.core import broker, checkup, health, supervisor
from crm.kernel.core.changes import changeset
from crm.kernel.core.postgres.base import wrapper
from crm.kernel.core.supervisor import Supervisor, start_apart
from crm.kernel.users.models import Team


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder that any user may enter, for an installation of its own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def files(tmp_path, settings) -> None:
    """Uploaded files go to a folder of this test."""
    local = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "files")},
    }
    settings.STORAGES = {**settings.STORAGES, "default": local}


def doctor() -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("doctor", stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code)
    return out.getvalue(), 0


@pytest.mark.django_db
def test_doctor_finds_nothing_on_a_sound_installation():
    text, code = doctor()
    assert code == 0
    assert "FAIL" not in text
    assert "cannot rewrite history" in text


@pytest.mark.django_db(transaction=True)
def test_doctor_finds_a_role_that_may_rewrite_history():
    ours = wrapper()
    with ours.as_owner(), ours.cursor() as cursor:
        cursor.execute(f"GRANT UPDATE ON audit_changeset TO {ours.app_role}")
    try:
        text, code = doctor()
    finally:
        with ours.as_owner(), ours.cursor() as cursor:
            cursor.execute(f"REVOKE UPDATE ON audit_changeset FROM {ours.app_role}")
    assert code == 1
    assert "it may rewrite audit_changeset" in text


@pytest.mark.django_db
def test_doctor_finds_pending_migrations(monkeypatch):
    monkeypatch.setattr(checkup, "pending_migrations", lambda: ["deals.9999_more"])
    text, code = doctor()
    assert code == 1
    assert "1 missing" in text


@pytest.mark.django_db
def test_doctor_finds_a_silent_broker(monkeypatch):
    monkeypatch.setattr(broker, "problem", lambda: "nobody there")
    text, code = doctor()
    assert code == 1
    assert "Broker reachable: nobody there" in text


def test_an_absent_redis_is_a_problem_in_words(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert broker.problem()


@pytest.mark.django_db
def test_readyz_tells_of_database_broker_migrations_and_outbox():
    answer = health.readyz(RequestFactory().get("/readyz"))
    assert answer.status_code == 200
    assert json.loads(answer.content) == {
        "status": "ready",
        "database": "ok",
        "migrations": "ok",
        "broker": "ok",
        "oldest_event_seconds": None,
    }


@pytest.mark.django_db
def test_readyz_is_degraded_while_events_wait_too_long(monkeypatch):
    monkeypatch.setattr(checkup, "oldest_waiting_event", lambda: health.LATE * 2)
    answer = health.readyz(RequestFactory().get("/readyz"))
    assert answer.status_code == 200
    assert json.loads(answer.content)["status"] == "degraded"


@pytest.mark.django_db
def test_readyz_refuses_while_migrations_are_pending(monkeypatch):
    monkeypatch.setattr(health, "_known_migrated", False)
    monkeypatch.setattr(checkup, "pending_migrations", lambda: ["deals.9999_more"])
    assert health.readyz(RequestFactory().get("/readyz")).status_code == 503


def test_healthz_asks_nobody():
    assert health.healthz(RequestFactory().get("/healthz")).content == b"ok\n"


@pytest.mark.django_db(transaction=True)
def test_a_backup_restores_rows_history_and_files(workspace, system, tmp_path, files):
    with changeset(system, "test.team"):
        team = Team.objects.create(name="Kept")
    default_storage.save("letter.txt", ContentFile(b"dear"))
    call_command("backup", tmp_path / "backup", stdout=StringIO())
    with changeset(system, "test.team"):
        Team.objects.create(name="Made later")
    default_storage.delete("letter.txt")
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", tmp_path / "backup")

    call_command("restore", tmp_path / "backup", replace=True, stdout=StringIO())

    assert list(Team.objects.values_list("name", flat=True)) == ["Kept"]
    assert team.history.count() == 1
    assert (tmp_path / "files" / "letter.txt").read_bytes() == b"dear"
    text, code = doctor()
    assert code == 0, text


@pytest.mark.django_db(transaction=True)
def test_a_damaged_backup_is_refused_before_anything_is_deleted(workspace, tmp_path, files):
    folder = tmp_path / "backup"
    call_command("backup", folder, stdout=StringIO())
    with (folder / "database.dump").open("ab") as dump:
        dump.write(b"!")
    with pytest.raises(CommandError, match="damaged"):
        call_command("restore", folder, replace=True)
    assert type(workspace).objects.exists()


def test_a_backup_does_not_overwrite(tmp_path):
    (tmp_path / "something").touch()
    with pytest.raises(CommandError, match="not empty"):
        call_command("backup", tmp_path)


def supervise(*scripts: str) -> tuple[int, float]:
    """Run parts that are scripts under a supervisor in a process of its own; return its exit code and its time."""
    parts = "\n".join(f"boss.start('part {n}', lambda: exec({script!r}))" for n, script in enumerate(scripts))
    program = (
        "import sys, time\nfrom crm.kernel.core.supervisor import Supervisor\n"
        f"boss = Supervisor(lambda text: print(text, flush=True))\nboss.watch()\n{parts}\nsys.exit(boss.wait())"
    )
    began = time.monotonic()
    result = subprocess.run([sys.executable, "-c", program], cwd=settings.BASE_DIR, timeout=60, check=False)
    return result.returncode, time.monotonic() - began


def test_when_one_part_dies_all_end_with_its_code():
    code, seconds = supervise("time.sleep(60)", "time.sleep(0.3); sys.exit(7)")
    assert code == 7
    assert seconds < 20


def test_a_part_that_just_returns_is_a_failure_too():
    assert supervise("time.sleep(60)", "pass")[0] == 1


def test_a_killed_part_ends_all_with_its_signal():
    assert (
        supervise("time.sleep(60)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")[0]
        == 128 + signal.SIGKILL
    )


def test_a_command_apart_runs_once_at_a_time_and_its_failure_is_told(caplog):
    command = ("nonsense", "at", "all")
    start_apart(*command)
    first = supervisor._apart[command]
    start_apart(*command)
    assert supervisor._apart[command] is first
    assert first.wait(60) != 0
    assert not caplog.messages
    start_apart(*command)
    assert caplog.messages == ["nonsense at all ended with status 1"]
    supervisor._apart.pop(command).wait(60)


def test_supervisor_starts_empty():
    assert Supervisor(print).ended() is None


@pytest.mark.slow
def test_run_all_goes_from_nothing_to_a_page_and_leaves_nothing_behind(room):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "CRM_VAR": str(room / "var"), "PORT": str(port)}
    for name in ("CRM_TESTING", "DATABASE_URL", "REDIS_URL"):
        environment.pop(name, None)
    stack = subprocess.Popen(
        [sys.executable, "manage.py", "run_all", "--no-demo"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        lines: list[str] = []
        for line in stack.stdout:
            lines.append(line)
            if "running at" in line:
                break
        assert "running at" in "".join(lines[-1:]), "".join(lines)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=20) as page:
            assert page.status == 200
    finally:
        # As a terminal does it at Ctrl-C: to the whole group.
        os.killpg(stack.pid, signal.SIGINT)
        rest, _ = stack.communicate(timeout=60)
    assert stack.returncode == 0, rest
    assert not (room / "var" / "postgres" / "postmaster.pid").exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(stack.pid, 0)


@pytest.mark.django_db
def test_beat_only_names_tasks_that_exist():
    from celery import current_app

    current_app.loader.import_default_modules()
    for entry in current_app.conf.beat_schedule.values():
        assert entry["task"] in current_app.tasks


@pytest.mark.django_db
def test_the_broker_uses_the_database_of_the_moment():
    assert f"dbname={connection.settings_dict['NAME']}" in broker.conninfo()
