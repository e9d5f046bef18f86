"""Which kinds of records can be imported. Apps register an `Importer` each in `AppConfig.ready()`.

To add a kind: derive from `Importer` and `Session` in `<app>/imports.py`, list its fields, say how known records are
found and how rows are written, and register it. A higher app may add fields to a lower app's kind with `extend`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.parsers import Parser, text

from .custom import custom_fields

if TYPE_CHECKING:
    from .engine import Job
    from .models import ImportRun

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Field:
    """Something that a column can fill.

    `synonyms` are other names that columns have for it. `sort` says what its cells are (text, date, money, email,
    phone, person, stage ...): it guides guessing and the reading of dates. Several columns may fill a field that is
    `multiple`.
    """

    key: str
    label: Words
    parse: Parser
    synonyms: tuple[str, ...] = ()
    sort: str = "text"
    multiple: bool = False
    group: Words = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that a word of the file can be matched to."""

    value: str
    label: str


@dataclass(slots=True)
class Row:
    """One row on its way: what its cells mean, what is wrong with it, and what will become of it.

    `action` is create, update, unchanged, skip or error. `known` is the record that it means, if there is one; after
    the writing also a new one. `double` marks a new row that looks much like a record which is here (M2).
    """

    number: int
    values: dict[str, Any]
    errors: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    content: str = ""
    keys: list[str] = field(default_factory=list)
    known: UUID | None = None
    action: str = ""
    double: bool = False
    changes: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)

    def fail(self, column: str, message: Words) -> None:
        """Note an error: the row will not be imported."""
        self.errors.append((column, str(message)))
        self.action = "error"

    def warn(self, column: str, message: Words) -> None:
        """Note something that does not keep the row out."""
        self.warnings.append((column, str(message)))


class Session:
    """One pass over a file. Reference data live as long as it does; it is made anew after every failure.

    For each chunk the engine calls `identify` (fill `row.keys`), `match` (fill `row.known`), `plan` (for rows to create
    or update: fill `row.record` or `row.changes`, or fail them) and, unless dry, `write`.
    """

    def __init__(self, job: "Job") -> None:
        self.job = job

    def identify(self, row: Row) -> None:
        """Fill `row.keys` with what the row is known by, most certain first: `id:...`, `email:...`, `name:...`."""

    def match(self, rows: list[Row]) -> None:
        """Fill `row.known` of rows that mean records which are here already, by sets."""

    def plan(self, rows: list[Row]) -> None:
        """Work out what each row would write, by sets. `row.action` is create or update."""

    def write(self, rows: list[Row]) -> None:
        """Write the rows whose action is create or update."""

    def links(self) -> dict[str, tuple[int, int]]:
        """Return, by field, how many records that the rows name are here and how many would be made."""
        return {}

    def finish(self) -> bool:
        """Do what needs all rows to be read; return True to see all rows once more (`job.stage` is 1 then)."""
        return False


Extension = Callable[["Job", list[Row]], None]


class Importer:
    """A kind of records that can be imported."""

    kind: ClassVar[str]
    label: ClassVar[Words]
    one: ClassVar[Words]
    icon: ClassVar[str] = "file-text"
    hint: ClassVar[Words] = ""
    order: ClassVar[int] = 100
    session: ClassVar[type[Session]]
    match_keys: ClassVar[tuple[tuple[str, Words], ...]] = ()
    list_url: ClassVar[str] = ""

    # The kind of record whose custom fields a column can fill; none for kinds without.
    record_kind: ClassVar[str] = ""

    def __init__(self) -> None:
        self._fields: list[Field] = list(self.own_fields())
        self.extensions: list[Extension] = []

    def own_fields(self) -> Iterable[Field]:
        """Return the fields that the app itself offers."""
        return ()

    @property
    def fields(self) -> list[Field]:
        """All fields that a column can fill, those of extensions and custom ones included."""
        return self.fields_for(None)

    def fields_for(self, actor: Any) -> list[Field]:
        """Return the fields that a column of somebody's file can fill: of custom ones those that they may see (C1)."""
        return [*self._fields, *custom_fields(self.record_kind, actor)] if self.record_kind else self._fields

    def field(self, key: str, actor: Any = None) -> Field | None:
        """Return a field by its key, None if there is none that the actor may see."""
        return next((each for each in self.fields_for(actor) if each.key == key), None)

    def may(self, actor: Actor) -> bool:
        """Say whether the actor may import this kind: the right to import, and to edit records of the kind."""
        return actor.may("import")

    def default_options(self, run: "ImportRun", sample: list[list[str]]) -> dict[str, Any]:
        """Return the options with which a file begins that was never seen before."""
        return {}

    def choices(self, sort: str, options: dict[str, Any]) -> list[Choice]:
        """Return what words in columns of this sort (`stage`) can be matched to by hand."""
        return []

    def guess(self, sort: str, words: Sequence[str], options: dict[str, Any]) -> dict[str, str]:
        """Return the value of the choice that each word probably means."""
        return {}

    def pipelines(self) -> list[Choice]:
        """Return the pipelines that rows can be put into; none for kinds that know no pipelines."""
        return []

    def missing(self, fields: set[str], options: dict[str, Any]) -> list[Words]:
        """Return in words which needed fields no column fills."""
        return []


_importers: dict[str, Importer] = {}


def register(importer: Importer) -> None:
    """Offer a kind for import."""
    _importers[importer.kind] = importer


def extend(kind: str, fields: Iterable[Field], write: Extension) -> None:
    """Add fields to a lower app's kind; `write(job, rows)` is called with the rows, in their transaction."""
    importer = _importers[kind]
    importer._fields.extend(fields)
    importer.extensions.append(write)


def importer_of(kind: str) -> Importer:
    """Return a kind's importer; raises KeyError for an unknown kind."""
    return _importers[kind]


def importers() -> list[Importer]:
    """Return all kinds in their order."""
    return sorted(_importers.values(), key=lambda each: each.order)


def importers_for(actor: Actor) -> list[Importer]:
    """Return the kinds that the actor may import."""
    return [each for each in importers() if each.may(actor)]


EXTERNAL_ID = Field(
    "external_id",
    _("Id in the other system"),
    text(200),
    (
        *("id", "external id", "record id", "uuid", "key", "number", "reference", "nr", "no"),
        *("opportunity id", "account id", "contact id", "deal id"),
    ),
    sort="id",
)
