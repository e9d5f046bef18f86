"""Which custom fields there are, and which of them a person may see (C1).

Pages ask `fields_for`, which is kept for a few seconds; services that check values ask `definitions`, which is not.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from crm.kernel.core.remember import remembered

from .models import CustomField

if TYPE_CHECKING:
    from crm.kernel.core.changes import Actor

PREFIX = "cf_"


_pretended: list[CustomField] = []


@contextmanager
def pretended(fields: Iterable[CustomField]) -> Iterator[None]:
    """Act in the block as if there were these fields too, in place of stored ones of the same key: for a dry run."""
    _pretended.extend(fields)
    try:
        yield
    finally:
        _pretended.clear()


@remembered
def _stored() -> tuple[CustomField, ...]:
    return tuple(CustomField.objects.live())


def _live() -> Sequence[CustomField]:
    if not _pretended:
        return _stored()
    keys = {(each.record_kind, each.key) for each in _pretended}
    return [*(each for each in _stored() if (each.record_kind, each.key) not in keys), *_pretended]


def fields_for(record_kind: str, actor: "Actor | Any | None" = None) -> list[CustomField]:
    """Return the fields of a kind in their order; with an actor (or a person) only those that they may see."""
    return [each for each in _live() if each.record_kind == record_kind and may_see(each, actor)]


def definitions(record_kind: str) -> dict[str, CustomField]:
    """Return the fields of a kind by key as the database has them now: for checks."""
    stored = {each.key: each for each in CustomField.objects.live().filter(record_kind=record_kind)}
    return stored | {each.key: each for each in _pretended if each.record_kind == record_kind}


def may_see(field: CustomField, actor: "Actor | Any | None") -> bool:
    """Say whether somebody may see a field: its roles, none means everybody; whoever may change the settings sees all."""
    if actor is None or not field.roles:
        return True
    person: Any = getattr(actor, "user", actor)
    if person is None:
        return bool(actor.may("settings"))
    return person.role.key in field.roles or bool(person.may("settings"))


def column_key(field: CustomField) -> str:
    """Return what a field is called in addresses, columns and files: `cf_region`."""
    return f"{PREFIX}{field.key}"


def field_of(record_kind: str, name: str, actor: "Actor | Any | None" = None) -> CustomField | None:
    """Return the field that `cf_region` names, None if there is none that the actor may see."""
    if not name.startswith(PREFIX):
        return None
    key = name.removeprefix(PREFIX)
    return next((each for each in fields_for(record_kind, actor) if each.key == key), None)


def hidden_keys(record_kind: str, actor: "Actor | Any | None") -> frozenset[str]:
    """Return the keys whose values must not reach an actor: those of other roles, and of fields that were removed."""
    shown = {each.key for each in fields_for(record_kind, actor)}
    return frozenset(each.key for each in all_fields() if each.record_kind == record_kind and each.key not in shown)


@remembered
def all_fields() -> Sequence[CustomField]:
    """Return all definitions, those of removed fields too: for histories."""
    return tuple(CustomField.objects.all())
