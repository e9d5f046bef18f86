"""Merge fields in a text: `{{ contact.first_name | there }}`. A small parser over plain strings, never a template engine.

What people type reaches nothing but the names of a closed list, and values are put in as they are: a value that looks
like a field is not read again (ARCHITECTURE 8).
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

MARK = re.compile(r"\{\{([^{}]*)\}\}")  # a bracket that is missing does not swallow what follows
MOST_FIELDS = 200


@dataclass(frozen=True, slots=True)
class MergeField:
    """One field in a text: its name, what stands there if the value is empty, and the line it is on."""

    name: str
    fallback: str
    line: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a text that cannot be sent: on which line, and why."""

    line: int
    why: str


def parts(text: str) -> Iterator[str | MergeField]:
    """Yield the pieces of a text in their order: words, and fields between them."""
    at = 0
    for found in MARK.finditer(text):
        if found.start() > at:
            yield text[at : found.start()]
        name, _bar, fallback = found[1].partition("|")
        yield MergeField(name.strip(), fallback.strip(), text.count("\n", 0, found.start()) + 1)
        at = found.end()
    if at < len(text):
        yield text[at:]


def fields_in(*texts: str) -> list[MergeField]:
    """Return the fields of several texts."""
    return [part for text in texts for part in parts(text) if isinstance(part, MergeField)]


def problems(text: str, known: Collection[str]) -> list[Problem]:
    """Return what is wrong with a text: unknown names, a field that is not closed, too many of them."""
    found: list[Problem] = []
    count = 0
    line = 1
    for part in parts(text):
        if isinstance(part, MergeField):
            count += 1
            if part.name not in known:
                said = {"name": part.name[:60] or _("(empty)")}
                found.append(Problem(part.line, _("There is no field “%(name)s”.") % said))
            line = part.line
            continue
        for bracket in ("{{", "}}"):
            if bracket in part:
                where = line + part.count("\n", 0, part.index(bracket))
                found.append(Problem(where, _("A field stands between {{ and }}; here one of the two is missing.")))
        line += part.count("\n")
    if count > MOST_FIELDS:
        found.append(Problem(1, _("At most %(most)d fields fit into a text.") % {"most": MOST_FIELDS}))
    return found


def fill(text: str, values: Mapping[str, str], escape: Callable[[str], str] = str) -> str:
    """Return a text with the values in place of its fields, each through `escape`; an empty value is its fallback."""
    return "".join(
        escape(values.get(part.name) or part.fallback) if isinstance(part, MergeField) else part for part in parts(text)
    )


def missing(values: Mapping[str, str], *texts: str) -> list[str]:
    """Return the names of fields that would leave a hole: neither a value nor a fallback."""
    return list(dict.fromkeys(f.name for f in fields_in(*texts) if not values.get(f.name) and not f.fallback))
