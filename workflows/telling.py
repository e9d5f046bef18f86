"""Rules and runs in a line: what sets a rule off, and what came of a run."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from crm.kernel.core import formats

from .builder.options import with_defaults
from .models import Run, Step
from .tones import tone_of
from .triggers import trigger_named


def trigger_words(document: Any) -> str:
    """Return a document's trigger in words, whatever state the document is in."""
    found = document.get("trigger") if isinstance(document, Mapping) else None
    given: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    trigger = trigger_named(str(given.get("kind")))
    if trigger is None:
        return _("No trigger yet")
    chosen = given.get("options")
    options: Mapping[str, Any] = chosen if isinstance(chosen, Mapping) else {}
    values = with_defaults(trigger.options, options)
    missing = any(each.required and values[each.key] is None and each.asked(values) for each in trigger.options)
    return str(trigger.label) if missing else trigger.describe(values)


def shown_run(run: Run, names: Any) -> dict[str, Any]:
    """Return a run as a line: its record, if the person may see it, what came of it, and how it looks."""
    tone, icon = tone_of(run.state)
    done = [step.words for step in run.steps.all() if step.words and step.state != Step.State.WAITING]
    done += waiting_words(run.state, run.due_at)
    hidden = run.record_id is not None and run.record_id not in names
    return {
        "run": run,
        "record": names.get(run.record_id),
        "words": run.get_state_display() if hidden else run.reason or "; ".join(done) or run.get_state_display(),
        "tone": tone,
        "icon": icon,
        "again": run.state == Run.State.FAILED,
    }


def waiting_words(state: str, until: dt.datetime | None) -> list[str]:
    """Return when a run that waits goes on, nothing of others."""
    return [_("goes on %(when)s") % {"when": formats.when(until)}] if state == Run.State.WAITING and until else []
