"""One file with everything: for leaving the product, or for moving house (`load.py` is the other half).

The archive is a ZIP file:
- `about.json`: which workspace, when, how many rows of what;
- `readable/`: CSV files for people and other programs, under the names that the import reads, and `plan.yaml` for
  `manage.py import_csv --plan`;
- `tables/`: every business table exactly as it is, as PostgreSQL's own CSV, for `manage.py import_all`. What is a
  business table is not listed here: it is what history is kept of. Passwords and sign-ins are left out;
- `files/`: what people have attached.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import yaml
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from django.utils import timezone

from crm.kernel.core.changes import Actor
from crm.kernel.core.csvs import csv_line
from crm.kernel.core.history import TRACKED
from crm.kernel.listing.imports.registry import importer_of, importers
from crm.kernel.workspace.models import Workspace

from .registry import Cell, Exporter, exporters
from .table import lines

FORMAT = 1
SECRET = {"password", "last_login"}
STEP = 5000
ORDER = ("people", "companies", "contacts", "deals", "activities", "tasks")
Tick = Callable[[int], None]


def tables() -> list[type[models.Model]]:
    """Return the business tables: those of which history is kept, and those that apps add."""
    return sorted({*TRACKED, *_added}, key=lambda model: model._meta.db_table)


_added: list[type[models.Model]] = []
_stored: list[Callable[[], Iterable[str]]] = []


def carry(model: type[models.Model]) -> None:
    """Take a table into the archive of which no history is kept."""
    _added.append(model)


def carry_files(names: Callable[[], Iterable[str]]) -> None:
    """Take files into the archive: `names()` are those in the storage that the app's rows refer to, each once."""
    _stored.append(names)


def columns_of(model: type[models.Model]) -> list[str]:
    """Return the columns of a table that the archive carries."""
    fields = model._meta.concrete_fields
    return [each.column for each in fields if each.column and not each.generated and each.name not in SECRET]


@contextmanager
def one_moment() -> Iterator[None]:
    """See the whole database as it is at one moment; inside somebody's transaction as that sees it."""
    outside = not connection.in_atomic_block
    with transaction.atomic(durable=False):
        if outside:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def write(path: Path, actor: Actor, tick: Tick) -> int:
    """Write the archive; `tick(rows so far)` is called every few thousand. Return the number of rows of all tables."""
    counts: dict[str, int] = {}
    done = 0

    def progress(more: int) -> None:
        nonlocal done
        done += more
        tick(done)

    with one_moment(), ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for model in tables():
            counts[model._meta.db_table] = _write_table(archive, model)
            progress(counts[model._meta.db_table])
        plan = [_write_readable(archive, exporter, actor, tick=lambda: tick(done)) for exporter in _readable()]
        _write_plan(archive, [entry for entry in plan if entry])
        _write_files(archive)
        archive.writestr("about.json", json.dumps(_about(counts), indent=1))
    return sum(counts.values())


def _about(counts: dict[str, int]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "workspace": Workspace.current().name,
        "made_at": timezone.now().isoformat(),
        "rows": counts,
    }


def _write_table(archive: ZipFile, model: type[models.Model]) -> int:
    quote = connection.ops.quote_name
    listed = ", ".join(map(quote, columns_of(model)))
    key = quote(str(model._meta.pk.column))
    sql = f"COPY (SELECT {listed} FROM {quote(model._meta.db_table)} ORDER BY {key}) TO STDOUT (FORMAT csv, HEADER)"
    with (
        archive.open(f"tables/{model._meta.db_table}.csv", "w", force_zip64=True) as file,
        connection.cursor() as cursor,
    ):
        with cursor.copy(sql) as copy:
            for data in copy:
                file.write(data)
        return max(cursor.rowcount, 0)


def _readable() -> list[Exporter]:
    known = {each.importer: each for each in exporters()}
    return [known[kind] for kind in ORDER if kind in known]


def _write_readable(
    archive: ZipFile, exporter: Exporter, actor: Actor, tick: Callable[[], None]
) -> dict[str, Any] | None:
    """Write a kind's file for people; return its entry in the plan, nothing for a kind without rows."""
    cells = exporter.columns(actor)
    name = f"{exporter.importer}.csv"
    count = 0
    with archive.open(f"readable/{name}", "w", force_zip64=True) as file:
        file.write(csv_line([cell.heading for cell in cells], mark=True).encode())
        rows = lines(exporter.annotated(exporter.rows(actor)).order_by("pk"), cells)
        for count, row in enumerate(rows, 1):
            file.write(csv_line(row).encode())
            if count % STEP == 0:
                tick()
    return _planned(exporter, name, cells) if count else None


def _planned(exporter: Exporter, name: str, cells: list[Cell]) -> dict[str, Any] | None:
    if exporter.importer not in {each.kind for each in importers()}:
        return None
    importer = importer_of(exporter.importer)
    columns = {cell.heading: cell.key for cell in cells if importer.field(cell.key) is not None}
    return {"file": name, "kind": exporter.importer, "columns": columns, "dates": "ymd", "decimal": "."}


def _write_plan(archive: ZipFile, entries: list[dict[str, Any]]) -> None:
    plan = {"name": "archive", "about": Workspace.current().name, "files": entries}
    archive.writestr("readable/plan.yaml", yaml.safe_dump(plan, sort_keys=False, allow_unicode=True))


def stored_names() -> Iterator[str]:
    """Yield the names of attached files in the storage, each once."""
    for names in _stored:
        yield from names()


def _write_files(archive: ZipFile) -> None:
    """Copy attached files, each under its name in the storage."""
    for name in stored_names():
        if not default_storage.exists(name):
            continue
        with default_storage.open(name) as source, archive.open(f"files/{name}", "w", force_zip64=True) as target:
            while chunk := source.read(1 << 20):
                target.write(chunk)
