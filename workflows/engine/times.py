"""Keeping `DueTime` rows: filled in when a rule is published, and put right by what happens to records.

A row may be too early, never too late. Events that can bring a moment forward put it to now; those that put it off need
nothing: the look finds it.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from crm.kernel.core.ids import uuid7
from crm.kernel.events.bus import DomainEvent
from deals.events import DealEvent
from deals.services.lifecycle import contacts_of_deals
from workflows.models import DueTime, Rule
from workflows.triggers import TimeTrigger, triggers
from workflows.triggers.times import LeadIdle, Schedule

from .loading import Loaded, load_rule

FILL = 5_000


def timed_rules() -> list[Loaded]:
    """Return the rules at work that time sets off; one query."""
    keys = [each.key for each in triggers() if each.timed]
    rows = Rule.objects.listening().filter(trigger__in=keys).select_related("current", "owner__role", "owner__team")
    return [loaded for rule in rows if (loaded := load_rule(rule)) is not None and loaded.document.trigger is not None]


def follow(events: Sequence[DomainEvent]) -> None:
    """Look anew at records to which something happened that may bring a moment forward; in the event's transaction."""
    rules = timed_rules()
    if not rules:
        return
    now = timezone.now()
    for loaded in rules:
        trigger, options = loaded.document.trigger, loaded.document.options
        assert isinstance(trigger, TimeTrigger)
        ids = [
            each.subject_id
            for each in events
            if loaded.document.kind == each.kind and trigger.touched_by(each.name, each.payload(), options)
        ]
        if isinstance(trigger, LeadIdle):
            ids += _people_of([each.subject_id for each in events if isinstance(each, DealEvent)])
        look_anew(loaded.rule, loaded.document.kind, ids, now)


def _people_of(deal_ids: list[UUID]) -> list[UUID]:
    """Return the contacts who may be leads again by what happened to deals: that is derived, and no event of theirs (R4)."""
    return contacts_of_deals(deal_ids) if deal_ids else []


def look_anew(rule: Rule, kind: str, ids: Iterable[UUID], now: dt.datetime) -> None:
    """Have records looked at by the next beat. What the rule has run for is remembered."""
    rows = [DueTime(rule=rule, record_kind=kind, record_id=pk, at=now) for pk in dict.fromkeys(ids)]
    if rows:
        DueTime.objects.bulk_create(
            rows, update_conflicts=True, update_fields=["at"], unique_fields=["rule", "record_id"], batch_size=1000
        )


def recheck(kind: str, ids: Iterable[UUID]) -> None:
    """Look anew at records that an undo has put back, whatever it was."""
    wanted = list(ids)
    for loaded in timed_rules() if wanted else ():
        if loaded.document.kind == kind and not isinstance(loaded.document.trigger, Schedule):
            look_anew(loaded.rule, kind, wanted, timezone.now())


def fill_in() -> int:
    """Fill in the rows of newly published rules, some thousands at a time, each batch on its own; return how many."""
    done = 0
    for pk in Rule.objects.filter(state=Rule.State.LIVE, filled_at__isnull=True).values_list("pk", flat=True):
        while (count := _fill_some(pk)) is not None:
            done += count
    return done


def _fill_some(pk: UUID) -> int | None:
    """Fill in one batch of a rule's records; None when it is done, or another worker is at it."""
    with transaction.atomic():
        rule = (
            Rule.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, filled_at__isnull=True).first()
        )
        loaded = (
            load_rule(Rule.objects.select_related("current", "owner__role", "owner__team").get(pk=pk)) if rule else None
        )
        if rule is None or loaded is None:
            return None
        trigger = loaded.document.trigger
        if not isinstance(trigger, TimeTrigger) or loaded.broken:
            Rule.objects.filter(pk=pk).update(filled_at=timezone.now())
            return None
        if isinstance(trigger, Schedule):
            at = trigger.next_after(loaded.document.options, timezone.now(), loaded.context(timezone.now()).zone)
            _put_rows(rule, "", [(rule.pk, at)])
            Rule.objects.filter(pk=pk).update(filled_at=timezone.now())
            return None
        rows = trigger.rows(loaded.document.options).alias(_at=trigger.earliest(loaded.document.options)).order_by("pk")
        rows = rows.filter(pk__gt=rule.filled_to) if rule.filled_to is not None else rows
        found = list(rows.annotate(due=F("_at")).values_list("pk", "due")[:FILL])
        _put_rows(rule, loaded.document.kind, found)
        done = {"filled_at": timezone.now()} if len(found) < FILL else {"filled_to": found[-1][0]}
        Rule.objects.filter(pk=pk).update(**done)
        return len(found) if len(found) == FILL else None


def _put_rows(rule: Rule, kind: str, found: Sequence[tuple[Any, Any]]) -> None:
    """Insert rows where there are none, and bring earlier those that are later."""
    if not found:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_duetime (id, rule_id, record_kind, record_id, at, spell)"
            " SELECT i.id, %s, %s, i.pk, i.at, '' FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS i(id, pk, at)"
            " ON CONFLICT (rule_id, record_id) DO UPDATE SET at = LEAST(workflows_duetime.at, EXCLUDED.at)",
            [
                rule.pk, kind, [uuid7() for _each in found], [pk for pk, _at in found],
                [at or timezone.now() for _pk, at in found],
            ],
        )  # fmt: skip


__all__ = ["fill_in", "follow", "look_anew", "recheck", "timed_rules"]
