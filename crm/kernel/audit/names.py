"""Values of history rows in words: names of people and records, choices, money, days. One query per kind of record."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

from crm.kernel.core import formats
from crm.kernel.core.changes import Actor
from crm.kernel.core.models import Record

from .columns import JsonPart, part_at, value_of

LONGEST = 160


class Names:
    """Collects the records that values refer to, loads their names at the first use, and writes values for one actor.

    Records that the actor may not see are "a hidden record" (U3); what is gone for good is "a removed record".
    """

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._wanted: dict[type[models.Model], set[UUID]] = defaultdict(set)
        self._known: dict[type[models.Model], dict[UUID, str]] = {}

    def add(self, field: Any, value: Any) -> None:
        """Note that this value of a field will be written."""
        if isinstance(field, models.ForeignKey) and value is not None:
            self._wanted[field.related_model].add(value)

    def collect(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Note all values of (field, step) pairs, before and after."""
        for field, step in pairs:
            self.add(field, value_of(field, step.row))
            if step.earlier is not None:
                self.add(field, value_of(field, step.earlier))

    def _name(self, model: type[models.Model], pk: UUID) -> str:
        if model not in self._known:
            self._known[model] = self.load(model, self._wanted[model])
        return self._known[model].get(pk) or (
            _("a hidden record") if issubclass(model, Record) else _("a removed record")
        )

    def load(self, model: Any, pks: set[UUID]) -> dict[UUID, str]:
        """Return the names of the rows that the actor may see; one query."""
        rows = model._default_manager.filter(pk__in=pks)
        if hasattr(rows, "visible_to"):
            rows = rows.visible_to(self._actor)
        return {row.pk: str(row) for row in rows}

    def label(self, field: Any, key: str = "") -> str:
        """Return what a field is called, or one key of a JSON column."""
        part = part_at(field.model, field.name, key, self._actor) if key else None
        if part is not None:
            return part.verbose_name
        words = capfirst(str(field.verbose_name))
        return f"{words}, {key}" if key else words

    def words_of(self, field: Any, key: str, value: Any) -> str:
        """Return the words for a value of a field, or of one key of a JSON column."""
        if not key:
            return self.words(field, {field.attname: value})
        if value is None or value == []:
            return ""
        part = part_at(field.model, field.name, key, self._actor)
        if part is not None:
            return Truncator(part.words(value)).chars(LONGEST)
        return Truncator(self._plain(field, value, {})).chars(LONGEST)

    def words(self, field: Any, row: dict[str, Any]) -> str:
        """Return the words for a field's value in a row; nothing for no value."""
        value = value_of(field, row)
        if isinstance(field, JsonPart):
            return Truncator(field.words(value)).chars(LONGEST) if value is not None else ""
        if value is None or value == "" or value == []:
            return ""
        if isinstance(field, models.ForeignKey):
            return self._name(field.related_model, value)
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        return Truncator(self._plain(field, value, row)).chars(LONGEST)

    def _plain(self, field: Any, value: Any, row: dict[str, Any]) -> str:
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, Decimal):
            return formats.money(value, row.get("currency") or "") if "currency" in row else f"{value.normalize():f}"
        if isinstance(value, dt.datetime):
            return formats.when(value)
        if isinstance(value, dt.date):
            return formats.day(value)
        if isinstance(value, list):
            return ", ".join(str(each) for each in value)
        if isinstance(value, dict):
            return ", ".join(f"{key}: {each}" for key, each in value.items())
        return formats.phone(value) if field.name == "number" else str(value)
