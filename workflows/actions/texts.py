"""Texts with values of the record in them: `Call {company.name}`. A closed list of fields, nothing is ever run (W1)."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.kernel.core import formats
from crm.kernel.customfields.people import people
from crm.kernel.listing.conditions import Instant, Number, Person
from workflows.conditions import RuleContext
from workflows.fields import RuleField, field_named
from workflows.snapshots import UNKNOWN, Snapshot

from .base import Drafted

PLACE = re.compile(r"\{([a-z_][a-z0-9_.]{0,89})\}")
PLACE_WITH_GAP = re.compile(rf"( ?){PLACE.pattern}")


def names_in(text: str) -> list[str]:
    """Return the fields that a text names."""
    return list(dict.fromkeys(PLACE.findall(text or "")))


def fields_in(texts: Iterable[str], kind: str) -> dict[str, RuleField]:
    """Return the fields that texts name, by name."""
    found = {name: field_named(kind, name, None) for text in texts for name in names_in(text)}
    return {name: each for name, each in found.items() if each is not None}


def check_text(drafted: Drafted, key: str) -> None:
    """Note each field that a text names and that does not exist, or that the owner may not see."""
    for name in names_in(drafted.options.get(key) or ""):
        if field_named(drafted.kind, name, drafted.context.actor) is None:
            drafted.fail(key, _("There is no field “%(name)s” any more, or you may not see it.") % {"name": name})


def filled(text: str, snapshot: Snapshot, context: RuleContext, kind: str) -> str:
    """Return a text with the values in their places; an empty one leaves nothing behind."""
    fields = fields_in([text], kind)

    def value(match: re.Match[str]) -> str:
        gap, name = match.groups()
        words = kept(fields[name], snapshot.values.get(name), context) if name in fields else ""
        return gap + words if words else ""

    return PLACE_WITH_GAP.sub(value, text or "").strip()


def kept(field: RuleField, value: Any, context: RuleContext) -> str:
    """Return a value for a text that stays: a day by its date, since “tomorrow” is another day when it is read."""
    day = value.astimezone(context.zone).date() if isinstance(value, dt.datetime) else value
    return in_full(day) if isinstance(day, dt.date) else shown(field, value, context)


def in_full(day: dt.date) -> str:
    """Return a day with month and year: 31 March 2027."""
    return formats.dated(day, pgettext("day of another year in full", "j F Y"))


def shown(field: RuleField, value: Any, context: RuleContext) -> str:
    """Return a value as people read it."""
    if value is UNKNOWN or value is None or value == "" or value == []:
        return ""
    if isinstance(field.field, Person):
        person = people().get(str(value))
        return person.name if person else ""
    if isinstance(field.field, Instant):
        return formats.day(value.astimezone(context.zone).date())
    if isinstance(value, list):
        return ", ".join(field.field.show("any", str(each), context) for each in value)
    if isinstance(field.field, Number):
        return field.field.show("is", value, context)
    return field.field.show("is", value if not hasattr(value, "hex") else str(value), context)


def spell_out(values: Mapping[str, Any]) -> str:
    """Return values in one line, for the words of a step."""
    return ", ".join(f"{key}: {value}" for key, value in values.items() if value not in (None, ""))


__all__ = ["check_text", "fields_in", "filled", "names_in", "shown", "spell_out"]
