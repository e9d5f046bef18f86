"""What is different between two versions of a rule, in words: for the badge of a draft, for publishing, for the history."""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor

from .builder import RuleForm
from .conditions import RuleContext
from .documents import Document, StepUse, read_document
from .models import Reentry


@dataclass(frozen=True, slots=True)
class Difference:
    """One part that differs: what it is called, and its words before and after ("" for none)."""

    part: str
    before: str
    after: str


def same(one: Any, other: Any, actor: Actor) -> bool:
    """Say whether two documents mean the same, whatever defaults they spell out."""
    return one == other or RuleForm.of(one, actor).essence() == RuleForm.of(other, actor).essence()


def differences(before: Any, after: Any, actor: Actor) -> list[Difference]:
    """Return what differs between two documents, as `actor` reads them."""
    context = RuleContext(actor, timezone.now())
    old, new = read_document(before or {}, actor), read_document(after or {}, actor)
    found = [
        Difference(part, was, now)
        for part, was, now in (
            (_("Trigger"), _trigger(old), _trigger(new)),
            (_("Conditions"), old.conditions.words(context), new.conditions.words(context)),
            (_("How often"), str(Reentry(old.reentry).label), str(Reentry(new.reentry).label)),
            (_("Listens to"), ", ".join(sorted(old.listens_to)), ", ".join(sorted(new.listens_to))),
            (_("Runs an hour"), str(old.rate_per_hour), str(new.rate_per_hour)),
        )
        if was != now
    ]
    found[2:2] = _steps(old, new, context)
    if not found and not same(before, after, actor):
        found.append(Difference(_("Unfinished parts"), "", _("changed")))
    return found


def _trigger(document: Document) -> str:
    if document.trigger is None:
        return ""
    words = document.trigger.describe(document.options)
    extra = [
        f"{each.label}: {document.options[each.key]}"
        for each in document.trigger.options_for(document.options)
        if each.type in ("time", "number") and document.options.get(each.key) not in (None, "")
    ]
    return f"{words} ({', '.join(extra)})" if extra else words


def _steps(old: Document, new: Document, context: RuleContext) -> Iterator[Difference]:
    """Yield the steps that came, went or changed, under their place in the newer version."""
    ours, theirs = [_key(each) for each in old.steps], [_key(each) for each in new.steps]
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(a=ours, b=theirs, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for offset in range(max(i2 - i1, j2 - j1)):
            was = old.steps[i1 + offset] if i1 + offset < i2 else None
            now = new.steps[j1 + offset] if j1 + offset < j2 else None
            number = (j1 if now is not None else i1) + offset + 1
            part = _("Step %(number)s") % {"number": number}
            yield Difference(part, *_words(was, old.kind, now, new.kind, context))


def _key(step: StepUse) -> str:
    conditions = [[each.field.key, each.operator.key, list(each.wanted)] for each in step.conditions.tests()]
    return json.dumps([step.action.key, step.options, step.conditions.mode, conditions], sort_keys=True, default=str)


def _words(was: StepUse | None, kind: str, now: StepUse | None, new_kind: str, context: RuleContext) -> tuple[str, str]:
    before = _step(was, kind, context) if was is not None else ""
    after = _step(now, new_kind, context) if now is not None else ""
    if before == after and was is not None and now is not None:
        changed = [each for each in now.action.options if was.options.get(each.key) != now.options.get(each.key)]
        before = ", ".join(f"{each.label}: {was.options.get(each.key) or '–'}" for each in changed)
        after = ", ".join(f"{each.label}: {now.options.get(each.key) or '–'}" for each in changed)
    return before, after


def _step(step: StepUse, kind: str, context: RuleContext) -> str:
    words = step.action.words(step.options, kind, context) if _complete(step) else str(step.action.label)
    conditions = step.conditions.words(context)
    return _("%(step)s (if %(conditions)s)") % {"step": words, "conditions": conditions} if conditions else words


def _complete(step: StepUse) -> bool:
    """Say whether a step's required options are there: an unfinished one is told by its name."""
    return all(
        step.options.get(each.key) not in (None, "", []) for each in step.action.options if _needed(each, step.options)
    )


def _needed(option: Any, options: Mapping[str, Any]) -> bool:
    return bool(option.required and option.asked(options))


__all__ = ["Difference", "differences", "same"]
