"""Import plans: how the files of a folder are read, kept as YAML, so that moving house is repeatable and reviewable.

The format is described in `docs/import/format.md`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.db.models import Q
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.customfields.fields import PREFIX
from crm.kernel.users.models import User

from . import directory, services
from .engine import check_and_keep, perform
from .files import inspect, read_rows
from .models import ImportRun
from .plan_fields import PlannedField, read_fields
from .registry import Importer, importer_of, importers

FILE_KEYS = {
    "file", "kind", "columns", "values", "people", "stages", "title_from", "pipeline", "mode", "key", "overwrite",
    "dates", "decimal", "region", "currency", "default_owner", "create_companies", "create_contacts", "returning",
    "encoding", "delimiter", "lookups", "source",
}  # fmt: skip
OPTIONS = (
    "values", "people", "stages", "title_from", "pipeline", "dates", "decimal", "region", "currency", "default_owner",
    "create_companies", "create_contacts", "returning",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """How one file of a plan is read."""

    file: str
    kind: str
    columns: dict[str, list[str]]
    options: dict[str, Any]
    mode: str = ImportRun.Mode.UPSERT
    key: str = ""
    overwrite: bool = False
    source: str = ""
    encoding: str = ""
    delimiter: str = ""
    lookups: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan: its name marks what it imports, its files are taken in order."""

    name: str
    files: list[PlannedFile]
    fields: list[PlannedField] = field(default_factory=list)


def load_plan(path: Path) -> Plan:
    """Read and check a plan. Raises Refused naming what is wrong in it."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refused(_("The plan is no valid YAML: %(error)s") % {"error": str(error)[:200]}) from error
    if not isinstance(raw, dict) or not isinstance(raw.get("files"), list) or not raw.get("name"):
        raise Refused(_("A plan has a name and a list of files."))
    if unknown := set(raw) - {"name", "files", "about", "fields"}:
        raise Refused(_("The plan does not know “%(keys)s”.") % {"keys": ", ".join(sorted(map(str, unknown)))})
    name, fields = str(raw["name"])[:60], read_fields(raw.get("fields", []))
    return Plan(name, [_planned(entry, name, fields) for entry in raw["files"]], fields)


def _planned(entry: Any, name: str, fields: Sequence[PlannedField]) -> PlannedFile:
    if not isinstance(entry, dict) or not {"file", "kind", "columns"} <= set(entry):
        raise Refused(_("Each file of a plan has file, kind and columns."))
    where = str(entry["file"])
    if unknown := set(entry) - FILE_KEYS:
        words = ", ".join(sorted(map(str, unknown)))
        raise Refused(_("%(file)s: the plan does not know “%(keys)s”.") % {"file": where, "keys": words})
    if entry["kind"] not in {each.kind for each in importers()}:
        raise Refused(_("%(file)s: there is no kind “%(kind)s”.") % {"file": where, "kind": entry["kind"]})
    importer = importer_of(entry["kind"])
    made = {f"{PREFIX}{each.key}" for each in fields if each.record_kind == importer.record_kind}
    columns = {str(name): _fields(where, importer, value, made) for name, value in entry["columns"].items()}
    if entry.get("mode", "upsert") not in ImportRun.Mode.values:
        raise Refused(_("%(file)s: the mode is create, update or upsert.") % {"file": where})
    return PlannedFile(
        file=where,
        kind=entry["kind"],
        columns=columns,
        options={key: entry[key] for key in OPTIONS if key in entry},
        mode=entry.get("mode", "upsert"),
        key=entry.get("key", ""),
        overwrite=bool(entry.get("overwrite")),
        source=str(entry.get("source", name))[:60],
        encoding=entry.get("encoding", ""),
        delimiter=entry.get("delimiter", ""),
        lookups=entry.get("lookups", []),
    )


def _fields(where: str, importer: Importer, value: Any, made: Collection[str]) -> list[str]:
    """Return the fields that a column fills: one, several, or none."""
    keys = [str(key) for key in (value if isinstance(value, list) else [value] if value else [])]
    for key in keys:
        if importer.field(key) is None and key not in made:
            known = ", ".join([*(each.key for each in importer.fields), *made])
            raise Refused(
                _("%(file)s: there is no field “%(key)s”. There are: %(known)s.")
                % {"file": where, "key": key, "known": known}
            )
    return keys


def prepare(planned: PlannedFile, folder: Path, actor: Actor) -> ImportRun:
    """Take a file of a plan in and set its columns as planned. Raises Refused for a missing file or column."""
    path = folder / planned.file
    if not path.is_file():
        raise Refused(_("The file %(file)s is not in the folder.") % {"file": planned.file})
    run = services.receive_path(actor=actor, kind=planned.kind, path=path)
    if planned.encoding or planned.delimiter:
        run = services.change_format(
            actor=actor, run_id=run.pk, encoding=planned.encoding or run.encoding,
            delimiter=planned.delimiter or run.delimiter,
        )  # fmt: skip
    if missing := set(planned.columns) - set(run.header):
        services.discard_import(actor=actor, run_id=run.pk)
        words = ", ".join(sorted(missing))
        raise Refused(_("%(file)s has no column %(names)s.") % {"file": planned.file, "names": words})
    mapping = [planned.columns.get(name, []) for name in run.header]
    defaults = importer_of(run.kind).default_options(run, [])
    settings = {
        **defaults, "returning": False, **planned.options, "title_from": planned.options.get("title_from", []),
        "mode": planned.mode, "match_key": planned.key, "overwrite": planned.overwrite, "source": planned.source,
        "people": _people(planned.options.get("people", {})),
    }  # fmt: skip
    if owner := planned.options.get("default_owner"):
        settings["default_owner"] = _person(str(owner))
    for lookup in planned.lookups:
        _check_lookup(run, lookup, folder, planned)
    return services.save_columns(actor=actor, run_id=run.pk, mapping=mapping, settings=settings)


def _people(given: dict[str, Any]) -> dict[str, str]:
    """Return decisions about names: colleagues are written by e-mail or name."""
    return {
        str(word): str(choice) if choice in directory.CHOICES else _person(str(choice))
        for word, choice in given.items()
    }


def _person(word: str) -> str:
    person = User.objects.filter(Q(email=word.lower()) | Q(name__iexact=word)).first()
    if person is None:
        raise Refused(_("The plan names %(name)s, who is not here.") % {"name": word})
    return str(person.pk)


def _check_lookup(run: ImportRun, lookup: dict[str, Any], folder: Path, planned: PlannedFile) -> None:
    """Check that each value of a column is in another file's column, such as products in a price list."""
    column, path, key = str(lookup.get("column")), folder / str(lookup.get("file")), str(lookup.get("key"))
    if not path.is_file() or column not in run.header:
        raise Refused(_("The lookup of %(column)s needs the file and the column.") % {"column": column})
    facts = inspect(path)
    if key not in facts.header:
        raise Refused(_("%(file)s has no column %(names)s.") % {"file": path.name, "names": key})
    position, own = facts.header.index(key), run.header.index(column)
    listed = {
        cells[position].strip()
        for _n, cells in read_rows(path, facts.encoding, facts.delimiter)
        if len(cells) > position
    }
    renamed = planned.options.get("values", {}).get(column, {})
    rows = read_rows(run.path, run.encoding, run.delimiter)
    next(rows)
    found = {renamed.get(cell, cell) for _n, cells in rows if len(cells) > own and (cell := cells[own].strip())}
    if unknown := sorted(found - listed):
        words = ", ".join(unknown[:10])
        raise Refused(
            _("%(column)s: %(values)s is not in %(file)s. Add it to the values of the plan.")
            % {"column": column, "values": words, "file": path.name}
        )


def carry_out(run: ImportRun, actor: Actor, *, dry: bool) -> ImportRun:
    """Check a prepared run here and now, and unless dry write it; return it as it then stands."""
    services.start_check(actor=actor, run_id=run.pk)
    run.refresh_from_db()
    check_and_keep(run)
    if not dry and run.state == ImportRun.State.CHECKED:
        services.start_import(actor=actor, run_id=run.pk)
        run.refresh_from_db()
        perform(run)
    return run
