"""What a file's columns probably are: by their names, by what is in them, and by how they were read the last time."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from crm.kernel.core import parsers
from crm.kernel.core.parsers import CellError, Style
from crm.kernel.users.models import User

from .directory import plain
from .files import fingerprint, read_rows
from .models import ImportMapping, ImportRun
from .registry import Field, Importer

SAMPLE_ROWS = 200
ENOUGH = 0.8
KNOWN = 0.5  # names that are already here tell more than shapes do
BY_CONTENT = {"email": parsers.email, "date": parsers.date, "url": parsers.url, "phone": parsers.phone}


def simple(name: str) -> str:
    """Return a column's name without case, accents and punctuation: `E-Mail_Address` and `email address` are alike."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold() or name.casefold()
    return re.sub(r"[^\w]+|_+", " ", plain).strip()


def sample_of(run: ImportRun, rows: int = SAMPLE_ROWS) -> list[list[str]]:
    """Return the first cells of each column, blank ones left out."""
    columns: list[list[str]] = [[] for _name in run.header]
    for _number, cells in islice(read_rows(run.path, run.encoding, run.delimiter), 1, rows + 1):
        for column, cell in zip(columns, cells, strict=False):
            if cell.strip():
                column.append(cell.strip())
    return columns


def guess_columns(header: Sequence[str], sample: Sequence[Sequence[str]], importer: Importer) -> list[list[str]]:
    """Return the fields that each column probably fills, each field once: names tell first, contents second."""
    taken: set[str] = set()
    found: list[list[str]] = [[] for _name in header]

    def take(position: int, field: Field | None) -> None:
        if field is not None and (field.key not in taken or field.multiple):
            taken.add(field.key)
            found[position] = [field.key]

    for names_of in (own_names, all_names, squeezed_names):
        for position, name in enumerate(header):
            if not found[position]:
                take(position, _by_name(simple(name), importer, taken, names_of))
    for position, cells in enumerate(sample):
        if not found[position] and cells:
            take(position, _by_content(cells, importer, taken))
    return found


def own_names(field: Field) -> set[str]:
    """Return what a field is called here: a custom field "Website" goes before a built-in one that other programs call so."""
    return {simple(field.key), simple(str(field.label))}


def all_names(field: Field) -> set[str]:
    """Return what a field is called here and elsewhere."""
    return own_names(field) | {simple(word) for word in field.synonyms}


def squeezed_names(field: Field) -> set[str]:
    """Return the same without spaces."""
    names = all_names(field)
    return names | {name.replace(" ", "") for name in names}


def _by_name(name: str, importer: Importer, taken: set[str], names_of: Callable[[Field], set[str]]) -> Field | None:
    wanted = {name, name.replace(" ", "")} if names_of is squeezed_names else {name}
    free = (field for field in importer.fields if field.multiple or field.key not in taken)
    return next((field for field in free if wanted & names_of(field)), None)


def _by_content(cells: Sequence[str], importer: Importer, taken: set[str]) -> Field | None:
    """Return the first field of a sort that most cells are of; text can be anything and is not guessed."""
    people = {plain(word) for pair in User.objects.values_list("name", "email") for word in pair if word}
    person = next((f for f in importer.fields if f.sort == "person" and f.key not in taken), None)
    if person is not None and sum(plain(cell) in people for cell in cells[:50]) >= KNOWN * min(len(cells), 50):
        return person
    for sort, parse in BY_CONTENT.items():
        field = next((f for f in importer.fields if f.sort == sort and f.key not in taken), None)
        if field is None or sort == "date":
            continue
        if sum(_fits(parse, cell) for cell in cells[:50]) >= ENOUGH * min(len(cells), 50):
            return field
    return None


def _fits(parse: Any, cell: str) -> bool:
    try:
        parse(cell, Style())
    except CellError:
        return False
    # a bare number could be a phone number, and any word a web address
    return "@" in cell or "." in cell or cell.startswith("+")


def guess_style(run: ImportRun, importer: Importer, sample: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return how dates and numbers are written, as far as the columns mapped to them show it."""
    dates: list[str] = []
    numbers: list[str] = []
    for keys, cells in zip(run.mapping, sample, strict=False):
        sorts = {field.sort for key in keys if (field := importer.field(key)) is not None}
        dates += cells if "date" in sorts else []
        numbers += cells if "money" in sorts else []
    return {"dates": parsers.guess_dates(dates), "decimal": parsers.guess_decimal(numbers)}


def remembered(run: ImportRun) -> ImportMapping | None:
    """Return how a file with this heading was read the last time."""
    return ImportMapping.objects.filter(kind=run.kind, fingerprint=fingerprint(run.header)).first()


def remember(run: ImportRun) -> None:
    """Keep how the columns are read, for the next file with this heading."""
    columns = dict(zip(run.header, run.mapping, strict=False))
    kept = {"mode": run.mode, "match_key": run.match_key, "overwrite": run.overwrite, "source": run.source}
    ImportMapping.objects.update_or_create(
        kind=run.kind,
        fingerprint=fingerprint(run.header),
        defaults={"mapping": columns, "settings": {**kept, "options": run.options}},
    )


def recall(run: ImportRun, mapping: ImportMapping) -> None:
    """Read the columns as they were read the last time."""
    run.mapping = [mapping.mapping.get(name, []) for name in run.header]
    for name in ("mode", "match_key", "overwrite", "source"):
        setattr(run, name, mapping.settings.get(name, getattr(run, name)))
    run.options = mapping.settings.get("options", {})
