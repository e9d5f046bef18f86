"""Entries of the timeline as HTML, built in Python: fifty through template nodes cost more than all the SQL."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.kernel.audit.sentences import Entry as Changes
from crm.kernel.core import formats
from crm.kernel.core.html import avatar_html, icon_html
from crm.kernel.core.scopes import Scope

from .models import Activity
from .places import url_of
from .timeline import TimelineEntry

NOBODY = UUID(int=0)
ICONS = {"note": "sticky-note", "call": "phone", "email": "mail", "meeting": "calendar", "todo": "circle-check-big"}
SYSTEM_ICONS = {
    "deal_created": ("plus", ""),
    "stage_changed": ("arrow-right-left", "ok"),
    "deal_won": ("trophy", "ok"),
    "deal_lost": ("x", "bad"),
    "deal_reopened": ("rotate-ccw", "accent"),
    "lead_qualified": ("target", "accent"),
    "task_done": ("check", "ok"),
    "file_added": ("paperclip", ""),
    "owner_changed": ("user-round", ""),
    "binned": ("trash-2", ""),
    "restored": ("undo-2", ""),
    "contact_created": ("plus", ""),
    "company_created": ("plus", ""),
    "lead_returned": ("reply", "accent"),
    "contact_merged": ("git-merge", "accent"),
    "company_merged": ("git-merge", "accent"),
    "unsubscribed": ("mail", "bad"),
    "resubscribed": ("mail", "ok"),
}
TONES = {"held": "ok", "reached": "ok", "no_show": "warn", "no_answer": "warn", "cancelled": "outline"}


def day_words(day: dt.date) -> str:
    """Return a day as a heading: Today, 19 November; Wednesday, 18 November; 31 March 2025."""
    today = timezone.localdate()
    date = formats.dated(day, pgettext("day of this year in full, as 19 November", "j F"))
    if day == today:
        return _("Today, %(date)s") % {"date": date}
    if day == today - dt.timedelta(days=1):
        return _("Yesterday, %(date)s") % {"date": date}
    if day.year == today.year:
        return f"{formats.dated(day, 'l')}, {date}"
    return formats.dated(day, pgettext("day of another year in full", "j F Y"))


class Writer:
    """Writes the entries of one record's timeline for one reader."""

    def __init__(self, *, kind: str, deals: Scope, activities: Scope) -> None:
        self.kind = kind
        self.deals = deals
        self.activities = activities
        # What is the same in every entry is made once: words, icons and addresses cost more than the rest.
        self.day_titles: dict[dt.date, str] = {}
        self.names: dict[str, SafeString] = {}
        self.badges: dict[str, SafeString] = {"": SafeString()}
        undo, more = reverse("audit:undo", args=[NOBODY]), url_of("activity", NOBODY)
        self.undo = format_html(
            '<button class="link xs event-undo" type="button" hx-post="{}" hx-swap="none">{}</button>', undo, _("Undo")
        )
        self.more = format_html(
            '<a class="btn btn-ghost btn-icon btn-sm event-more" href="{}" hx-get="{}" hx-target="#modal-body"'
            ' hx-swap="innerHTML" aria-label="{}">{}</a>',
            more,
            more,
            _("Open and change"),
            icon_html("ellipsis", "sm"),
        )

    def entry(self, entry: TimelineEntry) -> SafeString:
        """Return one entry as a list item."""
        system = entry.type == Activity.Type.SYSTEM
        icon, tone = SYSTEM_ICONS.get(entry.system, ("zap", "")) if system else (self._icon(entry), "")
        small = " event-small" if system and not tone else ""
        key = entry.pk if entry.part == "page" else f"{entry.part}-{entry.pk}"
        mark = f' data-tone="{tone}"' if tone else ""
        undo = self.undo.replace(str(NOBODY), str(entry.change)) if entry.change else ""
        more = "" if system else self.more.replace(str(NOBODY), str(entry.pk))
        # Every piece is escaped where it is made.
        return mark_safe(
            f'<li class="event{small}" id="entry-{key}"><span class="event-mark"{mark}>{icon_html(icon)}</span><div>'
            f'<div class="event-line"><p>{self.sentence(entry)}</p>{undo}{self._time(entry)}{more}</div>'
            f"{'' if system else self._card(entry)}</div></li>"
        )

    def planned(self, entry: TimelineEntry, csrf: str) -> SafeString:
        """Return a planned activity with Done and Reschedule."""
        buttons = ""
        if self.activities.covers(entry.user_id):
            buttons = format_html(
                '<form method="post" action="{done}" hx-post="{done}" hx-swap="none">{csrf}'
                '<button class="btn btn-sm" type="submit">{check}{done_words}</button></form>'
                '<a class="btn btn-ghost btn-sm" href="{move}" hx-get="{move}" hx-target="#modal-body"'
                ' hx-swap="innerHTML">{move_words}</a>',
                done=reverse("activities:activity_complete", args=[entry.pk]),
                move=reverse("activities:activity_reschedule", args=[entry.pk]),
                csrf=format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', csrf),
                check=icon_html("check"),
                done_words=_("Done"),
                move_words=_("Reschedule"),
            )
        who = format_html(
            '<span class="xs dim end row">{}{}</span>',
            avatar_html(entry.user_name, entry.user_id, "xs"),
            _first(entry.user_name),
        )
        when = formats.day(entry.scheduled_on) if entry.scheduled_on else formats.when(entry.at)
        late = entry.at < timezone.now() if entry.scheduled_on is None else entry.scheduled_on < timezone.localdate()
        mark = format_html(
            '<span class="event-mark" data-tone="{}">{}</span>',
            "bad" if late else "accent",
            icon_html(self._icon(entry)),
        )
        title = entry.subject or str(Activity.Type(entry.type).label)
        return format_html(
            '<li class="event" id="entry-{}">{}<div><div class="event-line"><p><b>{}</b>{}{}</p>'
            '<time class="{}" datetime="{}" title="{}">{}</time>{}</div><div class="row mt-sm">{}{}</div></div></li>',
            entry.pk,
            mark,
            title,
            self._with(entry),
            self._on_deal(entry),
            "bad-text" if late else "",
            entry.at.isoformat(),
            formats.full(entry.at),
            _("%(when)s, late") % {"when": when} if late else when,
            mark_safe(self.more.replace(str(NOBODY), str(entry.pk))),
            buttons,
            who,
        )

    def change(self, change: Changes) -> SafeString:
        """Return what one command changed in the record's fields; nothing where the timeline tells it anyway."""
        told = [each for each in change.sentences if each.what in ("changed", "set", "cleared", "added", "taken_off")]
        if not told:
            return SafeString()
        lines = format_html_join(
            "",
            '<span class="diff">{}: {}{}{}</span> ',
            (
                (
                    each.label,
                    format_html("<del>{}</del>", each.before) if each.before else "",
                    icon_html("arrow-right") if each.before and each.after else "",
                    format_html("<ins>{}</ins>", each.after) if each.after else "",
                )
                for each in told
            ),
        )
        clock = formats.clock(timezone.localtime(change.at))
        return format_html(
            '<li class="event event-small"><span class="event-mark">{}</span><div><div class="event-line">'
            '<p><b>{}</b> {}</p><time datetime="{}" title="{}">{}</time></div></div></li>',
            icon_html("pencil"),
            change.who,
            lines,
            change.at.isoformat(),
            formats.full(change.at),
            clock,
        )

    # Parts ---------------------------------------------------------------------------------------------------------
    @staticmethod
    def _icon(entry: TimelineEntry) -> str:
        if entry.type == "call" and entry.direction == "out":
            return "phone-outgoing"
        return ICONS[entry.type]

    def _time(self, entry: TimelineEntry) -> str:
        """Return when, as a time of the day under which it stands; in full on hover."""
        local = timezone.localtime(entry.at)
        clock = formats.clock(local)
        if entry.part == "pinned":
            words = formats.when(entry.at)
        else:
            words = clock if entry.scheduled_on is None else _("all day")
        day = local.date()
        if day not in self.day_titles:
            self.day_titles[day] = formats.full(day)
        title = escape(f"{self.day_titles[day]}, {clock} {local.tzname()}")
        return f'<time datetime="{entry.at.isoformat()}" title="{title}">{escape(words)}</time>'

    @staticmethod
    def _card(entry: TimelineEntry) -> str:
        """Return subject, text and files, if there are any."""
        subject = f'<p class="subject">{escape(entry.subject)}</p>' if entry.subject else ""
        body = f'<p class="snippet pre">{escape(entry.body[:600])}</p>' if entry.body else ""
        files = "".join(
            f'<a class="chip" href="{reverse("activities:file_download", args=[pk])}" download>'
            f"{icon_html('paperclip')}{escape(name)}</a>"
            for pk, name in entry.files
        )
        files = f'<p class="row row-wrap event-files">{files}</p>' if files else ""
        return f'<article class="event-card">{subject}{body}{files}</article>' if subject or body or files else ""

    def _with(self, entry: TimelineEntry) -> SafeString | str:
        """Return " with Maya and Paul"."""
        names = people_words([name for _pk, name in entry.people])
        return format_html(" {}", _("with %(people)s") % {"people": names}) if names else ""

    def _on_deal(self, entry: TimelineEntry) -> SafeString | str:
        """Return a link to the deal, where that is news and the reader may see it (U3)."""
        link = self._deal_link(entry)
        return format_html(" {}", format_html(_("on {}"), link)) if link else ""

    def _deal_link(self, entry: TimelineEntry) -> SafeString | str:
        if self.kind == "deal" or entry.deal_id is None or not self.deals.covers(entry.deal_owner_id):
            return ""
        if entry.deal_binned_at is not None:
            return format_html("<b>{}</b>", entry.deal_title)
        return format_html('<a class="link" href="{}">{}</a>', url_of("deal", entry.deal_id), entry.deal_title)

    # Sentences -----------------------------------------------------------------------------------------------------
    def sentence(self, entry: TimelineEntry) -> SafeString:
        """Return who did what with whom."""
        if entry.type == Activity.Type.SYSTEM:
            return self._system(entry)
        who = self._who(entry)
        whom = people_words([name for _pk, name in entry.people])
        words = _SENTENCES.get((entry.type, entry.direction)) or _SENTENCES[(entry.type, "")]
        text = words(bool(whom))
        said = format_html(text, who=who, whom=self._bold(whom))
        minutes = ""
        if entry.duration:
            minutes = f' <span class="dim num">{escape(_("%(count)d min") % {"count": entry.duration})}</span>'
        return mark_safe(f"{said}{self._on_deal(entry)}{self._badge(entry)}{minutes}")

    def _bold(self, name: str) -> SafeString:
        if name not in self.names:
            self.names[name] = format_html("<b>{}</b>", name)
        return self.names[name]

    def _who(self, entry: TimelineEntry) -> SafeString:
        by = entry.data.get("by") if not entry.user_name else None
        return self._bold(by or _first(entry.user_name) or _("Somebody"))

    def _badge(self, entry: TimelineEntry) -> SafeString:
        kind = entry.outcome or ""
        if kind not in self.badges:
            label = Activity.Outcome(kind).label
            self.badges[kind] = format_html(' <span class="badge" data-tone="{}">{}</span>', TONES[kind], label)
        return self.badges[kind]

    def _system(self, entry: TimelineEntry) -> SafeString:
        """Return the words of a system entry; on a deal's own page the deal is "the deal"."""
        link = self._deal_link(entry) if self.kind != "deal" else ""
        deal = link or (_("the deal") if self.kind == "deal" else _("a deal"))
        diff = ""
        if entry.from_stage_name:
            diff = format_html(
                '<span class="diff"><del>{}</del>{}<ins>{}</ins></span>',
                entry.from_stage_name,
                icon_html("arrow-right"),
                entry.to_stage_name,
            )
        words = _SYSTEM.get(entry.system, lambda: _("{who} changed this record"))()
        reason = entry.data.get("reason")
        return format_html(
            words + ("{reason}" if reason else ""),
            reason=format_html(' <span class="badge" data-tone="bad">{}</span>', reason),
            who=self._who(entry),
            deal=deal,
            diff=diff,
            stage=format_html("<b>{}</b>", entry.to_stage_name or ""),
            title=format_html("<b>{}</b>", entry.data.get("title", "")),
            before=entry.data.get("from") or _("nobody"),
            after=format_html("<b>{}</b>", entry.data.get("to") or _("nobody")),
        )


def _first(name: str | None) -> str:
    return (name or "").split(" ")[0]


def people_words(names: list[str]) -> str:
    """Return names as people say them: Maya, Paul and Renée; at most three by name."""
    if len(names) > 3:
        return _("%(people)s and %(count)d others") % {"people": ", ".join(names[:2]), "count": len(names) - 2}
    if len(names) < 2:
        return "".join(names)
    return _("%(people)s and %(last)s") % {"people": ", ".join(names[:-1]), "last": names[-1]}


# Each is a function of "is anybody named", since words are translated when they are shown.
_SENTENCES: dict[tuple[str, str], Any] = {
    ("note", ""): lambda named: _("{who} wrote a note"),
    ("call", ""): lambda named: _("{who} spoke with {whom}") if named else _("{who} logged a call"),
    ("call", "out"): lambda named: _("{who} called {whom}") if named else _("{who} made a call"),
    ("call", "in"): lambda named: _("{whom} called {who}") if named else _("{who} took a call"),
    ("email", ""): lambda named: _("{who} and {whom} exchanged e-mail") if named else _("{who} logged an e-mail"),
    ("email", "out"): lambda named: _("{who} e-mailed {whom}") if named else _("{who} sent an e-mail"),
    ("email", "in"): lambda named: _("{whom} wrote to {who}") if named else _("{who} got an e-mail"),
    ("meeting", ""): lambda named: _("{who} met {whom}") if named else _("{who} had a meeting"),
}
_SYSTEM: dict[str, Any] = {
    "deal_created": lambda: _("{who} created {deal}"),
    "stage_changed": lambda: _("{who} moved {deal} {diff}"),
    "deal_won": lambda: _("{who} won {deal} {diff}"),
    "deal_lost": lambda: _("{who} marked {deal} as lost {diff}"),
    "deal_reopened": lambda: _("{who} reopened {deal} {diff}"),
    "lead_qualified": lambda: _("{who} qualified the lead: {deal}"),
    "task_done": lambda: _("{who} completed the task {title}"),
    "file_added": lambda: _("{who} added the file {title}"),
    "owner_changed": lambda: _("{who} changed the owner from {before} to {after}"),
    "binned": lambda: _("{who} put {deal} into the bin"),
    "restored": lambda: _("{who} restored {deal} from the bin"),
    "contact_created": lambda: _("{who} added the contact"),
    "company_created": lambda: _("{who} added the company"),
    "contact_binned": lambda: _("{who} put the contact into the bin"),
    "contact_restored": lambda: _("{who} restored the contact from the bin"),
    "company_binned": lambda: _("{who} put the company into the bin"),
    "company_restored": lambda: _("{who} restored the company from the bin"),
    "lead_returned": lambda: _("The lead came back"),
    "contact_merged": lambda: _("{who} merged the contact with {title}"),
    "company_merged": lambda: _("{who} merged the company with {title}"),
    "unsubscribed": lambda: _("The contact unsubscribed from e-mail"),
    "resubscribed": lambda: _("The contact subscribed to e-mail again"),
}
