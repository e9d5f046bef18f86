"""What somebody wants a record to be, cleaned: the same rules for form, import and API.

A draft holds only what is to change. Errors are gathered per field, never raised here, so that an import can show all
of them; the commands raise `Refused` for the first draft that has any.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.customfields.values import Reader, split

from .children import CHILDREN, Entry, read_entries

# Never taken from outside: keys, what the database or a service computes, what a command of its own changes.
CLOSED = {"id", "created_at", "updated_at", "version", "binned_at", "sort_name", "search_text", "custom"}


@dataclass(frozen=True, slots=True)
class Clash:
    """An address that somebody else has (R2). `record` is None if the actor may not see whose it is (U3)."""

    address: str
    message: str
    record: models.Model | None = None
    binned: bool = False


class AddressTaken(Refused):
    """An address belongs to another record; `clashes` say to which, as far as the actor may know."""

    def __init__(self, message: str, *, fields: dict[str, str], clashes: list[Clash]) -> None:
        super().__init__(message, fields=fields)
        self.clashes = clashes


@dataclass(slots=True)
class Draft:
    """Wanted values of one record by column (`company_id`), of its rows (`emails`, `phones`, `domains`), and of its
    custom fields by key (None clears one).

    `pk` is the existing record of an edit; `version` and `seen` are what its editor saw. `despite_binned` takes an
    address although a binned record has it.
    """

    values: dict[str, Any] = field(default_factory=dict)
    children: dict[str, list[Entry]] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)
    pk: UUID | None = None
    version: int | None = None
    seen: Mapping[str, Any] | None = None
    despite_binned: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True if nothing is wrong with it."""
        return not self.errors

    def fail(self, name: str, message: str) -> None:
        """Note an error beside a field; the first one of a field is kept."""
        self.errors.setdefault(name, message)

    def raise_errors(self) -> None:
        """Raise Refused (AddressTaken where an address clashes) if anything is wrong."""
        if not self.errors:
            return
        message = next(iter(self.errors.values()))
        if self.clashes:
            raise AddressTaken(message, fields=self.errors, clashes=self.clashes)
        raise Refused(message, fields=self.errors)


@cache
def _columns(model: type[models.Model]) -> "dict[str, models.Field[Any, Any]]":
    """Return the columns that a person may set, by name and by column name."""
    derived = {*getattr(model, "derived", ()), *CLOSED}
    found: dict[str, models.Field[Any, Any]] = {}
    for each in model._meta.concrete_fields:
        if each.name not in derived and not isinstance(each, models.GeneratedField):
            found[each.name] = found[each.attname] = each
    return found


def read_drafts(
    model: type[models.Model],
    rows: Iterable[Mapping[str, Any]],
    *,
    region: str,
    actor: Actor,
    pks: Sequence[UUID | None] = (),
    demand: bool = True,
) -> list[Draft]:
    """Return a draft for each row of plain values, those of custom fields named `cf_<key>`.

    Unknown names raise FieldDoesNotExist: they are a bug, not bad input. Without `demand` nobody is asked for required
    custom fields (a company made by its name alone).
    """
    drafts = []
    reader = Reader(model.kind, actor)  # type: ignore[attr-defined]
    for number, row in enumerate(rows):
        draft = Draft(pk=pks[number] if pks else None)
        columns, custom = split(row)
        for name, value in columns.items():
            if name in CHILDREN[model]:
                read_entries(draft, model, name, value, region=region, country=str(row.get("country") or ""))
            else:
                _read_value(draft, model, name, value)
        new = demand and draft.pk is None
        if custom or new:
            draft.custom, errors = reader.read(custom, new=new)
            for name, message in errors.items():
                draft.fail(name, message)
        drafts.append(draft)
    return drafts


def _read_value(draft: Draft, model: type[models.Model], name: str, value: Any) -> None:
    column = _columns(model).get(name)
    if column is None:
        raise FieldDoesNotExist(f"{model.__name__} has no field {name} to set.")
    if isinstance(column, models.ForeignKey):
        key = value.pk if isinstance(value, models.Model) else value or None
        try:
            draft.values[column.attname] = key if key is None or isinstance(key, UUID) else UUID(str(key))
        except ValueError:
            draft.fail(column.name, _("Choose one from the list."))
        return
    try:
        draft.values[name] = clean_value(column, value)
    except ValidationError as error:
        draft.fail(name, " ".join(error.messages))


def clean_value(column: "models.Field[Any, Any]", value: Any) -> Any:
    """Return a value as the column takes it, trimmed; raises ValidationError with words for the person."""
    if isinstance(value, str):
        value = value.strip()
        if "\x00" in value:
            raise ValidationError(_("It holds a character that cannot be stored."))
    if (
        isinstance(column, models.CharField | models.TextField)
        and not column.choices
        and type(column) is not models.URLField
    ):
        if value is None:
            return ""
        text = str(value)
        if column.max_length is not None and len(text) > column.max_length:
            raise ValidationError(
                _("Keep it to %(most)d characters; it has %(count)d.") % {"most": column.max_length, "count": len(text)}
            )
        return text
    if value is None and isinstance(column, models.CharField):
        value = ""
    if isinstance(value, list) and any("\x00" in str(each) for each in value):
        raise ValidationError(_("It holds a character that cannot be stored."))
    return column.clean(value, None)


def check_references(
    drafts: Sequence[Draft], name: str, rows: models.QuerySet[Any], actor: Actor, message: str
) -> None:
    """Note an error for each draft whose foreign key `name` leads to nothing that the actor may see (U3); one query."""
    column = f"{name}_id"
    wanted = {draft.values[column] for draft in drafts if draft.values.get(column)}
    if not wanted:
        return
    known = set(rows.visible_to(actor).filter(pk__in=wanted).values_list("pk", flat=True))  # type: ignore[attr-defined]
    for draft in drafts:
        key = draft.values.get(column)
        if key and key not in known and (draft.seen or {}).get(column) != key:
            draft.fail(name, message)
