"""What this app puts on the pages of contacts, companies and deals: composer, timeline, next step, open tasks."""

import datetime as dt
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.audit.sentences import record_changes
from crm.kernel.core import formats
from crm.kernel.core.changes import Actor

from .extras import Extra, Lines, extras
from .forms import COMPOSER
from .models import Activity, Task
from .places import url_of
from .sentences import ICONS, Writer, day_words
from .timeline import Timeline

TABS = (
    ("note", gettext_lazy("Note"), "n"),
    ("call", gettext_lazy("Call"), "l"),
    ("email", gettext_lazy("Email"), "e"),
    ("meeting", gettext_lazy("Meeting"), "m"),
    ("task", gettext_lazy("Task"), "t"),
)
CHIPS = (
    ("email", gettext_lazy("Emails")),
    ("call", gettext_lazy("Calls")),
    ("meeting", gettext_lazy("Meetings")),
    ("note", gettext_lazy("Notes")),
)


@dataclass(slots=True)
class Step:
    """Something to do about a record: an open task or a planned activity."""

    kind: str
    pk: UUID
    title: str
    icon: str
    due: dt.date | None
    at: dt.datetime | None
    who: str

    @property
    def state(self) -> str:
        """When it is due, in the words of the style sheet: over, today, later or none."""
        return due_state(self.due, self.at)

    @property
    def words(self) -> str:
        """When it is due, for people."""
        return due_words(self.due, self.at)

    @property
    def done_url(self) -> str:
        """Where Done posts to."""
        return reverse(
            "activities:task_complete" if self.kind == "task" else "activities:activity_complete", args=[self.pk]
        )

    @property
    def move_url(self) -> str:
        """Where Reschedule leads."""
        name = "activities:task_reschedule" if self.kind == "task" else "activities:activity_reschedule"
        return reverse(name, args=[self.pk])

    @property
    def url(self) -> str:
        """Its own page."""
        return url_of(self.kind, self.pk)


def due_state(due: dt.date | None, at: dt.datetime | None) -> str:
    """Return over, today, later or none for a due date, seen from the reader's zone."""
    if due is None:
        return "none"
    if (at is not None and at < timezone.now()) or due < timezone.localdate():
        return "over"
    return "today" if due == timezone.localdate() else "later"


def due_words(due: dt.date | None, at: dt.datetime | None) -> str:
    """Return when something is due: `2 days late`, `today 15:30`, `Fri 20 Nov`."""
    if due is None:
        return _("no date")
    late = (timezone.localdate() - due).days
    if late > 0:
        return _("1 day late") if late == 1 else _("%(count)d days late") % {"count": late}
    return formats.when(at) if at is not None else formats.day(due)


def timeline_of(request: HttpRequest, record: Any) -> Timeline:
    """Return the record's timeline as the address asks for it; read once per request."""
    kept: dict[Any, Timeline] = request.__dict__.setdefault("_timelines", {})
    if record.pk not in kept:
        kept[record.pk] = Timeline(
            record,
            request.actor,  # type: ignore[attr-defined]
            shown=request.GET.get("show", ""),
            before=request.GET.get("before", ""),
        )
    return kept[record.pk]


def open_tasks(request: HttpRequest, record: Any) -> list[Step]:
    """Return the open tasks of a record, earliest first, undated last; read once per request."""
    kept: dict[Any, list[Step]] = request.__dict__.setdefault("_open_tasks", {})
    if record.pk not in kept:
        rows = Task.objects.live().open().filter(**{record.kind: record})
        if record.kind == "company":
            rows = Task.objects.visible_to(request.actor).live().open().filter(company=record)  # type: ignore[attr-defined]
        found = rows.order_by("due_on", "due_at", "pk").values_list(
            "pk", "title", "type", "due_on", "due_at", "assignee__name"
        )[:20]
        kept[record.pk] = [
            Step("task", pk, title, ICONS[kind], due, at, (who or "").split(" ")[0])
            for pk, title, kind, due, at, who in found
        ]
    return kept[record.pk]


def next_step_panel(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Return the earliest thing to do about a deal: an open task or a planned activity."""
    steps = list(open_tasks(request, record))
    for entry in timeline_of(request, record).planned:
        at = None if entry.scheduled_on else entry.at
        due = entry.scheduled_on or timezone.localtime(entry.at).date()
        title = entry.subject or str(Activity.Type(entry.type).label)
        steps.append(
            Step("activity", entry.pk, title, ICONS[entry.type], due, at, (entry.user_name or "").split(" ")[0])
        )
    steps.sort(key=lambda step: (step.due or dt.date.max, step.at or dt.datetime.max.replace(tzinfo=dt.UTC)))
    return {"step": steps[0] if steps else None}


def open_tasks_panel(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Return the open tasks of a record."""
    return {"tasks": open_tasks(request, record), "record": record}


def may_log(request: HttpRequest) -> bool:
    """Say whether the reader may write activities at all."""
    return not request.actor.scope("activity", "edit").nothing  # type: ignore[attr-defined]


def timeline_panel(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Return composer and timeline."""
    context = feed(request, record)
    if may_log(request):
        # Only the first form is made with the page; the others are fetched when their tab is first opened.
        form = COMPOSER["note"](timeline=timeline_of(request, record), actor=request.actor)  # type: ignore[attr-defined]
        context["composer"] = [
            {"type": kind, "label": label, "key": key, "icon": ICONS.get(kind, "circle-check-big")}
            for kind, label, key in TABS
        ]
        context["note_form"] = form
    return context


def feed(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Return the timeline as HTML rows, with its filter; `changes=1` in the address shows field changes too, and so on for
    all that is shown on demand (R7).
    """
    timeline = timeline_of(request, record)
    actor = request.actor  # type: ignore[attr-defined]
    writer = Writer(kind=record.kind, deals=actor.scope("deal", "view"), activities=actor.scope("activity", "edit"))
    token = get_token(request)
    plus = "+" if timeline.counts_capped else ""
    on = [each for each in extras() if request.GET.get(each.key) == "1" and not timeline.shown]
    rows = [(entry.at, writer.entry(entry)) for entry in timeline.page]
    oldest = timeline.page[-1].at if timeline.next else None
    for each in on:
        rows += each.lines(record, actor, oldest, timeline.before[0] if timeline.before else None)
    asked = f"show={timeline.shown}&" if timeline.shown else "".join(f"{each.key}=1&" for each in on)
    return {
        "record": record,
        "record_url": url_of(record.kind, record.pk),
        "feed_url": reverse("activities:timeline", args=[record.kind, record.pk]),
        "timeline": timeline,
        "switches": [_switch(each, on) for each in extras()],
        "more": f"{asked}before={timeline.next}" if timeline.next else "",
        "chips": [
            {"key": key, "label": label, "icon": ICONS[key], "count": f"{timeline.counts.get(key, 0)}{plus}"}
            for key, label in CHIPS
        ],
        "planned": [writer.planned(entry, token) for entry in timeline.planned],
        "pinned": [writer.entry(entry) for entry in timeline.pinned],
        "days": by_day(rows),
    }


def _switch(extra: Extra, on: list[Extra]) -> dict[str, Any]:
    """Return the switch of what is shown on demand: whether it is on, and the address that turns it."""
    is_on = extra in on
    others = [each for each in extras() if (each in on) is not (each is extra)]
    return {"extra": extra, "on": is_on, "query": urlencode([(each.key, 1) for each in others])}


def field_changes(record: Any, actor: Actor, since: dt.datetime | None, before: dt.datetime | None) -> Lines:
    """Return the field changes of a record between two moments, read from history."""
    writer = Writer(kind=record.kind, deals=actor.scope("deal", "view"), activities=actor.scope("activity", "edit"))
    found = record_changes(record, actor=actor, before=before)
    return [
        (change.at, html)
        for change in found
        if (since is None or change.at >= since) and (html := writer.change(change))
    ]


CHANGES = Extra("changes", gettext_lazy("Field changes"), "history", field_changes)


def by_day(rows: list[tuple[dt.datetime, SafeString]]) -> list[tuple[str, list[SafeString]]]:
    """Return rows under their days in the reader's zone, newest first; rows of one moment keep their order."""
    rows.sort(key=lambda row: row[0], reverse=True)
    grouped = groupby(rows, key=lambda row: timezone.localtime(row[0]).date())
    return [(day_words(day), [html for _at, html in part]) for day, part in grouped]
