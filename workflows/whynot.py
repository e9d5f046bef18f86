"""Why a rule did not run for a record: as the record is now, or at one of the last things that happened to it (W6)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core import formats
from crm.kernel.events.models import Event

from .dryrun.events import asked_by_events
from .dryrun.judging import Judge
from .dryrun.results import REASONS, DryRun
from .engine.loading import Loaded, special_source
from .models import Rule
from .triggers import TimeTrigger, triggers
from .triggers.times import Schedule

LAST_EVENTS = 20
LOOKED_BACK = dt.timedelta(days=365)
PASSED_OVER = {
    "import": gettext_lazy("It was an import, and the rule does not listen to imports."),
    "sync": gettext_lazy("It was a mail sync, and the rule does not listen to mail syncs."),
    "undo": gettext_lazy("It was an undo, and the rule does not listen to undos."),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rule said at an event. `words` tell it in a sentence, `trace` each condition with what was seen."""

    ran: bool
    words: str
    trace: Sequence[dict[str, Any]] = ()


def last_events(record_id: Any) -> list[Event]:
    """Return the last things that happened to a record and that rules can hear, newest first."""
    names = {name for each in triggers() for name in each.events}
    return list(Event.objects.filter(subject_id=record_id, name__in=names).order_by("-pk")[:LAST_EVENTS])


def event_words(event: Event) -> str:
    """Return what happened, as triggers call it, with the fields that changed."""
    label = next((str(each.label) for each in triggers() if event.name in each.events), event.name)
    fields = ", ".join(str(each).removesuffix("_id") for each in event.data.get("fields", ()))
    return capfirst(f"{label} ({fields})" if fields else label)


def answer_at(loaded: Loaded, event: Event) -> Answer:
    """Ask the rule at a stored event: what was true then, and whether the record was inside its conditions already.

    All earlier events of the record since the rule is at work are asked first, as the engine had.
    """
    trigger, rule = loaded.document.trigger, loaded.rule
    special = special_source(event.source)
    if special and special not in loaded.document.listens_to:
        return Answer(False, str(PASSED_OVER[special]))
    if trigger is None or event.name not in trigger.events:
        return Answer(False, _("The rule waits for something else."))
    earliest = event.recorded_at - LOOKED_BACK
    early = rule.live_since is None or event.recorded_at < rule.live_since
    since = earliest if early else max(rule.live_since or earliest, earliest)
    until = event.recorded_at + dt.timedelta(microseconds=1)
    judge = Judge(loaded, DryRun(since, until))
    for batch in asked_by_events(loaded, since, until, event.subject_id):
        judge.ask(batch)  # what the rule did then stands in history itself
    key = f"event:{event.pk}"
    match = next((each for each in judge.result.matches if each.key == key), None)
    miss = next((each for each in reversed(judge.result.misses) if each.key == key), None)
    before = _("The rule was not at work yet.") if early or rule.state == Rule.State.DRAFT else ""
    if match is not None:
        return Answer(not early, before or _("Nothing spoke against it: the rule runs for this."), match.trace)
    why = f"{REASONS[miss.why]}." if miss is not None else ""
    return Answer(False, f"{before} {why}".strip(), miss.trace if miss is not None else ())


def moment_words(loaded: Loaded, record_id: UUID, now: dt.datetime) -> str:
    """Return what a rule that time sets off has to say of a record: when its moment is or was; "" of other rules."""
    trigger = loaded.document.trigger
    if not isinstance(trigger, TimeTrigger) or isinstance(trigger, Schedule):
        return ""
    look = trigger.look([record_id], loaded.document.options, now).get(record_id)
    if look is None or look.due is None:
        return _("The rule does not watch this record as it is now: it is closed, done, or has no such date.")
    when = formats.when(look.due)
    if look.due > now:
        return _("Its moment has not come yet: %(when)s.") % {"when": when}
    if loaded.rule.live_since is not None and look.due < loaded.rule.live_since and not loaded.rule.include_existing:
        return _("Its moment was %(when)s, before the rule was at work: what had come due then is left alone.") % {
            "when": when
        }
    return _("Its moment was %(when)s.") % {"when": when}


__all__ = ["Answer", "answer_at", "event_words", "last_events", "moment_words"]
