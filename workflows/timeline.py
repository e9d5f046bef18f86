"""What rules did with a record, as lines of its timeline: which rule, why, and what came of it (W6, R7)."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from activities.extras import Lines
from crm.kernel.core import formats
from crm.kernel.core.changes import Actor
from crm.kernel.core.html import icon_html

from .models import Run
from .records import Named
from .telling import shown_run, trigger_words

MOST = 200


def run_lines(record: Any, actor: Actor, since: dt.datetime | None, before: dt.datetime | None) -> Lines:
    """Return the runs for a record between two moments; whoever sees the record sees them, holders of the right open them."""
    runs = Run.objects.of_record(record.kind, record.pk).select_related("rule", "version").prefetch_related("steps")
    if since is not None:
        runs = runs.filter(started_at__gte=since)
    if before is not None:
        runs = runs.filter(started_at__lt=before)
    names = {record.pk: Named(str(record), "")}
    rules = actor.may("rules")
    return [(run.started_at, _line(run, names, linked=rules)) for run in runs.order_by("-started_at", "-id")[:MOST]]


def _line(run: Run, names: dict[Any, Named], *, linked: bool) -> SafeString:
    shown = shown_run(run, names)
    name = format_html("<b>{}</b>", run.rule.name)
    if linked:
        name = format_html('<a class="link-quiet" href="{}">{}</a>', reverse("workflows:run_page", args=[run.pk]), name)
    why = trigger_words(run.version.document if run.version else run.rule.current and run.rule.current.document)
    return format_html(
        '<li class="event event-small"><span class="event-mark"{}>{}</span><div><div class="event-line">'
        '<p>{} <span class="dim">{}</span> {}</p><time datetime="{}" title="{}">{}</time></div></div></li>',
        format_html(' data-tone="{}"', shown["tone"]) if shown["tone"] else "",
        icon_html("zap"),
        name,
        _("because %(why)s:") % {"why": why},
        shown["words"],
        run.started_at.isoformat(),
        formats.full(run.started_at),
        formats.clock(timezone.localtime(run.started_at)),
    )
