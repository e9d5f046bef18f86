"""What a run saw, in words: each condition with the value wanted and the value seen (W6).

A run keeps no texts that may tell of a person (W2): they are read from history, with the rights of whoever looks.
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor

from .actions.texts import shown
from .conditions import Group, RuleContext, Test
from .documents import Document
from .models import Run
from .snapshots import JustThen, Moment, Reader, load


@dataclass(frozen=True, slots=True)
class Told:
    """One condition as a run met it. `held` is None where the past does not tell.

    `of` tells of a group of which any or none must hold; `against` is true if it spoke against the whole.
    """

    field: str
    wanted: str
    seen: str
    held: bool | None
    of: str = ""
    against: bool = False


def told(group: Group, trace: Sequence[Mapping[str, Any]], context: RuleContext, past: Mapping[str, Any]) -> list[Told]:
    """Return the lines of a trace in words; a condition that the version no longer reads keeps its names."""
    tests = {each.path: each for each in group.tests()}
    places = _places(group, {str(line.get("path")): line.get("held") for line in trace})
    return [
        dataclasses.replace(_line(tests.get(path), line, context, past), **places.get(path, {}))
        for line in trace
        for path in (str(line.get("path")),)
    ]


def _places(group: Group, answers: Mapping[str, bool | None], wanted: bool = True) -> dict[str, dict[str, Any]]:
    """Return by path what the group around each condition makes of it; `wanted` is what the group ought to be."""
    if not {each.path for each in group.tests()} <= answers.keys():
        return {}
    of = {"any": _("any of:"), "none": _("none of:")}.get(group.mode, "")
    inside = wanted is not (group.mode == "none")
    failed = group.weigh(answers) is not None and group.weigh(answers) is not wanted
    found: dict[str, dict[str, Any]] = {}
    for part in group.parts:
        if isinstance(part, Group):
            found |= _places(part, answers, inside)
        else:
            found[part.path] = {"of": of, "against": failed and answers[part.path] is (not inside)}
    return found


def _line(test: Test | None, line: Mapping[str, Any], context: RuleContext, past: Mapping[str, Any]) -> Told:
    held = line.get("held")
    if test is None:
        wanted = f"{line.get('operator', '')} {', '.join(map(str, line.get('wanted') or ()))}"
        return Told(str(line.get("field", "")), wanted, str(line.get("seen") or ""), held)
    key = test.field.key
    value = past.get(key) if line.get("personal") else line.get("seen")
    if line.get("personal") and key not in past:
        seen = _("not shown")
    else:
        seen = _value(test, value, context)
        if "before" in line:
            seen = _("%(before)s, then %(after)s") % {"before": _value(test, line["before"], context), "after": seen}
    return Told(test.field.label, test.value_words(context), seen, held)


def _value(test: Test, value: Any, context: RuleContext) -> str:
    """Return a value as it was kept, in words."""
    if value is None or value == "" or value == []:
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    try:
        return shown(test.field, _python(test, value), context) or str(value)
    except (ValueError, TypeError, AttributeError, KeyError):
        return str(value)


def _python(test: Test, value: Any) -> Any:
    """Return a kept value (JSON) as its field shows it."""
    control = test.field.field.control
    if control == "number" and not isinstance(value, Decimal):
        return Decimal(str(value))
    if control == "date" and isinstance(value, str):
        return dt.datetime.fromisoformat(value) if "T" in value or " " in value else dt.date.fromisoformat(value)
    return value


def then(run: Run, document: Document, actor: Actor) -> dict[str, Any]:
    """Return the values of personal fields as they were when the run began, as far as the actor may see them."""
    fields = [each for each in document.fields().values() if each.personal]
    if not fields or run.record_id is None or not run.record_kind:
        return {}
    moment = Moment(run.record_id, at=run.started_at)
    (values,) = load(run.record_kind, [moment], fields, reader=Reader(JustThen(), actor))
    return values or {}


def context_for(actor: Actor) -> RuleContext:
    """Return for whom and when words are made."""
    return RuleContext(actor, timezone.now())


__all__ = ["Told", "context_for", "then", "told"]
