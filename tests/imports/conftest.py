"""What tests of the import share: a file of text becomes a run that is checked or written at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm.kernel.core.changes import Actor
from crm.kernel.listing.imports import services, work
from crm.kernel.listing.imports.engine import CHUNK
from crm.kernel.listing.imports.models import ImportRun
from crm.kernel.users.models import User


@pytest.fixture(autouse=True)
def _files_apart(settings, tmp_path):
    """Keep uploaded files away from those of the installation."""
    settings.VAR_DIR = tmp_path


@pytest.fixture
def receive(tmp_path) -> Callable[..., ImportRun]:
    """Return a function that takes a file in: its text or bytes, its kind, who brings it, settings of the run."""

    def bring(kind: str, content: str | bytes, user: User, name: str = "file.csv", **settings: Any) -> ImportRun:
        path = Path(tmp_path) / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        run = services.receive_path(actor=Actor.of(user), kind=kind, path=path)
        columns = settings.pop("columns", None)
        mapping = [columns.get(name, []) for name in run.header] if columns else run.mapping
        return services.save_columns(actor=Actor.of(user), run_id=run.pk, mapping=mapping, settings=settings)

    return bring


@pytest.fixture
def check(receive) -> Callable[..., ImportRun]:
    """Return a function that has a file checked and gives back the run."""

    def checked(*args: Any, **settings: Any) -> ImportRun:
        run = receive(*args, **settings)
        services.start_check(actor=Actor.of(run.user), run_id=run.pk)
        work.work_on(run.pk)
        run.refresh_from_db()
        return run

    return checked


@pytest.fixture
def imported(receive) -> Callable[..., ImportRun]:
    """Return a function that imports a file and gives back the run."""

    def done(*args: Any, **settings: Any) -> ImportRun:
        run = receive(*args, **settings)
        services.start_import(actor=Actor.of(run.user), run_id=run.pk)
        work.work_on(run.pk)
        run.refresh_from_db()
        return run

    return done


@pytest.fixture
def small_chunks(monkeypatch) -> int:
    """Cut files into chunks of three rows."""
    monkeypatch.setattr("crm.kernel.listing.imports.engine.CHUNK", 3)
    assert CHUNK > 3
    return 3


def problems(run: ImportRun) -> list[tuple[int, str, str]]:
    """Return what is wrong, as (row, column, message)."""
    return list(run.problems.order_by("row", "id").values_list("row", "column", "message"))
