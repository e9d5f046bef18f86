"""How many records hold what: shown before a definition is changed (C2), and how full each field is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Count
from django.db.models.fields.json import KeyTransform

from .conversion import Conversion
from .models import CustomField, customised
from .types import type_of

SAMPLE = 20_000
DISTINCT = 20_000


@dataclass(slots=True)
class Outcome:
    """What a change of type would do: records with a value, how many can be read as the new type, examples of the rest.

    With more different values than are looked at, the figures are those of a sample, and `exact` is False.
    """

    total: int = 0
    fit: int = 0
    examples: list[str] = field(default_factory=list)
    exact: bool = True

    @property
    def misfits(self) -> int:
        """How many values could not be read."""
        return self.total - self.fit


def holding(of: CustomField) -> int:
    """Return how many records hold a value of the field."""
    return int(customised(of.record_kind).objects.filter(custom__has_key=of.key).count())


def value_counts(of: CustomField, most: int) -> list[tuple[Any, int]]:
    """Return the different stored values and how many records hold each, the commonest first, at most so many."""
    rows = customised(of.record_kind).objects.filter(custom__has_key=of.key)
    counted = rows.order_by().values_list(KeyTransform(of.key, "custom")).annotate(n=Count("pk")).order_by("-n")
    return list(counted[:most])


def option_counts(of: CustomField) -> dict[str, int]:
    """Return how many records hold each option."""
    counts: dict[str, int] = {}
    for value, number in value_counts(of, DISTINCT):
        for key in value if isinstance(value, list) else [value]:
            counts[str(key)] = counts.get(str(key), 0) + number
    return counts


def distinct_words(of: CustomField, most: int) -> list[str]:
    """Return the words that records hold, the commonest first: what a text becomes as a dropdown."""
    kind = type_of(of)
    found: dict[str, str] = {}
    for value, _number in value_counts(of, most):
        words = " ".join(kind.readings(value)[0].split())[:80]
        found.setdefault(words.casefold(), words)
    return list(found.values())


def outcome(conversion: Conversion, of: CustomField) -> Outcome:
    """Return what a conversion of all values of a field would come to."""
    counted = value_counts(of, DISTINCT + 1)
    found = Outcome(exact=len(counted) <= DISTINCT)
    if not found.exact:
        counted = [(value, 1) for value in _sample(of)]
    for value, number in counted:
        found.total += number
        if conversion.fits(value):
            found.fit += number
        elif len(found.examples) < 5:
            found.examples.append(conversion.old.text(value)[:60])
    if not found.exact and found.total:
        whole = holding(of)
        found.fit, found.total = whole * found.fit // found.total, whole
    return found


def _sample(of: CustomField) -> list[Any]:
    rows = customised(of.record_kind).objects.filter(custom__has_key=of.key).order_by("?")
    return list(rows.values_list(KeyTransform(of.key, "custom"), flat=True)[:SAMPLE])


def filled(record_kind: str, fields: Sequence[CustomField]) -> dict[str, int]:
    """Return how full each field is, in percent of the records of its kind; of many records by a sample of pages."""
    if not fields:
        return {}
    table = customised(record_kind)._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = %s::regclass", [table])
        rows = cursor.fetchone()[0]
        part = f"TABLESAMPLE SYSTEM ({100 * SAMPLE / rows:.4f})" if rows > 5 * SAMPLE else ""
        counts = ", ".join("count(*) FILTER (WHERE custom ? %s)" for _each in fields)
        cursor.execute(
            f"SELECT count(*), {counts} FROM {table} {part} WHERE binned_at IS NULL", [each.key for each in fields]
        )
        total, *found = cursor.fetchone()
    return {each.key: round(100 * number / total) if total else 0 for each, number in zip(fields, found, strict=True)}
