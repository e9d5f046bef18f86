"""The timeline of a contact, company or deal: one list, newest first, read by keyset from stored rows (R7).

Three parts in one statement: what is planned, what is pinned, and a page of what happened, with the people of each. A
further statement counts by type for the filter. Nothing that the reader may not see is named (U3): who sees the record
sees its activities, but a deal or contact beside it only by their own right.
"""

import base64
import binascii
import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from contacts.models import Contact
from crm.kernel.core.changes import Actor
from crm.kernel.core.scopes import Scope
from deals.models import Deal, DealContact

from .models import Activity
from .models.activity import ActivityQuerySet

PAGE = 50
COUNTED = 1000
UNDO_DAYS = 14
SHOWN = {"email": "email", "call": "call", "meeting": "meeting", "note": "note"}
HAPPENED = "activities_activity.completed_at IS NOT NULL"
PLANNED = "activities_activity.completed_at IS NULL AND activities_activity.type IN ('call', 'meeting', 'email')"
PINNED = "activities_activity.pinned_at IS NOT NULL"
# Written out, since building it from query sets costs more than running it. Columns as in `TimelineEntry`.
READ = """
WITH picked AS ({parts})
SELECT a.id, a.type, a.system, a.subject, a.body, a.at, a.scheduled_on, a.completed_at, a.duration, a.direction,
    a.outcome, a.pinned_at, a.data, a.user_id, u.name, a.deal_id, d.title, d.owner_id, d.binned_at,
    (SELECT f.name FROM deals_stage f WHERE f.id = s.from_stage_id),
    (SELECT t.name FROM deals_stage t WHERE t.id = s.to_stage_id),
    picked.part,
    -- The command that wrote the row, where it is the reader's own and recent: it can be undone from here (H2).
    CASE WHEN a.user_id = %(me)s AND a.created_at > %(recent)s THEN (
        SELECT CASE WHEN c.user_id = %(me)s AND c.source = 'page' AND c.actor_kind = 'user' THEN c.id END
        FROM audit_changeset c WHERE c.id = (
            SELECT h.pgh_context_id FROM activities_activityhistory h
            WHERE h.pgh_obj_id = a.id AND h.pgh_label = 'insert' LIMIT 1)) END,
    CASE WHEN a.type <> 'system' THEN (
        SELECT jsonb_agg(jsonb_build_array(c.id, concat_ws(' ', c.first_name, c.last_name), c.owner_id) ORDER BY l.id)
        FROM activities_activitycontact l JOIN contacts_contact c ON c.id = l.contact_id WHERE l.activity_id = a.id) END,
    CASE WHEN a.type <> 'system' THEN (
        SELECT jsonb_agg(jsonb_build_array(x.id, x.name) ORDER BY x.id)
        FROM activities_attachment x WHERE x.activity_id = a.id AND x.binned_at IS NULL) END
FROM picked
JOIN activities_activity a ON a.id = picked.id
LEFT JOIN users_user u ON u.id = a.user_id
LEFT JOIN deals_deal d ON d.id = a.deal_id
LEFT JOIN deals_stagechange s ON s.id = a.stage_change_id
"""


@dataclass(slots=True)
class TimelineEntry:
    """One line, as it is shown. `people` are (id, name) of contacts that the reader may know of.

    `files` are (id, name) of what is attached: who sees the activity sees its files (U3).
    """

    pk: UUID
    type: str
    system: str
    subject: str
    body: str
    at: dt.datetime
    scheduled_on: dt.date | None
    completed_at: dt.datetime | None
    duration: int | None
    direction: str
    outcome: str
    pinned_at: dt.datetime | None
    data: dict[str, Any]
    user_id: UUID | None
    user_name: str | None
    deal_id: UUID | None
    deal_title: str | None
    deal_owner_id: UUID | None
    deal_binned_at: dt.datetime | None
    from_stage_name: str | None
    to_stage_name: str | None
    part: str
    change: UUID | None
    people: list[tuple[UUID, str]] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)

    @property
    def cursor(self) -> str:
        """Where the next page begins, for the address."""
        return base64.urlsafe_b64encode(f"{self.at.isoformat()}|{self.pk}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[dt.datetime, UUID] | None:
    """Return the place that a cursor names, or None for one that is no cursor."""
    try:
        at, pk = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split("|")
        moment = dt.datetime.fromisoformat(at)
        return (moment, UUID(pk)) if moment.tzinfo else None
    except (ValueError, binascii.Error, OverflowError):
        return None


class Timeline:
    """What happened with one record and what is planned, for one reader. `shown` is a type, or nothing for all."""

    def __init__(self, record: Any, actor: Actor, *, shown: str = "", before: str = "") -> None:
        self.record = record
        self.actor = actor
        self.shown = shown if shown in SHOWN else ""
        self.before = read_cursor(before) if before else None

    @cached_property
    def rows(self) -> ActivityQuerySet:
        """All live activities of the record that the reader may see."""
        live = Activity.objects.live()
        if self.record.kind == "deal":
            return live.filter(deal=self.record)
        if self.record.kind == "company":
            return Activity.objects.visible_to(self.actor).live().filter(company=self.record)
        return live.filter(contact_links__contact=self.record)

    def _source(self) -> tuple[str, str, str, list[Any]]:
        """Return FROM and WHERE of the record's live activities, and the columns of the index that orders them."""
        table = "activities_activity"
        live = f"{table}.binned_at IS NULL"
        if self.record.kind == "contact":
            links = f"activities_activitycontact l JOIN {table} ON {table}.id = l.activity_id"
            return f"{links} WHERE l.contact_id = %s AND {live}", "l.at", "l.activity_id", [self.record.pk]
        if self.record.kind == "deal":
            return f"{table} WHERE {table}.deal_id = %s AND {live}", f"{table}.at", f"{table}.id", [self.record.pk]
        compiler = self.rows.query.get_compiler(connection=connection)
        compiler.pre_sql_setup()
        where, values = compiler.compile(self.rows.query.where)
        return f"{table} WHERE {where}", f"{table}.at", f"{table}.id", list(values)

    def _parts(self) -> tuple[str, list[Any]]:
        """Return the statement that picks ids: a page of what happened, and on the first page planned and pinned."""
        source, at, pk, values = self._source()
        part = f"(SELECT activities_activity.id, %s AS part FROM {source} AND {{}} ORDER BY {{}} LIMIT {{}})"
        page = HAPPENED
        page_values: list[Any] = []
        if self.shown:
            page, page_values = f"{page} AND activities_activity.type = %s", [self.shown]
        if self.before is not None:
            page, page_values = f"{page} AND ({at}, {pk}) < (%s, %s)", [*page_values, *self.before]
        parts = [part.format(page, f"{at} DESC, {pk} DESC", PAGE + 1)]
        given: list[Any] = ["page", *values, *page_values]
        if self.before is None and not self.shown:
            parts.append(part.format(PLANNED, at, 20))
            given += ["planned", *values]
        if self.before is None and self.shown in ("", "note"):
            parts.append(part.format(PINNED, "activities_activity.pinned_at DESC", 10))
            given += ["pinned", *values]
        return " UNION ALL ".join(parts), given

    @cached_property
    def _entries(self) -> list[TimelineEntry]:
        parts, values = self._parts()
        recent = timezone.now() - dt.timedelta(days=UNDO_DAYS)
        read = READ.format(parts=parts).replace("%(me)s", "%s").replace("%(recent)s", "%s")
        with connection.cursor() as cursor:
            cursor.execute(read, [*values, self.actor.id, recent, self.actor.id])
            rows = cursor.fetchall()
        scope = self.actor.scope("contact", "view")
        entries = []
        for *columns, people, files in rows:
            entry = TimelineEntry(*columns)
            entry.data = json.loads(columns[12])
            entry.people = self._known(json.loads(people), scope) if people else []
            entry.files = json.loads(files) if files else []
            entries.append(entry)
        return entries

    def _known(self, people: list[tuple[str, str, str | None]], scope: Scope) -> list[tuple[UUID, str]]:
        """Return the people whom the reader may know of: by their own right, or as people of this deal (U3)."""
        return [
            (UUID(pk), name)
            for pk, name, owner in people
            if scope.covers(UUID(owner) if owner else None) or UUID(pk) in self._people_of_deal
        ]

    @cached_property
    def contacts(self) -> list[tuple[UUID, str]]:
        """The people whom an activity may be with: those of the deal, or of the company, by name."""
        if self.record.kind == "deal":
            rows = DealContact.objects.filter(deal=self.record, contact__binned_at__isnull=True).order_by(
                "-primary", "id"
            )
            names = rows.values_list("contact_id", "contact__first_name", "contact__last_name")
        elif self.record.kind == "company":
            visible = Contact.objects.visible_to(self.actor).live().filter(company=self.record)
            names = visible.order_by("sort_name")[:50].values_list("pk", "first_name", "last_name")
        else:
            return [(self.record.pk, self.record.name)]
        return [(pk, f"{first} {last}".strip()) for pk, first, last in names]

    @cached_property
    def _people_of_deal(self) -> set[UUID]:
        return {pk for pk, _name in self.contacts} if self.record.kind == "deal" else set()

    @cached_property
    def deals(self) -> list[tuple[UUID, str]]:
        """The open deals of the contact or company that an activity may also be on."""
        if self.record.kind == "deal":
            return []
        mine = Deal.objects.visible_to(self.actor).live().open()
        of = {"people__contact": self.record} if self.record.kind == "contact" else {"company": self.record}
        return list(mine.filter(**of).order_by("-created_at").values_list("pk", "title")[:20])

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many of each type there are, among the first thousand."""
        rows = self.rows.happened().filter(type__in=SHOWN)
        return Counter(rows.order_by().values_list("type", flat=True)[:COUNTED])

    @property
    def counts_capped(self) -> bool:
        """True if there are more than were counted."""
        return sum(self.counts.values()) >= COUNTED

    @property
    def planned(self) -> list[TimelineEntry]:
        """What is to come, earliest first."""
        return sorted((e for e in self._entries if e.part == "planned"), key=lambda e: e.at)

    @property
    def pinned(self) -> list[TimelineEntry]:
        """Pinned notes, the last pinned first."""
        found = [e for e in self._entries if e.part == "pinned"]
        return sorted(found, key=lambda e: e.pinned_at or e.at, reverse=True)

    @cached_property
    def page(self) -> list[TimelineEntry]:
        """The page's entries, newest first, without the one that only tells that there are more."""
        return self._ordered[:PAGE]

    @cached_property
    def _ordered(self) -> list[TimelineEntry]:
        found = [entry for entry in self._entries if entry.part == "page"]
        return sorted(found, key=lambda entry: (entry.at, entry.pk), reverse=True)

    @property
    def next(self) -> str:
        """The cursor of the next page, or nothing."""
        return self.page[-1].cursor if len(self._ordered) > PAGE else ""
