"""A whole rule as a form: trigger, conditions, steps with their own small forms, and how often it runs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.changes import Actor
from crm.kernel.listing import builder
from crm.kernel.listing.builder import Box, Line
from workflows import catalog
from workflows.actions import Action, action_named, actions
from workflows.conditions import RuleContext
from workflows.documents import MOST_STEPS, RATE, SOURCES
from workflows.fields import MODELS
from workflows.models import Reentry
from workflows.triggers import trigger_named, triggers

from .conditions import Offered, box_of, document_of, mend, offered, place_errors
from .options import Place, by_id, documented, read_option, shown_options, undefaulted

ROOT = "c"
STEP = re.compile(r"s(\d{1,2})-action")
SOURCE_WORDS = {"import": _("Imports"), "sync": _("Mail syncs"), "undo": _("Undos")}


@dataclass(slots=True)
class StepForm:
    """One step as a person left it. `new` takes the focus."""

    action: str
    options: dict[str, Any] = field(default_factory=dict)
    box: Box = field(default_factory=lambda: Box(""))
    new: bool = False

    @property
    def known(self) -> Action | None:
        """The action, None if there is none of the name (any more)."""
        return action_named(self.action)

    def document(self, kind: str) -> dict[str, Any]:
        """Return the step as a document has it."""
        found: dict[str, Any] = {"action": self.action}
        known = self.known
        if options := (documented(known.options, self.options) if known is not None else self.options):
            found["options"] = options
        if kind and (conditions := document_of(self.box)):
            found["conditions"] = conditions
        return found


@dataclass
class RuleForm:
    """The form of one rule, read by `actor`: the one with whose rights the rule acts, so that it offers what can work."""

    actor: Actor
    trigger: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    box: Box = field(default_factory=lambda: Box(ROOT))
    steps: list[StepForm] = field(default_factory=list)
    reentry: str = Reentry.ENTRY
    listens_to: list[str] = field(default_factory=list)
    rate: Any = RATE
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Any, actor: Actor) -> "RuleForm":
        """Return the form of a document; what is no part of a rule is passed over, since a draft may hold anything."""
        data: Mapping[str, Any] = document if isinstance(document, Mapping) else {}
        given = data.get("trigger")
        trigger: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
        form = cls(actor, str(trigger.get("kind") or ""), _mapping(trigger.get("options")))
        if (known := trigger_named(form.trigger)) is not None:
            form.options = by_id(known.options, form.options, form.kind, actor)
        form.box = box_of(data.get("conditions"), ROOT)
        for each in _listed(data.get("steps"))[:MOST_STEPS]:
            if isinstance(each, Mapping) and each.get("action"):
                step = StepForm(str(each["action"]), _mapping(each.get("options")))
                if step.known is not None:
                    step.options = by_id(step.known.options, step.options, form.kind, actor)
                step.box = box_of(each.get("conditions"), "")
                form.steps.append(step)
        form.reentry = str(data.get("reentry") or Reentry.ENTRY)
        form.listens_to = [each for each in _listed(data.get("listens_to")) if each in SOURCES]
        form.rate = data.get("rate_per_hour") or RATE
        return form._settled()

    @classmethod
    def read(cls, data: QueryDict, actor: Actor) -> "RuleForm":
        """Return the form that was sent, as far as it goes."""
        form = cls(actor, str(data.get("trigger") or ""))
        if (known := trigger_named(form.trigger)) is not None:
            raw = {each.key: read_option(each, data, "t") for each in known.options}
            form.options = {key: value for key, value in raw.items() if value not in (None, "", [], {})}
        # The fields of the kind for which the form was made: a new trigger may have others.
        fields = offered(str(data["kind"]), actor) if data.get("kind") in MODELS else {}
        form.box = builder.read(data, fields, ROOT)
        numbers = sorted({int(found[1]) for name in data if (found := STEP.fullmatch(name))})
        form.steps = [_read_step(data, f"s{number}", fields) for number in numbers[:MOST_STEPS]]
        form.reentry = str(data.get("reentry") or Reentry.ENTRY)
        form.listens_to = [each for each in data.getlist("listens_to") if each in SOURCES]
        rate = str(data.get("rate_per_hour") or "").strip()
        form.rate = int(rate) if rate.isascii() and rate.isdigit() and len(rate) < 8 else rate or RATE
        return form._settled()

    def _settled(self) -> "RuleForm":
        """Give all parts the names of their places, and lines the fields of the present kind of record."""
        self.box.renumber(ROOT)
        mend(self.box, self.fields)
        for number, step in enumerate(self.steps):
            step.box.renumber(f"s{number}c")
            mend(step.box, self.fields)
        return self

    @property
    def kind(self) -> str:
        """The kind of record that the rule works on, "" for none."""
        known = trigger_named(self.trigger)
        if known is None:
            return ""
        given = {each.key: self.options.get(each.key) or each.default for each in known.options}
        return known.kind_for(given)

    @cached_property
    def _fields(self) -> dict[str, dict[str, Offered]]:
        return {}

    @property
    def fields(self) -> dict[str, Offered]:
        """The fields that conditions may name."""
        if self.kind not in self._fields:
            self._fields[self.kind] = offered(self.kind, self.actor)
        return self._fields[self.kind]

    def change(self, button: str) -> None:
        """Do what a button asks for: add, copy, move or drop a part. An unknown one changes nothing."""
        what, _colon, which = button.partition(":")
        if what in ("add", "group", "drop"):
            for box in (self.box, *(step.box for step in self.steps)):
                if which == box.path or which.startswith(f"{box.path}-"):
                    builder.change(box, button)
        elif what == "step" and action_named(which) is not None and len(self.steps) < MOST_STEPS:
            self.steps.append(StepForm(which, new=True))
        elif which.isdigit() and int(which) < len(self.steps):
            self._change_step(what, int(which))
        self._settled()

    def _change_step(self, what: str, number: int) -> None:
        step = self.steps[number]
        if what == "remove":
            del self.steps[number]
        elif what == "copy" and len(self.steps) < MOST_STEPS:
            again = RuleForm.of({"steps": [step.document(self.kind)]}, self.actor).steps
            self.steps[number + 1 : number + 1] = again
        elif what == "only":
            step.box.parts.append(Line("", new=True))
        elif what in ("up", "down"):
            place = number + (1 if what == "down" else -1)
            if 0 <= place < len(self.steps):
                self.steps[number], self.steps[place] = self.steps[place], self.steps[number]

    def document(self) -> dict[str, Any]:
        """Return the rule as a document has it."""
        trigger: dict[str, Any] = {}
        if (known := trigger_named(self.trigger)) is not None:
            trigger = {"kind": self.trigger}
            if options := documented(known.options, self.options):
                trigger["options"] = options
        return {
            "trigger": trigger,
            "conditions": document_of(self.box) if self.kind else {},
            "steps": [step.document(self.kind) for step in self.steps],
            "reentry": self.reentry,
            "listens_to": self.listens_to,
            "rate_per_hour": self.rate,
        }

    def essence(self) -> dict[str, Any]:
        """Return the document without what defaults say anyway: two forms with the same one mean the same."""
        found = self.document()
        known = trigger_named(self.trigger)
        if known is not None:
            found["trigger"]["options"] = undefaulted(known.options, self.options)
        for step, each in zip(self.steps, found["steps"], strict=True):
            each["options"] = undefaulted(step.known.options if step.known else (), step.options)
        return found

    def show_errors(self, errors: Mapping[str, str]) -> None:
        """Put the problems of the document beside what they are about."""
        self.errors = dict(errors)
        place_errors(self.box, errors, "conditions")
        for number, step in enumerate(self.steps, start=1):
            place_errors(step.box, errors, f"steps.{number}.conditions")

    def shown(self, words: Sequence[tuple[str, str]] = (), *, again: bool = False) -> dict[str, Any]:
        """Return what the template needs; `words` tell each step and its conditions, if all could be read.

        A form that comes `again` unfolds only what needs it: the rest stays as somebody has left it.
        """
        context = RuleContext(self.actor, timezone.now())
        return {
            "kind": self.kind,
            "trigger": self._shown_trigger(),
            "root": builder.show_box(self.box, self.fields, context),
            "fields": builder.grouped(self.fields.values()),
            "steps": [
                self._shown_step(number, step, context) | self._folded(number, step, words, again)
                for number, step in enumerate(self.steps)
            ],
            "actions": [each for each in actions() if each.kinds is None or self.kind in each.kinds],
            "full": len(self.steps) >= MOST_STEPS,
            "reentries": [(key, label, key == self.reentry) for key, label in catalog.reentries()],
            "sources": [(key, SOURCE_WORDS[key], key in self.listens_to) for key in SOURCES],
            "rate": self.rate,
            "merge": catalog.merge_fields(self.kind, self.actor),
            "errors": {key.removeprefix("rule."): words for key, words in self.errors.items()},
        }

    def _shown_trigger(self) -> dict[str, Any]:
        known = trigger_named(self.trigger)
        groups: dict[str, list[tuple[str, str, bool]]] = {}
        for each in triggers():
            groups.setdefault(str(each.group), []).append((each.key, str(each.label), each.key == self.trigger))
        place = Place("t", self.kind, self.actor, _below(self.errors, "trigger"))
        return {
            "key": self.trigger,
            "label": str(known.label) if known is not None else "",
            "timed": known is not None and known.timed,
            "groups": list(groups.items()),
            "options": shown_options(known.options, self.options, place) if known is not None else [],
            "error": self.errors.get("trigger", ""),
        }

    def _folded(self, number: int, step: StepForm, words: Sequence[tuple[str, str]], again: bool) -> dict[str, Any]:
        """Return what a folded step says, and whether it stands open: the first one, a new one, and what cannot work."""
        told, only = (
            words[number] if len(words) == len(self.steps) else (str(step.known.label if step.known else ""), "")
        )
        wrong = any(f"{where}.".startswith(f"steps.{number + 1}.") for where in self.errors)
        return {"words": told, "only": only, "open": step.new or wrong or (number == 0 and not again)}

    def _shown_step(self, number: int, step: StepForm, context: RuleContext) -> dict[str, Any]:
        where, known = f"steps.{number + 1}", step.known
        place = Place(f"s{number}", self.kind, self.actor, _below(self.errors, where))
        return {
            "index": number,
            "number": number + 1,
            "prefix": f"s{number}",
            "action": step.action,
            "label": known.label if known is not None else step.action,
            "icon": known.icon if known is not None else "circle-alert",
            "options": shown_options(known.options, step.options, place) if known is not None else [],
            "root": builder.show_box(step.box, self.fields, context) if step.box.parts and self.kind else None,
            "error": self.errors.get(where, ""),
            "new": step.new,
            "last": number == len(self.steps) - 1,
        }


def _read_step(data: QueryDict, prefix: str, fields: Mapping[str, Offered]) -> StepForm:
    step = StepForm(str(data.get(f"{prefix}-action") or "")[:40])
    if (known := step.known) is not None:
        raw = {each.key: read_option(each, data, prefix) for each in known.options}
        step.options = {key: value for key, value in raw.items() if value not in (None, "", [], {})}
    step.box = builder.read(data, fields, f"{prefix}c")
    return step


def _below(errors: Mapping[str, str], where: str) -> dict[str, str]:
    """Return the errors of the options of a part, by option."""
    return {key.removeprefix(f"{where}."): words for key, words in errors.items() if key.startswith(f"{where}.")}


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


__all__ = ["RuleForm", "StepForm"]
