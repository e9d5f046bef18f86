"""Names and addresses of the records that runs are about: one query for each kind, only what the person may see (U3)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from crm.kernel.audit.registry import record_pages
from crm.kernel.core.changes import Actor

from .fields import MODELS


@dataclass(frozen=True, slots=True)
class Named:
    """A record that the person may see."""

    name: str
    url: str


def named(pairs: Iterable[tuple[str, UUID | None]], actor: Actor) -> dict[UUID, Named]:
    """Return name and address by id for records given as (kind, id); those that the actor may not see are left out."""
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for kind, pk in pairs:
        if pk is not None and kind in MODELS and kind != "user":
            wanted[kind].add(pk)
    found: dict[UUID, Named] = {}
    for kind, pks in wanted.items():
        for record in MODELS[kind].objects.visible_to(actor).filter(pk__in=pks):
            found[record.pk] = Named(str(record), url_of(kind, record.pk))
    return found


def record_named(pk: UUID, actor: Actor) -> Named | None:
    """Return name and address of a record of whatever kind, None if the actor may not see one with this id."""
    return next((found[pk] for kind in MODELS if kind != "user" and pk in (found := named([(kind, pk)], actor))), None)


def url_of(kind: str, pk: UUID) -> str:
    """Return the address of a record."""
    return reverse(record_pages[kind], args=[pk])


def kind_label(kind: str, *, plural: bool = False) -> str:
    """Return what a kind of record is called."""
    if kind not in MODELS:
        return ""
    options: Any = MODELS[kind]._meta
    return str(options.verbose_name_plural if plural else options.verbose_name)
