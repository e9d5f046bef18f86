"""Everything that is held on a contact, as one ZIP archive: data as JSON, the same to be read as HTML, and files."""

import json
import shutil
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.template.loader import render_to_string

from contacts.models import Contact
from crm.kernel.audit.sentences import record_changes
from crm.kernel.core.changes import Actor
from crm.kernel.core.personal import file_sources, holdings
from crm.kernel.core.relations import relations_of

from .erasing import PERSONS

HISTORY = 100_000


def write_archive(contact: Contact, path: Path) -> int:
    """Write the archive of a contact and of what was merged into it; return the number of rows in it."""
    with connection.cursor() as cursor:
        cursor.execute(PERSONS, {"person": contact.pk})
        ids: list[UUID] = cursor.fetchone()[0]
    data = collect(ids)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        archive.writestr(
            "data.html", render_to_string("contacts/personal_archive.html", {"name": contact.name, "data": data})
        )
        for source in file_sources:
            for name, file in source(ids):
                with file, archive.open(f"files/{name}", "w") as kept:
                    shutil.copyfileobj(file, kept)
    unfinished.replace(path)
    return sum(len(rows) for rows in data.values())


def collect(ids: Collection[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return all rows that tell of these contacts, by the name of their kind: declared relations, and what they lead to."""
    found = {_name(Contact): _rows(Contact.objects.filter(pk__in=ids))}
    for relation in relations_of("contact"):
        rows = relation.rows().filter(**{f"{relation.column}__in": ids})
        if any(field.name == "record_kind" for field in relation.model._meta.concrete_fields):
            rows = rows.filter(record_kind="contact")
        found.setdefault(_name(relation.model), []).extend(_rows(rows))
        if (parent := _parent_of(relation.model)) is not None:
            rows = parent.related_model._base_manager.filter(pk__in=rows.values(parent.attname))
            found.setdefault(_name(parent.related_model), []).extend(_rows(rows))
    for holding in holdings():
        name = _name(holding.model)
        if name not in found and holding.rows != "false":
            where = holding.rows.replace("(ids)", "(%s::uuid[])")
            params = [list(ids)] * where.count("%s")
            rows = holding.model._base_manager.extra(where=[where], params=params)  # noqa: S610  our own declarations
            found[name] = _rows(rows)
    found["history"] = [each for contact in Contact.objects.filter(pk__in=ids) for each in _history(contact)]
    return {name: rows for name, rows in found.items() if rows}


def _parent_of(model: type[models.Model]) -> Any:
    """Return the field by which a link leads on to another record: an activity, a deal."""
    name = getattr(model, "history_parent", None)
    link: Any = model._meta.get_field(name) if name else None
    return link if link is not None and link.related_model is not Contact else None


def _name(model: Any) -> str:
    return str(model._meta.verbose_name_plural)


def _rows(rows: Any) -> list[dict[str, Any]]:
    silent = {"search_text", "version"}
    return [
        {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.attname not in silent}
        for row in rows.order_by("pk").iterator(2000)
    ]


def _history(contact: Contact) -> list[dict[str, Any]]:
    """Return the history of a contact as sentences, oldest last."""
    entries = record_changes(contact, actor=Actor.system("archive"), limit=HISTORY)
    return [
        {
            "at": entry.at,
            "who": entry.who,
            "what": entry.words,
            "changes": [f"{s.label}: {s.before} → {s.after}" for s in entry.sentences],
        }
        for entry in entries
    ]
