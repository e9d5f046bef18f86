"""An archive into an empty workspace: every business row as it was, with its id, in one transaction and change-set.

This is the one door that writes rows without their services: they have been through them before. Rows are dated back to
their creation (H1). What every installation has from the start (roles, the first pipeline, the first admin) is found
by its name and becomes the archive's; records that had no id of another system keep their own as that (R1).
"""

import json
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, models
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, changeset, set_business_time
from crm.kernel.core.errors import Refused
from crm.kernel.core.history import TRACKED
from crm.kernel.core.models import Record
from crm.kernel.core.remember import forget
from crm.kernel.listing.imports.tables import note_changeset
from crm.kernel.workspace.models import Workspace

from .archive import FORMAT, columns_of, stored_names, tables

SOURCE = "archive"
# What is there from the start, and the columns by which the archive's own is found. `None`: there is only one.
NATURAL: dict[str, tuple[str, ...]] = {
    "workspace_workspace": (),
    "users_role": ("key",),
    "users_user": ("email",),
    "deals_pipeline": ("name",),
    "deals_stage": ("pipeline_id", "name"),
    "deals_lostreason": ("name",),
}
# Of those, what goes if the archive does not have it: nobody has used it yet.
SEEDS = ("deals_stage", "deals_pipeline", "deals_lostreason")


def load(path: Path, actor: Actor) -> dict[str, int]:
    """Put an archive into this workspace and return the number of rows by table.

    Raises Refused, in words, if the workspace is not empty or the file is no archive of this version.
    """
    _require_empty()
    try:
        archive = ZipFile(path)
    except (BadZipFile, OSError) as error:
        raise Refused(_("This is no archive.")) from error
    with archive:
        _check(archive)
        with changeset(actor, "archive.load", summary={"file": path.name}):
            note_changeset()
            loader = Loader(archive)
            counts = loader.load()
        _load_files(archive)
    Workspace.forget()
    forget()
    return counts


def _require_empty() -> None:
    """Raise Refused if anybody has made a record here."""
    for model in TRACKED:
        if issubclass(model, Record) and model._default_manager.exists():
            raise Refused(
                _("This workspace is not empty: it has %(kind)s.") % {"kind": model._meta.verbose_name_plural}
            )


def _check(archive: ZipFile) -> None:
    """Raise Refused unless this is an archive of all our tables with all their columns."""
    names = set(archive.namelist())
    if "about.json" not in names:
        raise Refused(_("This is no archive: it has no about.json."))
    if json.loads(archive.read("about.json")).get("format") != FORMAT:
        raise Refused(_("This archive was made by another version of the product."))
    for model in tables():
        name = f"tables/{model._meta.db_table}.csv"
        with archive.open(name) if name in names else _missing(name) as file:
            header = file.readline().decode().strip().split(",")
        if header != columns_of(model):
            raise Refused(
                _("The archive's table %(name)s has other columns: it was made by another version of the product.")
                % {"name": name}
            )


def _missing(name: str) -> Any:
    raise Refused(_("The archive has no %(name)s.") % {"name": name})


class Loader:
    """Takes the tables of an archive into staging, finds what is here already, and inserts the rest."""

    def __init__(self, archive: ZipFile) -> None:
        self.archive = archive
        self.models = {model._meta.db_table: model for model in tables()}

    def load(self) -> dict[str, int]:
        """Load all tables; return the number of rows by table."""
        counts = {name: self._stage(model) for name, model in self.models.items()}
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE arch_map (old uuid PRIMARY KEY, new uuid) ON COMMIT DROP")
        for name in NATURAL:
            self._find(name)
        for model in self.models.values():
            self._follow(model)
        for name in SEEDS:
            self._drop_unused(name)
        for model in self.models.values():
            self._insert(model)
        set_business_time(None)
        return counts

    def _stage(self, model: type[models.Model]) -> int:
        """Copy a table's rows into a table of this transaction."""
        quote, columns = connection.ops.quote_name, columns_of(model)
        table, listed = model._meta.db_table, ", ".join(map(connection.ops.quote_name, columns))
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMP TABLE {quote('arch_' + table)} ON COMMIT DROP AS"
                f" SELECT {listed} FROM {quote(table)} WITH NO DATA"
            )
            sql = f"COPY {quote('arch_' + table)} ({listed}) FROM STDIN (FORMAT csv, HEADER)"
            with self.archive.open(f"tables/{table}.csv") as file, cursor.copy(sql) as copy:
                while data := file.read(1 << 20):
                    copy.write(data)
            count = int(cursor.rowcount)
            if issubclass(model, Record):
                cursor.execute(
                    f"UPDATE {quote('arch_' + table)} SET import_source = %s, external_id = id::text"
                    " WHERE external_id = ''",
                    [SOURCE],
                )
        return count

    def _find(self, table: str) -> None:
        """Note which staged rows mean a row that is here already; stages are found in their found pipeline."""
        quote = connection.ops.quote_name
        same = [f"r.{quote(name)} = {self._mapped(table, name)}" for name in NATURAL[table]]
        if table == "users_user":
            same.append("r.email <> ''")
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO arch_map SELECT DISTINCT ON (s.id) s.id, r.id FROM {quote('arch_' + table)} s"
                f" JOIN {quote(table)} r ON {' AND '.join(same) or 'true'} ORDER BY s.id ON CONFLICT DO NOTHING"
            )

    def _mapped(self, table: str, name: str) -> str:
        """Return a staged column as it will be: references by the map."""
        column = f"s.{connection.ops.quote_name(name)}"
        if name.endswith("_id"):
            return f"COALESCE((SELECT m.new FROM arch_map m WHERE m.old = {column}), {column})"
        return column

    def _follow(self, model: type[models.Model]) -> None:
        """Let staged references lead to what is here already."""
        quote = connection.ops.quote_name
        table = quote("arch_" + model._meta.db_table)
        for field in model._meta.concrete_fields:
            target = field.related_model
            if target is None or target._meta.db_table not in NATURAL or field.primary_key:
                continue
            column = quote(str(field.column))
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE {table} s SET {column} = m.new FROM arch_map m WHERE m.old = s.{column}")

    def _drop_unused(self, table: str) -> None:
        """Remove what this installation had from the start and the archive does not have."""
        quote = connection.ops.quote_name
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {quote(table)} r WHERE NOT EXISTS (SELECT FROM arch_map m WHERE m.new = r.id)")

    def _insert(self, model: type[models.Model]) -> None:
        """Change what is here already into the archive's, and insert the rest, each day's under its own business time."""
        quote, table = connection.ops.quote_name, model._meta.db_table
        columns = columns_of(model)
        pk = model._meta.pk.column
        rest = [quote(each) for each in columns if each != pk]
        fixed = {"password": "'!'"} if "password" in {f.column for f in model._meta.concrete_fields} else {}
        with connection.cursor() as cursor:
            if table in NATURAL:
                cursor.execute(
                    f"UPDATE {quote(table)} r SET ({', '.join(rest)}) = ROW({', '.join(f's.{each}' for each in rest)})"
                    f" FROM {quote('arch_' + table)} s JOIN arch_map m ON m.old = s.id WHERE r.id = m.new"
                )
        listed = ", ".join([*map(quote, columns), *map(quote, fixed)])
        picked = ", ".join([*(f"s.{quote(each)}" for each in columns), *fixed.values()])
        known = " AND NOT EXISTS (SELECT FROM arch_map m WHERE m.old = s.id)" if table in NATURAL else ""
        insert = (
            f"INSERT INTO {quote(table)} ({listed}) SELECT {picked} FROM {quote('arch_' + table)} s WHERE true{known}"
        )
        if "created_at" not in columns or model not in TRACKED:
            set_business_time(None)
            with connection.cursor() as cursor:
                cursor.execute(insert)
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT date_trunc('day', created_at), min(created_at)"
                f" FROM {quote('arch_' + table)} GROUP BY 1 ORDER BY 1"
            )
            days = cursor.fetchall()
            for day, first in days:
                set_business_time(first)
                cursor.execute(f"{insert} AND date_trunc('day', s.created_at) = %s", [day])


def _load_files(archive: ZipFile) -> None:
    """Put the files that rows refer to into the storage, under the same names."""
    packed = set(archive.namelist())
    for name in stored_names():
        if f"files/{name}" in packed and not default_storage.exists(name):
            with archive.open(f"files/{name}") as source:
                default_storage.save(name, File(source))
