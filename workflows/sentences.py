"""A whole rule as one plain sentence that a manager reads (W1)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor

from .actors import actor_for
from .conditions import Group, RuleContext, Test
from .documents import Document, StepUse, read_document
from .models import Reentry, Rule, RuleVersion
from .options import Option


def sentence(of: Rule | RuleVersion | Mapping[str, Any], actor: Actor | None = None) -> str:
    """Return a rule, a version or a document in words. Without an actor the rule's own reads it."""
    if isinstance(of, Rule):
        version = of.latest
        data: Any = version.document if version is not None else {}
        actor = actor or actor_for(of, of.owner)
    elif isinstance(of, RuleVersion):
        data, actor = of.document, actor or actor_for(of.rule, of.rule.owner)
    else:
        data = of
    assert actor is not None, "a document alone does not say who reads it"
    return in_words(read_document(data, actor), RuleContext(actor, timezone.now()))


def in_words(document: Document, context: RuleContext, steps: Sequence[tuple[str, str]] = ()) -> str:
    """Return a document in words: When …, if …, then …. Re-entry is told where it is not the usual one.

    `steps` are the words of its steps, if somebody has asked for them before.
    """
    if document.trigger is None:
        return _("This rule has no trigger yet.")
    parts = [_("When %(trigger)s") % {"trigger": document.trigger.describe(document.options)}]
    conditions = _own(document.conditions).words(context)
    if conditions:
        parts.append(_("if %(conditions)s") % {"conditions": conditions})
    if document.steps:
        parts.append(
            _("then %(steps)s") % {"steps": _joined([_step(*each) for each in steps or step_words(document, context)])}
        )
    text = ", ".join(parts) + "."
    return f"{text} {_how_often(document)}".strip()


def _own(group: Group) -> Group:
    """Return conditions without those that the trigger's own words say already."""
    return Group(group.mode, tuple(each for each in group.parts if not (isinstance(each, Test) and each.implied)))


def step_words(document: Document, context: RuleContext) -> list[tuple[str, str]]:
    """Return each step in words, and its own conditions, "" for none."""
    return [(_does(each, document.kind, context), each.conditions.words(context)) for each in document.steps]


def _does(step: StepUse, kind: str, context: RuleContext) -> str:
    if any(_missing(each, step.options) for each in step.action.options):
        return _("%(action)s …") % {"action": _begun(str(step.action.label))}
    return step.action.words(step.options, kind, context)


def _step(words: str, conditions: str) -> str:
    return _("%(step)s (if %(conditions)s)") % {"step": words, "conditions": conditions} if conditions else words


def _missing(option: Option, given: Mapping[str, Any]) -> bool:
    """Say whether a step still lacks something, so that its own words would have a hole."""
    return option.required and given.get(option.key) in (None, "", [], {}) and option.asked(given)


def _begun(label: str) -> str:
    return label[:1].lower() + label[1:]


def _joined(steps: list[str]) -> str:
    if len(steps) == 1:
        return steps[0]
    return _("%(first)s and %(last)s") % {"first": ", ".join(steps[:-1]), "last": steps[-1]}


def _how_often(document: Document) -> str:
    words = {Reentry.EVENT: _("Every time."), Reentry.ONCE: _("Once ever for each record.")}.get(document.reentry, "")  # type: ignore[call-overload]
    heard = {"import": _("imports"), "sync": _("mail syncs"), "undo": _("undos")}
    if document.listens_to:
        names = ", ".join(heard[each] for each in sorted(document.listens_to))
        words = f"{words} {_('Listens to %(names)s too.') % {'names': names}}".strip()
    return str(words)
