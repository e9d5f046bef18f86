"""Changing activities: done, another time, other words, pinned, binned (R5, R8)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from activities.events import ActivityLogged, ActivityPlanned, PeopleMentioned
from activities.models import Activity, ActivityContact, ActivityMention
from crm.kernel.core.bulk import update_rows
from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.events.bus import publish
from crm.kernel.workspace.models import Workspace

from .clocks import refresh_clocks
from .links import Links, check_visible
from .mentions import find_mentions, store_mentions
from .recording import event_fields

EDITABLE = ("subject", "body", "at", "duration", "direction", "outcome", "deal_id", "company_id")


def fetch(activity_id: UUID, actor: Actor, verb: str = "edit") -> Activity:
    """Return the activity, locked. Raises DoesNotExist (404) or PermissionDenied (403)."""
    activity: Activity = Activity.objects.visible_to(actor).locked().get(pk=activity_id)
    actor.require(verb, activity)
    return activity


def _save(activity: Activity, *fields: str) -> None:
    activity.version += 1
    activity.updated_at = business_time()
    activity.save(update_fields=[*fields, "version", "updated_at"])


def _people(activity: Activity) -> list[UUID]:
    return list(activity.contact_links.order_by("id").values_list("contact_id", flat=True))


def _place(activity: Activity, at: dt.datetime) -> None:
    """Move the activity and its places on its contacts' timelines to another moment."""
    activity.at = at
    ActivityContact.objects.filter(activity=activity).exclude(at=at).update(at=at)


def _refresh(activity: Activity, people: list[UUID], *more_deals: UUID | None) -> None:
    refresh_clocks(deal_ids=[activity.deal_id, *more_deals], contact_ids=people, company_ids=[activity.company_id])


@command("activities.complete")
def complete_activity(
    *, activity_id: UUID, actor: Actor, outcome: str = "", at: dt.datetime | None = None, body: str = ""
) -> Activity:
    """Close a planned activity: how it went, and when: at its planned time, or now if that is yet to come (R5).

    Completing what is done already changes nothing.
    """
    activity = fetch(activity_id, actor)
    if activity.completed_at is not None:
        return activity
    now = business_time()
    if at is not None and at > now + dt.timedelta(minutes=1):
        raise Refused(_("This is yet to come."), fields={"at": _("Choose a time that has passed.")})
    usual = Activity.Outcome.REACHED if activity.type == Activity.Type.CALL else Activity.Outcome.HELD
    activity.outcome = outcome or ("" if activity.type == Activity.Type.EMAIL else usual)
    activity.completed_at = at or min(activity.at, now)
    if body:
        activity.body = body
    _place(activity, activity.completed_at)
    _save(activity, "outcome", "completed_at", "at", "body")
    people = _people(activity)
    _refresh(activity, people)
    publish(ActivityLogged(**event_fields(activity, people)), actor=actor)
    return activity


@command("activities.reopen")
def reopen_activity(*, activity_id: UUID, actor: Actor) -> Activity:
    """Take back that a planned call or meeting was done; it is planned again."""
    activity = fetch(activity_id, actor)
    if activity.completed_at is None:
        return activity
    if activity.scheduled_at is None and activity.scheduled_on is None:
        raise Refused(_("This was never planned, so it cannot be open again."))
    activity.completed_at, activity.outcome = None, ""
    _place(activity, activity.scheduled_at or Workspace.current().noon(activity.scheduled_on))  # type: ignore[arg-type]
    _save(activity, "completed_at", "outcome", "at")
    _refresh(activity, _people(activity))
    return activity


@command("activities.reschedule")
def reschedule_activity(
    *, activity_id: UUID, actor: Actor, at: dt.datetime | None = None, day: dt.date | None = None
) -> Activity:
    """Plan it for another moment, or for a whole day. Raises Refused if it is done or neither is given."""
    activity = fetch(activity_id, actor)
    if activity.completed_at is not None:
        raise Refused(_("This is done. Plan a new one instead."))
    if at is None and day is None:
        raise Refused(_("Say when."), fields={"scheduled_at": _("Choose a day and time.")})
    if (activity.scheduled_at, activity.scheduled_on) == ((None, day) if day else (at, None)):
        return activity
    activity.scheduled_at, activity.scheduled_on = (None, day) if day else (at, None)
    _place(activity, Workspace.current().noon(day) if day else at)  # type: ignore[arg-type]
    _save(activity, "scheduled_at", "scheduled_on", "at")
    people = _people(activity)
    _refresh(activity, people)
    publish(ActivityPlanned(**event_fields(activity, people)), actor=actor)
    return activity


def find_conflicts(
    record: Any, changes: Mapping[str, Any], seen: Mapping[str, Any] | None
) -> dict[str, dict[str, Any]]:
    """Return the fields that somebody else changed since they were `seen`, with both values (P3)."""
    return {
        name: {"mine": mine, "theirs": getattr(record, name)}
        for name, mine in changes.items()
        if seen is not None and name in seen and getattr(record, name) not in (seen[name], mine)
    }


@command("activities.edit")
def edit_activity(
    *,
    activity_id: UUID,
    actor: Actor,
    changes: Mapping[str, Any],
    contact_ids: tuple[UUID, ...] | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Activity:
    """Change fields of an activity (`EDITABLE`) and, if given, its contacts. New mentions are told of; no others (R5).

    `seen` holds the values that the editor started from; a field that somebody else changed since raises Conflict with
    both values. Raises Refused for a moment in the future of something done.
    """
    activity = fetch(activity_id, actor)
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise TypeError(f"Not editable: {', '.join(sorted(unknown))}")
    if clashes := find_conflicts(activity, changes, seen):
        raise Conflict(_("Somebody else has changed this in between."), theirs=clashes)
    changed = {name: value for name, value in changes.items() if getattr(activity, name) != value}
    before = _people(activity)
    people = before if contact_ids is None else list(dict.fromkeys(contact_ids))
    if not changed and set(people) == set(before):
        return activity
    check_visible([Links(tuple(set(people) - set(before)), changed.get("deal_id"), changed.get("company_id"))], actor)
    old = activity.deal_id, activity.company_id
    _write(activity, changed, actor)
    _write_people(activity, before, people)
    _refresh(activity, [*before, *people], old[0])
    refresh_clocks(company_ids=[old[1]])
    return activity


def _write(activity: Activity, changed: dict[str, Any], actor: Actor) -> None:
    """Store changed columns; what is done and moved in time takes its completion along; publish new mentions."""
    if at := changed.pop("at", None):
        if activity.completed_at is None:
            raise Refused(_("Plan it for another time instead."), fields={"at": _("Use Reschedule for this.")})
        if at > business_time() + dt.timedelta(minutes=1):
            raise Refused(_("This is yet to come."), fields={"at": _("Choose a time that has passed.")})
        activity.completed_at = at
        _place(activity, at)
        changed |= {"at": at, "completed_at": at}
    for name, value in changed.items():
        setattr(activity, name, value)
    _save(activity, *(name.removesuffix("_id") for name in changed))
    if "body" in changed:
        known = set(ActivityMention.objects.filter(activity=activity).values_list("user_id", flat=True))
        new = store_mentions(find_mentions({activity.pk: activity.body}) or {activity.pk: set()}, {activity.pk: known})
        if people := new.get(activity.pk):
            said = event_fields(activity, _people(activity))
            publish(PeopleMentioned(**said, user_ids=tuple(sorted(people))), actor=actor)


def _write_people(activity: Activity, before: list[UUID], people: list[UUID]) -> None:
    """Add and remove links to contacts."""
    ActivityContact.objects.filter(activity=activity, contact__in=set(before) - set(people)).delete()
    ActivityContact.objects.bulk_create(
        [ActivityContact(activity=activity, contact_id=pk, at=activity.at) for pk in people if pk not in before]
    )


@command("activities.pin")
def pin_activity(*, activity_id: UUID, actor: Actor, pinned: bool) -> Activity:
    """Keep a note on top of the timelines that show it, or let it go (R5)."""
    activity = fetch(activity_id, actor)
    if (activity.pinned_at is not None) != pinned:
        activity.pinned_at = timezone.now() if pinned else None
        _save(activity, "pinned_at")
    return activity


@command("activities.bin")
def bin_activity(*, activity_id: UUID, actor: Actor) -> Activity:
    """Put an activity into the bin (R8); the clocks forget it."""
    return _set_binned([activity_id], actor, binned=True)[0]


@command("activities.bin")
def bin_activities(*, activity_ids: Sequence[UUID], actor: Actor) -> list[Activity]:
    """Put activities into the bin (R8). Raises as `fetch` does for the first that may not be; nothing is written then."""
    return _set_binned(activity_ids, actor, binned=True)


@command("activities.restore")
def restore_activity(*, activity_id: UUID, actor: Actor) -> Activity:
    """Take an activity out of the bin (R8)."""
    return _set_binned([activity_id], actor, binned=False)[0]


@command("activities.restore")
def restore_activities(*, activity_ids: Sequence[UUID], actor: Actor) -> list[Activity]:
    """Take activities out of the bin (R8). Raises as `bin_activities` does."""
    return _set_binned(activity_ids, actor, binned=False)


def _set_binned(activity_ids: Sequence[UUID], actor: Actor, *, binned: bool) -> list[Activity]:
    wanted = set(activity_ids)
    held = Activity.objects.visible_to(actor).locked().filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True)
    activities = list(Activity.objects.filter(pk__in=list(held)).order_by("pk"))
    if len(activities) < len(wanted):
        raise Activity.DoesNotExist("No such activity.")
    for activity in activities:
        actor.require("delete", activity)
    changed = [activity for activity in activities if (activity.binned_at is not None) != binned]
    for activity in changed:
        activity.binned_at = timezone.now() if binned else None
        activity.version += 1
    update_rows(Activity, [(each.pk, {"binned_at": each.binned_at}) for each in changed], at=business_time())
    people = ActivityContact.objects.filter(activity__in=changed).values_list("contact_id", flat=True)
    refresh_clocks(
        deal_ids=[each.deal_id for each in changed],
        contact_ids=list(people),
        company_ids=[each.company_id for each in changed],
    )
    return activities
